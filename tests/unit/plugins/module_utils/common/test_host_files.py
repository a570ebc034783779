# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading and running that always come back."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
    read_text_or_none,
)


def test_a_file_is_read_and_foreign_bytes_are_replaced(tmp_path):
    (tmp_path / "f").write_bytes(b"a\xffb")
    assert read_text(str(tmp_path / "f")) == "a\ufffdb"


def test_a_file_of_proc_is_read_though_its_size_is_zero():
    assert read_text("/proc/sys/kernel/ostype").strip() == "Linux"


def test_a_file_beyond_the_limit_is_refused_without_being_read_whole(tmp_path):
    path = tmp_path / "huge"
    with open(str(path), "wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(Unreadable, match="larger than 1000 bytes"):
        read_text(str(path), limit=1000)


def test_a_fifo_and_a_directory_and_a_loop_of_links_never_hang(tmp_path):
    os.mkfifo(str(tmp_path / "fifo"))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, reason in (
        ("fifo", "not a regular file"),
        (".", "not a regular file|Is a directory"),
        ("loop", "symbolic"),
    ):
        with pytest.raises(Unreadable, match=reason):
            read_text(str(tmp_path / name))


def test_only_a_missing_file_is_none(tmp_path):
    assert read_text_or_none(str(tmp_path / "missing")) is None
    with pytest.raises(Unreadable):
        read_text_or_none(str(tmp_path))

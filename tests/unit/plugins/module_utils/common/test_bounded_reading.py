# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading and running that always come back."""

import os
import sys
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.bounded_reading import (
    Unreadable,
    read_text,
    read_text_or_none,
    run_text,
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


def test_a_program_runs_in_a_plain_locale_without_input():
    code = "import os, sys; print(os.environ['LC_ALL'], repr(sys.stdin.read()))"
    assert run_text([sys.executable, "-c", code]).strip() == "C ''"


@pytest.mark.parametrize(
    "argv, reason",
    [
        (["no-such-program-here"], "no-such-program-here: command not found"),
        ([sys.executable, "-c", "import sys; sys.exit('it broke')"], "exit code 1: it broke"),
    ],
)
def test_a_program_that_fails_says_why(argv, reason):
    with pytest.raises(Unreadable, match=reason):
        run_text(argv)


def test_a_program_that_hangs_is_ended():
    began = time.monotonic()
    with pytest.raises(Unreadable, match="no answer within 0.2 s"):
        run_text([sys.executable, "-c", "import time; time.sleep(30)"], timeout=0.2)
    assert time.monotonic() - began < 10

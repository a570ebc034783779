# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files below a root that another party controls: nothing leads out of it, nothing blocks."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import confined_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable


def read(root, limit=100):
    return confined_files.read_text(str(root), "etc/resolv.conf", limit)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root" / "etc").mkdir(parents=True)
    return tmp_path / "root"


def test_a_file_is_read(root):
    (root / "etc" / "resolv.conf").write_bytes(b"nameserver 10.96.0.10\xff\n")
    assert read(root) == "nameserver 10.96.0.10\ufffd\n"


def a_link(root, outside):
    (root / "etc" / "resolv.conf").symlink_to(outside)


def a_relative_link(root, outside):
    (root / "etc" / "resolv.conf").symlink_to("../../secret")


def a_linked_folder(root, outside):
    (root / "etc").rmdir()
    (root / "etc").symlink_to(outside.parent)
    outside.rename(outside.parent / "resolv.conf")


def a_pipe(root, outside):
    os.mkfifo(root / "etc" / "resolv.conf")


def a_folder(root, outside):
    (root / "etc" / "resolv.conf").mkdir()


def nothing(root, outside):
    pass


def a_long_file(root, outside):
    (root / "etc" / "resolv.conf").write_text("x" * 101)


@pytest.mark.parametrize("make", [a_link, a_relative_link, a_linked_folder, a_pipe, a_folder, nothing, a_long_file])
def test_what_a_pod_may_put_in_its_place_is_not(root, tmp_path, make):
    outside = tmp_path / "secret"
    outside.write_text("nameserver 192.0.2.1\n")
    before = len(os.listdir("/proc/self/fd"))
    make(root, outside)
    with pytest.raises(Unreadable, match=r"etc/resolv\.conf"):
        read(root)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_root_that_is_gone_is_unreadable(tmp_path):
    with pytest.raises(Unreadable):
        read(tmp_path / "gone")

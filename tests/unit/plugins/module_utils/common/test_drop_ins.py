# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories of drop-in files."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import drop_ins
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import noted


def test_an_earlier_directory_hides_the_same_name_and_names_decide_the_order():
    listings = [
        ["/etc/sysctl.d/50-a.conf", "/etc/sysctl.d/99-z.conf"],
        ["/usr/lib/sysctl.d/50-a.conf"],
        ["/x/10-b.conf"],
    ]
    assert drop_ins.effective_files(listings) == [
        "/x/10-b.conf",
        "/etc/sysctl.d/50-a.conf",
        "/etc/sysctl.d/99-z.conf",
    ]


def test_files_are_read_once_masked_ones_never_and_unreadable_ones_are_named(tmp_path):
    first, second = tmp_path / "etc", tmp_path / "usr"
    first.mkdir()
    second.mkdir()
    (first / "50-a.conf").write_text("a.b = 1\n")
    (first / "60-masked.conf").symlink_to("/dev/null")
    (second / "60-masked.conf").write_text("a.b = 2\n")
    (second / "70-no.txt").write_text("a.b = 3\n")
    os.mkfifo(str(first / "80-fifo.conf"))
    (first / "81-directory.conf").mkdir()
    (first / "82-endless.conf").symlink_to("/dev/zero")
    (first / "83-dangling.conf").symlink_to("/nonexistent")
    (first / "90-binary.conf").write_bytes(b"\xff\xfe\x00 a.b = 4\n")
    (tmp_path / "alias").symlink_to(second)
    files, problems = drop_ins.read_directories(
        [str(first), str(second), str(tmp_path / "alias"), str(tmp_path / "none")]
    )
    assert [os.path.basename(path) for path, _text in files] == ["50-a.conf", "90-binary.conf"]
    told = noted(problems)
    assert told == {
        "unreadable": [f"{first}/82-endless.conf: not a regular file"],
        "dangling": [f"{first}/83-dangling.conf: dangling link to /nonexistent"],
    }

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text, mode and owner of files, whatever is in the place of one."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system.file_evidence import file_evidence


def test_a_file_is_described_and_one_that_is_missing_is_none(tmp_path):
    path = tmp_path / "x.conf"
    path.write_text("a = 1\n")
    path.chmod(0o640)
    found = file_evidence([str(path), str(tmp_path / "missing")])
    assert found[str(path)] == {"text": "a = 1\n", "mode": "0640", "owner": os.getuid(), "group": os.getgid()}
    assert found[str(tmp_path / "missing")] is None


def test_a_link_has_its_own_mode_and_what_cannot_be_read_has_no_text(tmp_path):
    (tmp_path / "x.conf").write_text("a\n")
    (tmp_path / "link").symlink_to("x.conf")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "directory").mkdir()
    found = file_evidence([str(tmp_path / name) for name in ("link", "dangling", "directory")])
    link = found[str(tmp_path / "link")]
    assert (link["text"], link["mode"]) == ("a\n", "0777")
    assert [found[str(tmp_path / name)]["text"] for name in ("dangling", "directory")] == [None, None]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive depends on its content alone and is for its owner only."""

import io
import tarfile
import time

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle import archive


def test_the_archive_depends_on_its_content_alone(monkeypatch):
    first = archive.packed("x", {"b": "two\n", "a/c": "one \udc80"})
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert archive.packed("x", {"a/c": "one \udc80", "b": "two\n"}) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as found:
        members = found.getmembers()
        assert [member.name for member in members] == ["x/a/c", "x/b"]
        assert {(member.mtime, member.uid, member.gid, member.uname, member.mode) for member in members} == {
            (archive._TIME, 0, 0, "", 0o600)
        }
        assert found.extractfile("x/b").read() == b"two\n"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operating system of a host, read from recorded files."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import parse_os_release
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import os_evidence
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded


@pytest.mark.parametrize("name", recorded.names())
def test_os_release_of_recorded_systems(name):
    known = recorded.load(name)
    found = os_evidence.os_of(parse_os_release(known["files"]["/etc/os-release"]))
    assert name.startswith({"amzn": "amazon"}.get(found["id"], found["id"])) and found["name"]
    assert found["version"].split(".")[0] == known["facts"]["distribution_major_version"].split(".")[0]


@pytest.mark.parametrize("text", ["", "=", "ID", "ID='a\nID_LIKE=\"", "\0\x01ID=x\n", "ID=" + "x" * 5000])
def test_a_broken_os_release_is_a_system_without_a_name(text):
    assert set(os_evidence.os_of(parse_os_release(text))) == {"id", "id_like", "version", "name"}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""os-release as the distributions write it."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import os_release
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded


@pytest.mark.parametrize("name", recorded.names())
def test_id_and_version_are_those_of_every_supported_platform(name):
    platform = recorded.load(name)
    found = os_release.platform_of(os_release.parse_os_release(platform["files"]["/etc/os-release"]))
    words, version = name.rsplit("-", 1)
    assert found["id"] == {"amazon": "amzn"}.get(words, words)
    assert found["version"].split(".")[0] == version.split(".")[0]


def test_a_line_that_makes_no_sense_is_left_out():
    assert os_release.parse_os_release('ID=debian\n# x\nBROKEN="\nnothing\n') == {"ID": "debian"}


def test_nothing_said_is_nothing_known():
    assert os_release.platform_of({}) == {"id": None, "version": None, "like": []}

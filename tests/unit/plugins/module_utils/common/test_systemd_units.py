# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable


def test_units_that_are_not_installed_are_left_out():
    text = (
        "Id=chrony.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n"
        "Id=chronyd.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\n"
        "Id=systemd-timesyncd.service\nLoadState=masked\nActiveState=inactive\nUnitFileState=masked\n\n"
        "Id=openntpd.service\nLoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\n"
    )
    assert systemd_units.parse_units(text) == {
        "chrony.service": {"active": True, "enabled": True},
        "openntpd.service": {"active": False, "enabled": False},
    }


SHOWN = """Id=a.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=b.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
"""


def test_units_that_are_installed_are_described(monkeypatch):
    asked = []
    monkeypatch.setattr(systemd_units, "run_text", lambda argv: asked.append(argv) or SHOWN)
    found = systemd_units.read_units(["a.service", "b.service"])
    assert found == {"a.service": {"active": True, "enabled": True}}
    assert asked[0][:2] == ["systemctl", "show"] and asked[0][-2:] == ["a.service", "b.service"]


@pytest.mark.parametrize("said, version", [("systemd 219\n+PAM\n", 219), ("systemd 257 (257.8-1)\n", 257), ("x", None)])
def test_the_version_of_systemd_is_a_number(said, version):
    assert systemd_units.systemd_version(lambda words: said) == version


def test_without_systemd_there_is_no_version():
    def refuse(words):
        raise Unreadable("systemctl: command not found")

    assert systemd_units.systemd_version(refuse) is None

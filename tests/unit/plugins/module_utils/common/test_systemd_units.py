# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import systemd_units


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

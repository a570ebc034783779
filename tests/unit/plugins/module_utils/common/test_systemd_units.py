# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.systemd_units import (
    parse_units,
    systemd_version,
)


def test_units_that_are_not_installed_are_left_out():
    text = (
        "Id=chrony.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n"
        "Id=chronyd.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\n"
        "Id=systemd-timesyncd.service\nLoadState=masked\nActiveState=inactive\nUnitFileState=masked\n\n"
        "Id=openntpd.service\nLoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\n"
    )
    assert parse_units(text) == {
        "chrony.service": {"active": True, "enabled": True},
        "openntpd.service": {"active": False, "enabled": False},
    }


@pytest.mark.parametrize("said, version", [("systemd 219\n+PAM\n", 219), ("systemd 257 (257.8-1)\n", 257), ("x", None)])
def test_the_version_of_systemd_is_a_number(said, version):
    assert systemd_version(lambda words: said) == version


def test_without_systemd_there_is_no_version():
    def refuse(words):
        raise Unreadable("systemctl: command not found")

    assert systemd_version(refuse) is None

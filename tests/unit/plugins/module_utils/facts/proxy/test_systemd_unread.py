# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that changed since systemd read them are found out, whoever changed them."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.masked_urls import Display
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.systemd_unread import unread_evidence

# As systemd 247 prints it, which says of a masked unit for ever that it changed.
SHOWN = """Id=docker.service
LoadState=loaded
NeedDaemonReload=%s

Id=containerd.service
LoadState=masked
NeedDaemonReload=yes

Id=systemd-journald.service
LoadState=loaded
NeedDaemonReload=%s
"""
PROXY = {
    "reader": "systemd",
    "source": "/etc/systemd/system.conf.d/p.conf",
    "variable": "http_proxy",
    "value": "http://p:1",
    "password": "none",
    "ignored": "",
}


def unread(docker="no", every="no", given="LANG=C\n", settings=()):
    def run(words):
        return SHOWN % (docker, every) if words[1] == "show" else given

    return unread_evidence(list(settings), Display(), run)


def test_where_systemd_knows_its_files_there_is_nothing():
    assert unread() == {"units": [], "environment": []}
    assert unread(given="http_proxy=http://p:1\n", settings=[PROXY]) == {"units": [], "environment": []}


@pytest.mark.parametrize(
    "docker, every, units",
    [
        ("yes", "no", ["docker.service"]),
        ("no", "yes", ["systemd-journald.service"]),  # a drop-in for all services
        ("yes", "yes", ["docker.service", "systemd-journald.service"]),
    ],
)
def test_units_whose_files_changed_are_named(docker, every, units):
    assert unread(docker, every)["units"] == units


@pytest.mark.parametrize(
    "given, settings",
    [
        ("LANG=C\n", [PROXY]),  # written, and not read
        ("http_proxy=http://old:1\n", [PROXY]),
        ("http_proxy=http://p:1\n", []),  # taken away, and not read
        ("http_proxy=http://p:1\n", [dict(PROXY, source="/etc/systemd/system/service.d/p.conf")]),
    ],
)
def test_variables_that_systemd_gives_otherwise_than_its_configuration_are_named(given, settings):
    assert unread(given=given, settings=settings)["environment"] == ["http_proxy"]


def test_no_password_is_in_it():
    assert "s3cret" not in json.dumps(unread(given="http_proxy=http://u:s3cret@p:1\n"))


def test_without_systemd_the_reason_is_there():
    def refuse(words):
        raise Unreadable("systemctl: command not found")

    assert unread_evidence([], Display(), refuse) == {"error": "systemctl: command not found"}

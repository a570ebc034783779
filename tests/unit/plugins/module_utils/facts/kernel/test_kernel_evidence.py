# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel modules and sysctls, read from text and from the kernel that runs the tests."""

import os

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import kernel_evidence


def test_names_are_read_from_each_file_of_the_kernel():
    assert kernel_evidence.names_in_proc_modules("br_netfilter 32768 0 - Live 0x0\nbridge 1 1 x, Live 0\n") == {
        "br_netfilter",
        "bridge",
    }
    assert kernel_evidence.names_in_filesystems("nodev\toverlay\n\text4\n") == {"overlay", "ext4"}
    assert kernel_evidence.names_in_modules_load("# x\n; y\n\nbr-netfilter\n overlay \n") == {"br_netfilter", "overlay"}


def test_the_first_option_that_a_kernel_knows_decides():
    older, newer = (
        "CONFIG_BRIDGE_NF_EBTABLES=y\n",
        "CONFIG_BRIDGE_NF_EBTABLES=y\n# CONFIG_BRIDGE_NF_EBTABLES_LEGACY is not set\n",
    )
    assert kernel_evidence.built_in_by_configuration(older, "ebtables")
    assert not kernel_evidence.built_in_by_configuration(newer, "ebtables")
    assert not kernel_evidence.built_in_by_configuration("CONFIG_OVERLAY_FS=m\n", "overlay")
    assert not kernel_evidence.built_in_by_configuration("", "no_such_module")


def test_a_module_that_no_kernel_has_is_absent_now_and_after_a_boot():
    found = kernel_evidence.module_evidence(["no_such_module"], os.uname().release, [])
    assert found == {
        "no_such_module": {
            "available": False,
            "how": "absent",
            "file": None,
            "obstacle": None,
            "at_boot": False,
            "at_boot_source": None,
        }
    }


@pytest.fixture
def host(monkeypatch):
    """A host whose kernel has the file of br_netfilter and nothing loaded; change the dictionary to break it."""
    state = {
        "persisted": {"br_netfilter": "/etc/modules-load.d/x.conf"},
        "obstacles": {},
        "next": {"br_netfilter": "/x"},
    }
    trees = {
        "1": lambda: ({"br_netfilter": "/lib/modules/1/br_netfilter.ko"}, set()),
        "2": lambda: (state["next"], set()),
    }
    monkeypatch.setattr(kernel_evidence, "read_text_or_none", lambda path: None)
    monkeypatch.setattr(kernel_evidence, "FEATURES", {})
    monkeypatch.setattr(kernel_evidence.kernel_files, "module_files", lambda release: trees[release]())
    monkeypatch.setattr(kernel_evidence.kernel_files, "configuration", lambda release: None)
    monkeypatch.setattr(kernel_evidence, "_modules_loaded_at_boot", lambda problems: state["persisted"])
    monkeypatch.setattr(kernel_evidence, "read_obstacles", lambda problems: state["obstacles"])
    return state


@pytest.mark.parametrize(
    "change, next_release, at_boot",
    [
        ({}, None, True),
        ({}, "2", True),
        ({"next": {}}, "2", False),
        ({"next": {}}, "1", True),
        ({"persisted": {}}, None, False),
        (
            {"obstacles": {"br_netfilter": {"how": "blacklist", "source": "/x:1", "line": "blacklist br_netfilter"}}},
            None,
            False,
        ),
    ],
)
def test_a_module_comes_back_where_a_file_asks_for_it_nothing_forbids_it_and_the_next_kernel_has_it(
    host, change, next_release, at_boot
):
    host.update(change)
    found = kernel_evidence.module_evidence(["br_netfilter"], "1", [], next_release)["br_netfilter"]
    assert (found["how"], found["at_boot"]) == ("absent", at_boot)
    assert found["file"] == "/lib/modules/1/br_netfilter.ko"


def test_services_that_are_masked_read_no_files():
    shown = "Id=systemd-sysctl.service\nLoadState=masked\n\nId=systemd-modules-load.service\nLoadState=loaded\n"
    assert kernel_evidence.masked_readers(lambda argv: shown) == ["systemd-sysctl.service"]


def test_live_values_are_those_of_the_running_kernel():
    found = kernel_evidence.sysctl_evidence(["kernel.ostype", "kernel.no_such_key"], [])
    assert found["kernel.ostype"]["live"] == "Linux"
    assert found["kernel.no_such_key"] == {
        "live": None,
        "at_boot": None,
        "at_boot_source": None,
        "set_by": [],
        "beside": None,
    }

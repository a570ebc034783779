# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site has switched off: each switch from what is on, and the way back from what was recorded."""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import (
    swap_selinux_and_offloads,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Cluster,
    Refusal,
)

CLUSTER = Cluster("n1", {}, {}, "#\n# Ansible managed\n#\n")
ZRAM = {"unit": "zramswap.service", "active": True, "state": "enabled", "source": None}
GENERATED = {"unit": "dev-zram0.swap", "active": True, "state": "generated", "source": "/run/zram"}
OF_FSTAB = {"unit": "swapfile.swap", "active": True, "state": "generated", "source": "/etc/fstab"}
STATIC = {"unit": "old.swap", "active": True, "state": "static", "source": None}
SWAP = {
    "active": [{"name": "/swapfile", "kilobytes": 1}, {"name": "/dev/zram0", "kilobytes": 1}],
    "fstab": [{"line": 3, "device": "/swapfile"}],
    "units": [ZRAM, GENERATED, OF_FSTAB, STATIC],
}
NO_SWAP = {"active": [], "fstab": [], "units": []}


def planned(changes):
    """`[(step, kind)]`."""
    return [(change["step"], change["kind"]) for change in changes]


def only(changes, kind):
    """The field of the only change of a kind."""
    (change,) = [change for change in changes if change["kind"] == kind]
    return change[kind]


def substituted(changes, text):
    """What the replacements make of a text, as ansible.builtin.replace does."""
    for entry in only(changes, "replacements"):
        text = re.sub(re.compile(entry["regexp"], re.MULTILINE), entry["replace"], text)
    return text


def test_swap_goes_with_its_line_its_devices_and_what_starts_it():
    record, changes = swap_selinux_and_offloads.swap_off({"swap": SWAP}, {}, CLUSTER)
    assert record == {"swap": {"devices": ["/swapfile"], "units": [ZRAM, GENERATED, STATIC], "fstab": True}}
    assert planned(changes) == [
        ("Configure /etc/fstab without swap", "replacements"),
        ("Configure systemd to read the new /etc/fstab", "reload"),
        ("Stop swap", "commands"),
        ("Stop swap units and services", "services"),
    ]
    assert only(changes, "commands") == [["swapoff", "/swapfile"]]
    assert only(changes, "services") == [
        {"name": "zramswap.service", "state": "stopped", "enabled": False},
        {"name": "dev-zram0.swap", "state": "stopped", "masked": True},
    ]


def test_a_run_that_was_cut_off_behind_fstab_is_completed():
    left = {**NO_SWAP, "units": [OF_FSTAB]}
    assert planned(swap_selinux_and_offloads.swap_off({"swap": left}, {}, CLUSTER)[1]) == [
        ("Configure systemd to read the new /etc/fstab", "reload")
    ]


def test_without_swap_there_is_nothing_to_do_nor_to_record():
    assert swap_selinux_and_offloads.swap_off({"swap": NO_SWAP}, {}, CLUSTER) == ({}, [])


def test_units_that_are_not_known_are_a_reason_not_to_change_anything():
    with pytest.raises(Refusal, match="units: systemctl: timed out"):
        swap_selinux_and_offloads.swap_off(
            {"swap": {**NO_SWAP, "units": {"error": "systemctl: timed out"}}}, {}, CLUSTER
        )


def test_fstab_is_restored_to_the_byte():
    text = "# /dev/sdb none swap sw\n/dev/sda1 / ext4 defaults 0 1\n/swapfile\tswap\tswap\tsw 0 0\n  UUID=1 none swap\n"
    record, changes = swap_selinux_and_offloads.swap_off({"swap": SWAP}, {}, CLUSTER)
    without = substituted(changes, text)
    assert without.count("# runtime-fabric: ") == 2 and "\n# runtime-fabric: /swapfile\tswap" in without
    assert substituted(swap_selinux_and_offloads.swap_restored({"swap": NO_SWAP}, record["swap"]), without) == text


def test_what_swapped_is_restored_and_what_swaps_again_is_left_alone():
    before = swap_selinux_and_offloads.swap_off({"swap": SWAP}, {}, CLUSTER)[0]["swap"]
    changes = swap_selinux_and_offloads.swap_restored({"swap": NO_SWAP}, before)
    assert planned(changes) == [
        ("Restore swap in /etc/fstab", "replacements"),
        ("Configure systemd to read the restored /etc/fstab", "reload"),
        ("Restore swap units and services", "services"),
        ("Start swap", "commands"),
    ]
    assert only(changes, "commands") == [["swapon", "/swapfile"]]
    assert only(changes, "services") == [
        {"name": "zramswap.service", "enabled": True, "state": "started"},
        {"name": "dev-zram0.swap", "masked": False, "state": "started"},
    ]
    assert "commands" not in dict(
        map(reversed, planned(swap_selinux_and_offloads.swap_restored({"swap": SWAP}, before)))
    )
    assert swap_selinux_and_offloads.swap_restored({"swap": SWAP}, {"devices": [], "units": [], "fstab": False}) == []


CONFIG = "SELINUX=disabled\n SELINUX = Enforcing  # by the site\nSELINUXTYPE=targeted\n"


def test_selinux_becomes_permissive_now_and_at_boot_and_is_restored_to_the_byte():
    found = {"selinux": {"mode": "enforcing", "configured": "enforcing"}}
    record, changes = swap_selinux_and_offloads.selinux_permissive(found, {}, CLUSTER)
    assert planned(changes) == [
        ("Set SELinux permissive at boot", "replacements"),
        ("Set SELinux permissive", "commands"),
    ]
    assert record == found and only(changes, "commands") == [["setenforce", "0"]]
    permissive = substituted(changes, CONFIG)
    assert permissive == CONFIG.replace("Enforcing", "permissive")
    now = {"selinux": {"mode": "permissive", "configured": "permissive"}}
    back = swap_selinux_and_offloads.selinux_restored(now, record["selinux"])
    assert planned(back) == [("Set SELinux enforcing at boot", "replacements"), ("Set SELinux enforcing", "commands")]
    assert only(back, "commands") == [["setenforce", "1"]]
    assert substituted(back, permissive) == CONFIG.replace("Enforcing", "enforcing")


@pytest.mark.parametrize(
    "mode, configured, steps",
    [
        ("permissive", "enforcing", ["Set SELinux permissive at boot"]),
        ("enforcing", "permissive", ["Set SELinux permissive"]),
        ("disabled", None, []),
        ("permissive", "permissive", []),
    ],
)
def test_only_what_enforces_is_changed(mode, configured, steps):
    found = {"selinux": {"mode": mode, "configured": configured}}
    record, changes = swap_selinux_and_offloads.selinux_permissive(found, {}, CLUSTER)
    assert [change["step"] for change in changes] == steps and bool(record) == bool(steps)


def test_selinux_that_has_been_disabled_since_is_left_alone():
    now = {"selinux": {"mode": "disabled", "configured": "disabled"}}
    assert swap_selinux_and_offloads.selinux_restored(now, {"mode": "enforcing", "configured": "enforcing"}) == []


UNITS = {
    "nm-cloud-setup.service": {"active": False, "enabled": True},
    "nm-cloud-setup.timer": {"active": True, "enabled": True},
}


def test_nm_cloud_setup_stops_with_its_timer_first_and_its_rules_go():
    found = {"cloud_setup": {"units": UNITS, "rules": [30200, 30400]}}
    record, changes = swap_selinux_and_offloads.cloud_setup_off(found, {}, CLUSTER)
    assert record == {"cloud_setup": UNITS}
    assert [service["name"] for service in only(changes, "services")] == list(reversed(UNITS))
    assert only(changes, "commands")[1] == ["ip", "-4", "rule", "delete", "priority", "30400"]
    back = swap_selinux_and_offloads.cloud_setup_restored({"cloud_setup": {"units": UNITS, "rules": []}}, UNITS)
    assert only(back, "services") == [
        {"name": "nm-cloud-setup.service", "enabled": True, "state": "stopped"},
        {"name": "nm-cloud-setup.timer", "enabled": True, "state": "started"},
    ]
    assert swap_selinux_and_offloads.cloud_setup_restored({"cloud_setup": {"units": {}, "rules": []}}, UNITS) == []


def test_units_that_neither_run_nor_start_are_nothing_to_stop():
    idle = {name: {"active": False, "enabled": False} for name in UNITS}
    assert swap_selinux_and_offloads.cloud_setup_off({"cloud_setup": {"units": idle, "rules": []}}, {}, CLUSTER) == (
        {},
        [],
    )


DRIVERS = {"tunnel_offload_drivers": ["vmxnet3"]}
ON = dict.fromkeys(swap_selinux_and_offloads.OFFLOAD_FEATURES, True)
OFF = dict.fromkeys(swap_selinux_and_offloads.OFFLOAD_FEATURES, False)
RUNS = {swap_selinux_and_offloads.OFFLOAD_UNIT: {"active": True, "enabled": True}}


def offloading(features, written=True, units=None, ethtool="/usr/sbin/ethtool", driver="vmxnet3"):
    """Evidence of a node with one interface, and with the unit as the role writes it."""
    text = swap_selinux_and_offloads.offload_file(DRIVERS["tunnel_offload_drivers"], CLUSTER.header)["content"]
    file = {"text": text, "mode": "0644", "owner": 0, "group": 0}
    interfaces = [{"name": "ens192", "driver": driver, "features": features}]
    return {
        "tunnel_offload": {"interfaces": interfaces, "ethtool": ethtool},
        "files": {swap_selinux_and_offloads.OFFLOAD_FILE: file if written else None},
        "units": RUNS if units is None else units,
    }


def test_offloads_are_switched_off_by_a_unit_that_is_new_and_a_dry_run_announces_it():
    record, changes = swap_selinux_and_offloads.tunnel_offload_off(
        offloading(ON, written=False, units={}), DRIVERS, CLUSTER
    )
    assert record == {"tunnel_offload": {"ens192": ON}}
    assert planned(changes) == [("Configure tunnel offloads for boot", "files"), ("Stop tunnel offloads", "services")]
    assert only(changes, "services")[0] == {
        "name": swap_selinux_and_offloads.OFFLOAD_UNIT,
        "enabled": True,
        "state": "restarted",
        "daemon_reload": True,
    }
    assert changes[1]["announcement"] == "Tunnel offloads of ens192 would be switched off"


@pytest.mark.parametrize(
    "evidence, state",
    [
        (offloading(OFF), None),
        (offloading(ON, driver="e1000"), None),
        (offloading(ON), "restarted"),  # the unit was written by a run that was cut off before systemd read it
        (offloading(OFF, units={}), "started"),
        (offloading(OFF, written=False), "restarted"),
    ],
)
def test_the_unit_is_started_where_the_state_of_the_node_asks_for_it(evidence, state):
    changes = swap_selinux_and_offloads.tunnel_offload_off(evidence, DRIVERS, CLUSTER)[1]
    assert [entry["state"] for change in changes for entry in change.get("services", [])] == ([state] if state else [])


def test_without_ethtool_nothing_is_changed():
    with pytest.raises(Refusal, match="needs ethtool at every boot, and n1 does not have it"):
        swap_selinux_and_offloads.tunnel_offload_off(offloading(ON, ethtool=None), DRIVERS, CLUSTER)


def test_offloads_that_were_on_are_switched_on_again_once_the_unit_is_gone():
    changes = swap_selinux_and_offloads.tunnel_offload_restored(
        offloading(OFF), {"ens192": {**ON, "tx-udp_tnl-segmentation": False}}
    )
    assert [kind for _step, kind in planned(changes)] == ["services", "removed_files", "reload", "commands"]
    assert only(changes, "commands") == [["ethtool", "-K", "ens192", "tx-udp_tnl-csum-segmentation", "on"]]
    # A revert that was cut off has removed the unit already.
    left = swap_selinux_and_offloads.tunnel_offload_restored(offloading(ON, written=False), {"ens192": ON})
    assert [kind for _step, kind in planned(left)] == ["reload"]


def test_the_unit_names_drivers_and_features():
    content = swap_selinux_and_offloads.offload_file(["vmxnet3", "ena"], CLUSTER.header)["content"]
    assert content.startswith("#\n# Ansible managed\n#\n[Unit]\n") and "(vmxnet3, ena)" in content
    assert 'case " vmxnet3 ena " in' in content and "nic=$${nic##*/}" in content
    assert "ethtool -K $$nic tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off;;" in content

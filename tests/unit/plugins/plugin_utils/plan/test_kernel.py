# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kernel has to be given, from what it has and what the site wants."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.filter import kernel_plan as door
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import kernel_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.kernel import kernel_plan, kernel_probes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

SETTINGS = catalog.select_settings(catalog.load(), "1.4")
OWN = "/etc/sysctl.d/zz-runtime-fabric.conf"
FORWARD, BRIDGE = "net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"
WATCHES, INSTANCES = "fs.inotify.max_user_watches", "fs.inotify.max_user_instances"
RESERVED = "net.ipv4.ip_local_reserved_ports"


def kernel(sysctls=None, modules=None):
    """The kernel of a node in order, but for fields of some sysctls and modules."""
    found = samples.evidence()["host"]["kernel"]
    for name, fields in (sysctls or {}).items():
        found["sysctls"].setdefault(name, {"set_by": []}).update(fields)
    for name, fields in (modules or {}).items():
        found["modules"].setdefault(name, {"obstacle": None}).update(fields)
    return found


def plan(found, **arguments):
    return kernel_plan(found, SETTINGS, OWN, **arguments)


def test_every_thing_that_is_planned_is_looked_up():
    probes = kernel_probes(SETTINGS, ["vm.max_map_count"], ["nf_conntrack"])
    evidence = samples.evidence()["host"]["kernel"]
    assert set(probes["sysctls"]) == {*evidence["sysctls"], "vm.max_map_count"}
    assert set(probes["kernel_modules"]) == {*evidence["modules"], "nf_conntrack"}


def test_a_node_in_order_needs_nothing():
    found = plan(kernel())
    assert (found["set"], found["load"], found["replaced"], found["unmet"]) == ({}, [], {}, [])
    assert found["sysctls"][FORWARD] == "1" and "fs.may_detach_mounts" not in found["sysctls"]
    assert found["modules"] == [
        "br_netfilter",
        "ebtables",
        "ebtable_filter",
        "ip_tables",
        "iptable_filter",
        "iptable_nat",
        "overlay",
    ]
    assert RESERVED not in found["sysctls"]


def test_what_differs_is_set_and_remembered_and_bridge_keys_count_as_off_without_the_bridge():
    found = plan(kernel({FORWARD: {"live": "0"}, BRIDGE: {"live": None}}))
    assert found["set"] == {FORWARD: "1", BRIDGE: "1"}
    assert found["replaced"] == {FORWARD: "0", BRIDGE: "0"}
    assert FORWARD not in found["optional"] and WATCHES in found["optional"]


def test_a_parameter_of_one_kernel_is_set_where_it_is():
    assert plan(kernel({"fs.may_detach_mounts": {"live": "0"}}))["set"] == {"fs.may_detach_mounts": "1"}


@pytest.mark.parametrize(
    "live, sites, value",
    [
        ("8192", [], "1048576"),
        ("2000000", [], "2000000"),
        ("8192", [("/etc/sysctl.d/60-site.conf:1", "4000000")], "4000000"),
        ("8192", [("/etc/sysctl.d/60-site.conf:1", "4000000"), (OWN + ":3", "1048576")], "4000000"),
        ("8192", [("/etc/sysctl.d/60-site.conf:1", "4000000"), ("/etc/sysctl.d/70-site.conf:1", "9000")], "1048576"),
        ("1048576", [(OWN + ":3", "4000000")], "1048576"),
    ],
)
def test_a_higher_value_of_the_site_is_never_lowered(live, sites, value):
    set_by = [{"value": text, "source": source} for source, text in sites]
    assert plan(kernel({WATCHES: {"live": live, "set_by": set_by}}))["sysctls"][WATCHES] == value


@pytest.mark.parametrize(
    "live, sites, value",
    [
        ("", [], "4242,30000-32767,61008-61010,61022-61025"),
        ("61011-61021,8080", [], "4242,8080,30000-32767,61008-61025"),
        ("", [("/etc/sysctl.d/a.conf:1", "9000-9010")], "4242,9000-9010,30000-32767,61008-61010,61022-61025"),
        ("4242,30000-32767,61008-61010,61022-61025", [(OWN + ":1", "1-9")], "4242,30000-32767,61008-61010,61022-61025"),
    ],
)
def test_reserved_ports_are_added_to_those_of_the_site(live, sites, value):
    set_by = [{"value": text, "source": source} for source, text in sites]
    found = plan(kernel({RESERVED: {"live": live, "set_by": set_by}}), reserve_ports=True)
    assert found["sysctls"][RESERVED] == value


FILE = "/lib/modules/6.1.0-40-amd64/x.ko"
FORBIDDEN = {"how": "install", "source": "/etc/modprobe.d/cis.conf:1", "line": "install ebtables /bin/false"}
LISTED = {"how": "blacklist", "source": "/etc/modprobe.d/cis.conf:1", "line": "blacklist ebtables"}


@pytest.mark.parametrize(
    "fields, loads",
    [
        ({"available": True, "file": FILE}, False),
        ({"available": False, "file": FILE}, True),
        ({"available": False, "file": None}, False),
        ({"available": False, "file": FILE, "obstacle": FORBIDDEN}, False),
        ({"available": False, "file": FILE, "obstacle": LISTED}, True),
    ],
)
def test_only_what_modprobe_can_load_is_loaded(fields, loads):
    assert plan(kernel(modules={"ebtables": fields}))["load"] == (["ebtables"] if loads else [])


def test_wishes_of_the_site_come_first_and_are_required():
    extra = {WATCHES: 600000, "vm.max_map_count": " 262144 "}
    found = plan(kernel({"vm.max_map_count": {"live": "65530", "at_boot": None}}), extra_sysctls=extra)
    assert found["set"] == {WATCHES: "600000", "vm.max_map_count": "262144"}
    assert found["optional"] == [INSTANCES]


@pytest.mark.parametrize(
    "fields, unmet",
    [
        ({"live": "1", "at_boot": "1"}, []),
        ({"live": None, "at_boot": None}, ["vm.x: this kernel has no such parameter"]),
        ({"live": "0", "at_boot": "1"}, ["vm.x is 0 and not 1"]),
        (
            {"live": "1", "at_boot": "0", "at_boot_source": "/etc/sysctl.d/zzz.conf:9"},
            ["vm.x becomes 0 at boot, set by /etc/sysctl.d/zzz.conf:9"],
        ),
    ],
)
def test_a_wish_that_is_not_fulfilled_is_said(fields, unmet):
    assert plan(kernel({"vm.x": fields}), extra_sysctls={"vm.x": 1})["unmet"] == unmet


@pytest.mark.parametrize(
    "fields, unmet",
    [
        ({"available": True, "at_boot": True, "file": None}, []),
        ({"available": False, "at_boot": False, "file": None}, ["nbd is not loaded"]),
        (
            {"available": True, "at_boot": False, "file": None, "obstacle": LISTED},
            ["nbd will not be loaded at boot, because of `blacklist ebtables` at /etc/modprobe.d/cis.conf:1"],
        ),
    ],
)
def test_a_module_of_the_site_that_is_not_there_is_said(fields, unmet):
    assert plan(kernel(modules={"nbd": fields}), extra_modules=["nbd"])["unmet"] == unmet


def with_files(sysctls, modules):
    return {**kernel(), "files": {"sysctls": sysctls, "modules": modules}}


FORMER = {FORWARD: "1", "vm.max_map_count": "262144", RESERVED: "30000-32767", "fs.may_detach_mounts": "1"}


def test_what_a_former_run_wrote_for_an_input_that_is_not_set_stays_in_the_files_and_is_nothing_to_set():
    found = plan(with_files(FORMER, ["br_netfilter", "nbd"]))
    assert found["sysctls"]["vm.max_map_count"] == "262144" and found["sysctls"][RESERVED] == "30000-32767"
    assert found["modules"][-1] == "nbd"
    assert (found["set"], found["load"], found["unmet"]) == ({}, [], [])
    # This kernel no longer has that one of the catalogue, which is no wish of the site.
    assert found["taken_away"] == ["fs.may_detach_mounts"]


def test_what_is_set_to_nothing_goes_and_is_named():
    found = plan(with_files(FORMER, ["br_netfilter", "nbd"]), extra_sysctls={}, extra_modules=[], reserve_ports=False)
    assert found["taken_away"] == ["vm.max_map_count", RESERVED, "fs.may_detach_mounts", "nbd"]
    assert set(found["sysctls"]) == set(plan(kernel())["sysctls"]) and "nbd" not in found["modules"]


@pytest.mark.parametrize("value, expected", [("unchanged", None), (True, True), (False, False), ("false", False)])
def test_the_filter_takes_unchanged_for_not_set(monkeypatch, value, expected):
    monkeypatch.setattr(door, "kernel_plan", lambda *arguments: arguments[3:])
    assert door.plan(
        {}, [], OWN, value if expected is None else {"a": 1}, value if expected is None else ["b"], value
    ) == ((None, None, None) if expected is None else ({"a": 1}, ["b"], expected))


def test_a_file_is_read_for_what_it_alone_says(tmp_path):
    sysctls, modules = tmp_path / "zz.conf", tmp_path / "modules.conf"
    sysctls.write_text("#\n# Ansible managed\n#\nnet.ipv4.ip_forward = 1\nnet.ipv4.ip_local_port_range = 1   2\n")
    modules.write_text("# Ansible managed\nbr_netfilter\n\n")
    assert kernel_evidence.names_in_files(str(sysctls), str(modules)) == {
        "sysctls": {FORWARD: "1", "net.ipv4.ip_local_port_range": "1 2"},
        "modules": ["br_netfilter"],
    }
    assert kernel_evidence.names_in_files("", str(tmp_path / "missing")) == {"sysctls": {}, "modules": []}

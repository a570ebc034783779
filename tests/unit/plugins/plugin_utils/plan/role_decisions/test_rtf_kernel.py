# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kernel gets, from its evidence and what the site adds."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import (
    rtf_kernel as kernel_role,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Cluster,
    Plan,
    Refusal,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_kernel import (
    Boot,
    kernel_plan,
    kernel_probes,
    unmet,
    unmet_extras,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

SETTINGS = catalog.select_settings(catalog.load(), "1.4")
OWN = "/etc/sysctl.d/zz-runtime-fabric.conf"
FORWARD, BRIDGE = "net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"
WATCHES, INSTANCES = "fs.inotify.max_user_watches", "fs.inotify.max_user_instances"
RESERVED = "net.ipv4.ip_local_reserved_ports"


def kernel(sysctls=None, modules=None):
    """The kernel of a prepared node, but for fields of some sysctls and modules."""
    found = samples.evidence()["host"]["kernel"]
    for name, fields in (sysctls or {}).items():
        found["sysctls"].setdefault(name, {"set_by": []}).update(fields)
    for name, fields in (modules or {}).items():
        found["modules"].setdefault(name, {"obstacle": None}).update(fields)
    return found


NOTHING = Boot({}, [])


def plan(found, former=NOTHING, **arguments):
    return kernel_plan(found, SETTINGS, OWN, former, **arguments)


def test_everything_that_is_planned_is_looked_up():
    probes = kernel_probes(SETTINGS, ["vm.max_map_count"], ["nf_conntrack"])
    evidence = samples.evidence()["host"]["kernel"]
    assert set(probes["sysctls"]) == {*evidence["sysctls"], "vm.max_map_count"}
    assert set(probes["kernel_modules"]) == {*evidence["modules"], "nf_conntrack"}


def test_a_prepared_node_needs_nothing():
    found = plan(kernel())
    assert (found.set, found.load, found.replaced) == ({}, [], {})
    assert found.boot.sysctls[FORWARD] == "1" and "fs.may_detach_mounts" not in found.boot.sysctls
    assert found.boot.modules == [
        "br_netfilter",
        "ebtables",
        "ebtable_filter",
        "ip_tables",
        "iptable_filter",
        "iptable_nat",
        "overlay",
    ]
    assert RESERVED not in found.boot.sysctls


def test_what_differs_is_set_and_remembered_and_bridge_keys_count_as_off_without_the_bridge():
    found = plan(kernel({FORWARD: {"live": "0"}, BRIDGE: {"live": None}}))
    assert found.set == {FORWARD: "1", BRIDGE: "1"}
    assert found.replaced == {FORWARD: "0", BRIDGE: "0"}
    assert FORWARD not in found.optional and WATCHES in found.optional


def test_a_parameter_of_one_kernel_is_set_where_it_is():
    assert plan(kernel({"fs.may_detach_mounts": {"live": "0"}})).set == {"fs.may_detach_mounts": "1"}


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
    assert plan(kernel({WATCHES: {"live": live, "set_by": set_by}})).boot.sysctls[WATCHES] == value


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
    assert found.boot.sysctls[RESERVED] == value


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
    assert plan(kernel(modules={"ebtables": fields})).load == (["ebtables"] if loads else [])


def test_parameters_of_the_site_take_precedence_and_are_required():
    extra = {WATCHES: 600000, "vm.max_map_count": " 262144 "}
    found = plan(kernel({"vm.max_map_count": {"live": "65530", "at_boot": None}}), extra_sysctls=extra)
    assert found.set == {WATCHES: "600000", "vm.max_map_count": "262144"}
    assert found.optional == [INSTANCES]


@pytest.mark.parametrize(
    "fields, sentences",
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
def test_a_parameter_of_the_site_that_is_not_in_force_is_named(fields, sentences):
    assert unmet(kernel({"vm.x": fields}), {"vm.x": 1}, None) == sentences


@pytest.mark.parametrize(
    "fields, sentences",
    [
        ({"available": True, "at_boot": True, "file": None}, []),
        ({"available": False, "at_boot": False, "file": None}, ["nbd is not loaded"]),
        (
            {"available": True, "at_boot": False, "file": None, "obstacle": LISTED},
            ["nbd will not be loaded at boot, because of `blacklist ebtables` at /etc/modprobe.d/cis.conf:1"],
        ),
    ],
)
def test_a_module_of_the_site_that_is_missing_is_named(fields, sentences):
    assert unmet(kernel(modules={"nbd": fields}), None, ["nbd"]) == sentences


FORMER = {FORWARD: "1", "vm.max_map_count": "262144", RESERVED: "30000-32767", "fs.may_detach_mounts": "1"}


def test_what_a_former_run_wrote_for_an_input_that_is_not_set_stays_in_the_files_and_is_nothing_to_set():
    found = plan(kernel(), Boot(FORMER, ["br_netfilter", "nbd"]))
    assert found.boot.sysctls["vm.max_map_count"] == "262144" and found.boot.sysctls[RESERVED] == "30000-32767"
    assert found.boot.modules[-1] == "nbd"
    assert (found.set, found.load) == ({}, [])
    # This kernel no longer has that one of the catalogue, which the site did not add.
    assert found.removals == ["fs.may_detach_mounts"]


def test_what_is_set_to_nothing_goes_and_is_named():
    found = plan(
        kernel(), Boot(FORMER, ["br_netfilter", "nbd"]), extra_sysctls={}, extra_modules=[], reserve_ports=False
    )
    assert found.removals == ["vm.max_map_count", RESERVED, "fs.may_detach_mounts", "nbd"]
    assert set(found.boot.sysctls) == set(plan(kernel()).boot.sysctls) and "nbd" not in found.boot.modules


INPUTS = {
    "release": "1.4",
    "cluster_profile": "unchanged",
    "extra_sysctls": "unchanged",
    "extra_modules": "unchanged",
    "reserve_ports": "unchanged",
    "swap_off": False,
    "selinux_permissive": False,
    "nm_cloud_setup_off": False,
    "tunnel_offload_off": False,
    "tunnel_offload_drivers": ["vmxnet3"],
    "sysctl_file": OWN,
    "modules_file": "/etc/modules-load.d/runtime-fabric.conf",
}
HEADER = "#\n# Ansible managed\n#\n"
CLUSTER = Cluster("n1", {}, {}, HEADER)


def as_file(text, mode="0644", owner=0):
    return {"text": text, "mode": mode, "owner": owner, "group": 0}


def host(found=None, sysctls=None, modules=None):
    """Evidence of a node whose files are as the role writes them, unless others are given; None for no file."""
    boot = plan(kernel()).boot
    written = kernel_role.files(boot, INPUTS, HEADER)
    of_modules, of_sysctls = (as_file(one["content"]) for one in written)
    files = {INPUTS["modules_file"]: modules or of_modules, OWN: sysctls or of_sysctls}
    return {"kernel": found or kernel(), "files": {path: entry or None for path, entry in files.items()}}


def role_plan(evidence, **inputs):
    return kernel_role.plan({**INPUTS, **inputs}, evidence, CLUSTER)


def steps(found):
    return {change["step"]: change for change in found.changes}


def test_a_node_that_has_it_all_has_an_empty_plan():
    assert role_plan(host()) == Plan()


def test_a_fresh_node_gets_files_modules_and_parameters_in_this_order():
    found = kernel({FORWARD: {"live": "0"}, BRIDGE: {"live": None}}, {"overlay": {"available": False, "file": FILE}})
    planned = role_plan({"kernel": found, "files": {}})
    assert [(change["step"], change["kind"]) for change in planned.changes] == [
        ("Configure the kernel for boot", "files"),
        ("Configure the running kernel by loading missing modules", "modules"),
        ("Set kernel parameters", "parameters"),
    ]
    _modules, written = planned.changes[0]["files"]
    assert (written["path"], written["mode"]) == (OWN, "0644")
    assert written["content"].startswith(HEADER + "fs.inotify") and "\nnet.ipv4.ip_forward = 1\n" in written["content"]
    assert planned.changes[1]["announcement"] == "These modules would be loaded: overlay"
    assert planned.changes[2]["parameters"] == {FORWARD: "1", BRIDGE: "1"} and planned.changes[2]["optional"] == []
    assert planned.record == {"sysctls": {FORWARD: "0", BRIDGE: "0"}}


@pytest.mark.parametrize(
    "entry", [as_file("x = 1\n"), as_file(None), {**as_file(HEADER), "mode": "0600"}, as_file(HEADER, owner=1000)]
)
def test_a_file_with_another_content_mode_or_owner_is_written(entry):
    assert list(steps(role_plan(host(sysctls=entry)))) == ["Configure the kernel for boot"]


def test_what_a_boot_no_longer_sets_is_reported():
    found = role_plan(host(sysctls=as_file("vm.max_map_count = 262144\n")), extra_sysctls={})
    assert found.removals == ["No longer set or loaded at boot: vm.max_map_count"]
    assert role_plan(host(sysctls=as_file("vm.max_map_count = 262144\n"))).removals == []


@pytest.mark.parametrize(
    "profile, has, stays",
    [
        ("kubeadm-flannel", True, True),
        ("kubeadm-calico", False, False),
        ("k3s-flannel", False, False),  # K3s loads the module and sets the parameter when it starts
        ("none", False, False),
        ("unchanged", False, True),
    ],
)
def test_bridged_packets_pass_through_netfilter_where_the_network_plugin_has_a_bridge(profile, has, stays):
    inputs = {"release": "2.x", "cluster_profile": profile}
    probed = kernel_role.inspection({**INPUTS, **inputs}, None)
    assert ("br_netfilter" in probed["kernel_modules"]) == (profile in ("kubeadm-flannel", "k3s-flannel"))
    absent = {"available": False, "file": FILE}
    fresh = {"kernel": kernel({BRIDGE: {"live": None}}, {"br_netfilter": absent}), "files": {}}
    written = {one["path"]: one["content"] for one in role_plan(fresh, **inputs).changes[0]["files"]}
    assert (f"{BRIDGE} = 1" in written[OWN]) == has
    assert ("br_netfilter" in written.get(INPUTS["modules_file"], "")) == has
    former = host(sysctls=as_file(f"{BRIDGE} = 1\n"), modules=as_file("br_netfilter\n"))
    kept = role_plan(former, **inputs)
    assert kept.removals == ([] if stays else [f"No longer set or loaded at boot: {BRIDGE}, br_netfilter"])


def test_what_is_switched_is_inspected_judged_and_required():
    quiet = kernel_role.inspection(INPUTS, None)
    assert (quiet["sections"], quiet["units"], quiet["must_pass"]) == (["kernel"], [], [])
    asked = kernel_role.inspection(
        {**INPUTS, "swap_off": True, "tunnel_offload_off": True, "reserve_ports": True}, None
    )
    assert asked["sections"] == ["kernel", "swap", "tunnel_offload"] and len(asked["units"]) == 1
    assert asked["checks"] == ["kernel.*", "host.inotify", "host.swap", "net.vmxnet3_offload"]
    assert asked["must_pass"] == ["host.swap", "net.vmxnet3_offload", "kernel.reserved_ports"]
    extra = kernel_role.inspection({**INPUTS, "extra_sysctls": {"vm.x": 1}, "extra_modules": ["nbd"]}, None)
    assert extra["sysctls"][-1] == "vm.x" and extra["kernel_modules"][-1] == "nbd"
    restored = kernel_role.inspection(INPUTS, {"sysctls": {FORWARD: "0"}, "swap": {}})
    assert (restored["sections"], restored["sysctls"]) == (["kernel", "swap"], [FORWARD])


def test_evidence_that_could_not_be_collected_is_a_reason_not_to_change_anything():
    with pytest.raises(Refusal, match="its state is not known: swap: it was not collected"):
        role_plan(host(), swap_off=True)


def test_reverting_removes_the_files_and_restores_the_parameters_that_are_there():
    remembered = {"sysctls": {FORWARD: "0", BRIDGE: "0", WATCHES: "8192", "vm.same": "1"}}
    found = kernel({BRIDGE: {"live": None}, "vm.same": {"live": "1"}})
    planned = kernel_role.revert(INPUTS, host(found), remembered)
    assert [change["kind"] for change in planned.changes] == ["removed_files", "parameters"]
    assert planned.changes[0]["removed"] == [OWN, INPUTS["modules_file"]]
    assert planned.changes[1]["parameters"] == {FORWARD: "0", WATCHES: "8192"}
    assert planned.changes[1]["optional"] == [FORWARD, WATCHES]


def test_where_nothing_is_recorded_and_no_file_is_left_nothing_is_restored():
    assert kernel_role.revert(INPUTS, {"kernel": kernel(), "files": {OWN: None}}, {}) == Plan()


def test_extras_that_are_not_set_are_met():
    found = {"kernel": kernel({"vm.x": {"live": "0", "at_boot": None}})}
    assert unmet_extras({"extra_sysctls": "unchanged", "extra_modules": "unchanged"}, found) == []
    said = "rtf_kernel_extra_sysctls and rtf_kernel_extra_modules are not in force: vm.x is 0 and not 1"
    assert unmet_extras({"extra_sysctls": {"vm.x": 1}, "extra_modules": []}, found) == [said]


def test_a_file_is_read_for_what_it_says():
    text = "#\n# Ansible managed\n#\nnet.ipv4.ip_forward = 1\nnet.ipv4.ip_local_port_range = 1   2\n"
    assert kernel_role.settings_in(text) == {FORWARD: "1", "net.ipv4.ip_local_port_range": "1 2"}
    assert kernel_role.names_in("# Ansible managed\nbr_netfilter\n\n") == ["br_netfilter"]
    assert (kernel_role.settings_in(""), kernel_role.names_in("")) == ({}, [])

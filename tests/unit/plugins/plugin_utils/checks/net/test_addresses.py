# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose settings give the node its address at the next boot, its default route, and what its prefix says of the subnet."""

import json

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import address_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import readiness
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import host_samples, samples

ADDRESS = "192.168.230.11"


def row(manager="systemd-networkd", method="static", addresses=(ADDRESS,), **changes):
    known = {
        "manager": manager,
        "path": f"/etc/{manager}/x",
        "files": [f"/etc/{manager}/x"],
        "interface": "eth0",
        "method": method,
        "leased": method == "dhcp",
        "addresses": list(addresses),
        "passed_over": [],
        "ignored": "",
        "uncertain": "",
        "cloud_init": False,
        "service": f"{manager}.service",
        "state": "runs",
        "managed": None,
    }
    return {**known, **changes}


def judged(check, network=None, cluster=None, subject=None):
    evidence = samples.evidence()
    evidence["host"]["network"] = {**host_samples.network(), **(network or {})}
    evidence["cluster"] = {**host_samples.cluster(), **(cluster or {})}
    [result] = judge_node(checks.load(), subject or samples.subject(), evidence, [check])
    return result


def static_address(*rows, **persistence):
    known = {"configurations": list(rows), "leases": [], "unreadable": [], "dangling": [], **persistence}
    return judged("net.static_address", {"persistence": known})


LEASED = row("NetworkManager", "dhcp", ())


@pytest.mark.parametrize(
    "rows, status, words",
    [
        ([row()], "pass", f"{ADDRESS} is set by systemd-networkd, /etc/systemd-networkd/x"),
        ([row(leased=True)], "pass", "DHCP may add another one"),
        # D1: the manager that gave the address decides, not a file of one that does not run.
        ([row(state="does not run"), LEASED], "fail", "eth0 is dhcp in /etc/NetworkManager/x (NetworkManager)"),
        (
            [row(managed=True), row("NetworkManager", "dhcp", (), managed=False)],
            "pass",
            f"{ADDRESS} is set by systemd-networkd",
        ),
        ([row(managed=False), row("NetworkManager", "dhcp", (), managed=True)], "fail", "eth0 is dhcp in"),
        (
            [row(), LEASED],
            "fail",
            f"{ADDRESS} is not certain to stay: systemd-networkd, /etc/systemd-networkd/x sets it, but eth0",
        ),
        ([row(), row("ifupdown")], "pass", "ifupdown, /etc/ifupdown/x"),
        (
            [row("NetworkManager", state="leaves eth0 unmanaged")],
            "fail",
            f"/etc/NetworkManager/x sets {ADDRESS}, but NetworkManager.service, which reads it, leaves eth0 unmanaged",
        ),
        # U16 and U17: another file about the same interface counts.
        (
            [row("NetworkManager", "dhcp", (), passed_over=[{"path": "/etc/b", "addresses": [ADDRESS]}])],
            "fail",
            f"eth0 is dhcp in /etc/NetworkManager/x (NetworkManager), which takes precedence over /etc/b, where {ADDRESS} is set",
        ),
        (
            [row(method="none", addresses=(), passed_over=[{"path": "/etc/b", "addresses": [ADDRESS]}])],
            "fail",
            f"eth0 gets no address from /etc/systemd-networkd/x (systemd-networkd), which takes precedence over /etc/b, where {ADDRESS}",
        ),
        ([row(method="none", addresses=()), row("ifupdown")], "pass", "ifupdown, /etc/ifupdown/x"),
        (
            [row("NetworkManager", "ignored", ignored="its mode is 0644")],
            "fail",
            "NetworkManager ignores /etc/NetworkManager/x: its mode is 0644",
        ),
        ([row(uncertain="two files are for eth0")], "unknown", "two files are for eth0"),
        ([row(uncertain="x", managed=True), row("ifupdown", "dhcp", (), managed=False)], "unknown", "x"),
        ([row(interface="eth1")], "fail", f"{ADDRESS} is set now, but by no known configuration file of eth0"),
    ],
)
def test_the_manager_of_the_interface_decides(rows, status, words):
    result = static_address(*rows)
    assert (result["status"], words in result["observed"]) == (status, True), result["observed"]


def test_evidence_of_a_run_that_was_saved_before_is_still_judged():
    old = {
        key: value
        for key, value in row().items()
        if key not in ("managed", "leased", "uncertain", "ignored", "passed_over")
    }
    assert static_address(old)["status"] == "pass"
    assert static_address({**old, "method": "dhcp"})["status"] == "fail"


# What iproute2 6.1 printed as JSON.
ROUTES = {
    "U18: several next hops": (
        [
            {
                "dst": "default",
                "flags": [],
                "nexthops": [
                    {"gateway": "192.168.230.3", "dev": "eth9", "weight": 1, "flags": ["dead", "linkdown"]},
                    {"gateway": "192.168.230.1", "dev": "eth0", "weight": 1, "flags": []},
                ],
            }
        ],
        "pass",
        "eth0 via 192.168.230.1",
    ),
    "an IPv6 gateway": (
        [{"dst": "default", "via": {"family": "inet6", "host": "fe80::1"}, "dev": "eth0", "flags": []}],
        "pass",
        "eth0 via fe80::1",
    ),
    "no gateway": ([{"dst": "default", "dev": "eth0", "scope": "link", "flags": []}], "pass", "eth0"),
    "a fallback that rejects": (
        [
            {"dst": "default", "gateway": "192.168.230.1", "dev": "eth0"},
            {"type": "unreachable", "dst": "default", "metric": 4000},
        ],
        "pass",
        "eth0 via 192.168.230.1",
    ),
    "one that discards everything": (
        [
            {"type": "blackhole", "dst": "default"},
            {"dst": "default", "gateway": "192.168.230.1", "dev": "eth0", "metric": 9},
        ],
        "fail",
        "none: the default route is of the type blackhole, which discards packets",
    ),
    "none": ([{"dst": "192.168.230.0/24", "dev": "eth0"}], "fail", "none"),
}


@pytest.mark.parametrize("case", ROUTES)
def test_the_default_route_is_the_one_that_the_kernel_takes(case):
    listed, status, observed = ROUTES[case]
    routes = address_evidence.routes_from_ip(json.dumps(listed))
    result = judged("net.default_route", {"routes": routes, "default_route": address_evidence.default_route(routes)})
    assert (result["status"], result["observed"]) == (status, observed)


def test_a_route_that_discards_is_named_where_it_overlaps():
    routes = address_evidence.routes_from_ip(json.dumps([{"type": "blackhole", "dst": "10.0.0.0/8", "flags": []}]))
    result = judged("net.cluster_networks", {"routes": routes})
    assert "10.0.0.0/8 (blackhole route) contains the pods' 10.244.0.0/16" in result["observed"]


def with_prefix(prefix):
    return {
        "addresses": [{"interface": "eth0", "address": ADDRESS, "prefix": prefix, "family": "ipv4", "dynamic": False}]
    }


def others(prefix, address="192.168.230.21"):
    return {"n2": {**host_samples.cluster()["n2"], "address": address, "prefix": prefix}}


@pytest.mark.parametrize(
    "own, other, status, observed",
    [
        (24, others(24), "pass", "all in 192.168.230.0/24"),
        (24, others(None), "pass", "all in 192.168.230.0/24"),
        (30, others(24), "fail", "the prefixes differ: /30 here, /24 on n2"),
        (24, others(30), "fail", "the prefixes differ: /24 here, /30 on n2"),
        (24, others(24, "192.168.231.21"), "fail", "n2 (192.168.231.21) not in 192.168.230.0/24"),
        (24, others(32), "pass", "all in 192.168.230.0/24"),
        (32, others(32), "unknown", "192.168.230.11/32 has the prefix /32, which says nothing about the subnet"),
    ],
)
def test_prefixes_that_differ_are_not_another_region_and_32_says_nothing(own, other, status, observed):
    result = judged("net.same_subnet", with_prefix(own), other)
    assert (result["status"], result["observed"]) == (status, observed)


def test_of_a_single_address_no_subnet_is_known_and_the_cluster_can_be_ready_all_the_same():
    """Clouds give VMs such addresses: hetznercloud/terraform-provider-hcloud#410."""
    result, usual = judged("net.subnet_headroom", with_prefix(32)), judged("net.subnet_headroom", with_prefix(24))
    assert (result["status"], result["severity"]) == ("unknown", "recommended")
    assert "larger subnet" not in result["remedy"] and "cloud's console" in result["remedy"]
    assert (usual["status"], usual["severity"]) == ("pass", "required")
    assert readiness.node_readiness([usual, result]) == "ready"
    assert readiness.blocking([result]) == []

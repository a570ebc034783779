# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewalls of each kind, and what else can be wrong with the ways between nodes, all in one audit."""

import contextlib
import itertools

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.audits import (
    NODES,
    cells,
    red_checks,
    statuses,
)
from ansible_collections.hostprep.runtime_fabric.molecule.port_matrix.faults import (
    FIREWALLS,
    delayed,
    filtered,
    firewall,
    routed_with_mtu,
)

# {node: (whom its firewall drops, whom it rejects)}
SHUT_FOR = {
    "controller-1": ("worker-1", "worker-2"),
    "worker-1": ("worker-2", "controller-1"),
    "worker-2": ("controller-1", "worker-1"),
}


@pytest.fixture(scope="module")
def links(lab, packages, play):
    """One audit with a firewall of its own kind on each node, each of which shuts the same for two others.

    Besides there is a way that takes its time, one that loses packets, one that swallows long ones, and one with a router
    that says which are too long.
    """
    one, dummy_two, three = (lab.nodes[name] for name in NODES)
    with contextlib.ExitStack() as stack:
        for node, (dropped, rejected) in SHUT_FOR.items():
            stack.enter_context(firewall(lab, node, FIREWALLS[node], dropped, rejected))
        stack.enter_context(delayed(lab, "worker-1", "worker-2", 0.08))
        stack.enter_context(
            filtered(lab, "worker-1", "input", f"ip saddr {one} udp dport 8472 numgen random mod 100 < 20 drop")
        )
        stack.enter_context(
            filtered(
                lab,
                "controller-1",
                "input",
                f"ip saddr {three} udp dport 8472 ip length > 1400 drop",
                *(
                    f"ip saddr != {{ 127.0.0.0/8, {', '.join(lab.nodes.values())} }} {ports} drop"
                    for ports in ("tcp dport != { 22, 443, 32009 }", "udp dport > 0")
                ),
            )
        )
        stack.enter_context(routed_with_mtu(lab, "controller-1", "worker-2", 1300))
        return play(
            rtf_max_latency_ms=40,
            rtf_preflight_outside_host="localhost",
            rtf_internal_networks=[str(lab.instance.subnet)],
        )


def test_an_audit_changes_nothing(links):
    assert {links.changed[node] for node in NODES} == {0}


def test_exactly_what_a_firewall_shuts_is_red(links):
    """A port dropped for one node alone, a range over UDP only, and a range rejected; the other directions work."""
    expected = {}
    for node, (dropped, rejected) in SHUT_FOR.items():
        for source, row in ((dropped, "node-ports-tcp"), (dropped, "node-ports-udp"), (rejected, "node-ports-tcp")):
            expected[source, node, row] = "fail"
    # Where long packets are swallowed, the overlay is, too.
    expected["worker-2", "controller-1", "overlay-vxlan"] = "fail"
    assert statuses(links) == expected
    # The firewall of controller-1 shuts what a host outside may use, and the nodes without one nothing.
    outside = {("controller-1", "ports.inbound"), *((name, "ports.outside") for name in NODES)}
    assert red_checks(links) - outside == {(source, f"ports.{row}") for source, dummy, row in expected}


@pytest.mark.parametrize("node", SHUT_FOR)
def test_the_ports_that_a_firewall_shuts_are_named(links, node):
    dropped, rejected = SHUT_FOR[node]
    assert cells(links)[dropped, node, "node-ports-tcp"]["ports"] == {"dropped": ["30005"]}
    assert cells(links)[dropped, node, "node-ports-udp"]["ports"] == {"dropped": ["31000-31010"]}
    # A host limits how many rejections it sends, so some of the range stays silent at first.
    kind = {"firewalld": "rejected", "iptables": "refused", "ufw": "refused"}[FIREWALLS[node]]
    assert cells(links)[rejected, node, "node-ports-tcp"]["ports"] == {kind: ["30100-30200"]}
    assert links.result(rejected, "ports.node-ports-tcp")["observed"].count(f"{node}: 30100-30200 {kind}") == 1


def test_exactly_the_true_links_are_red(links):
    checks = ("net.latency", "net.loss", "net.mtu_path", "net.bandwidth")
    of_links = {key for key in links.failed() if key[1] in checks}
    assert of_links == {
        ("worker-1", "net.latency"),
        ("worker-2", "net.latency"),
        ("controller-1", "net.loss"),
        ("worker-2", "net.mtu_path"),
        ("controller-1", "net.mtu_path"),
    }
    found = {(link["source"], link["destination"]): link for link in links.report["port_matrix"]["links"]}
    assert set(found) == set(itertools.permutations(NODES, 2))
    assert {key for key, link in found.items() if link["rtt_ms"]["p50"] > 40} == {
        ("worker-1", "worker-2"),
        ("worker-2", "worker-1"),
    }
    assert {key for key, link in found.items() if link["loss_percent"] > 1} == {("controller-1", "worker-1")}
    assert {key: link["path"]["mtu"] for key, link in found.items() if link["path"]["mtu"] != 1500} == {
        ("worker-2", "controller-1"): 1300,
        ("controller-1", "worker-2"): 1300,
    }


def test_what_only_nodes_may_reach_is_tried_from_the_control_node(links):
    """A packet filter of the controller lets only nodes in, but for what users need."""
    results = {name: links.result(name, "ports.outside") for name in NODES}
    assert {name: result["status"] for name, result in results.items()} == {
        "controller-1": "pass",
        "worker-1": "fail",
        "worker-2": "fail",
    }
    assert "TCP 3008-3012" in results["worker-1"]["observed"] and "UDP 7496" in results["worker-1"]["observed"]
    assert "2379" not in results["worker-1"]["observed"]


def test_what_users_need_is_proved_from_the_control_node(links):
    result = links.result("controller-1", "ports.inbound")
    assert result["status"] == "pass"
    assert result["observed"].startswith("TCP 443 (ingress-https), TCP 32009 (ops-center-ui) reached from ")


def test_what_is_wrong_with_a_link_is_said(links):
    latency = links.result("worker-1", "net.latency")
    assert latency["observed"].startswith("worker-2: p50 ") and "network team" in latency["remedy"]
    assert float(latency["observed"].partition("p50 ")[2].partition(",")[0]) >= 80
    lost = float(links.result("controller-1", "net.loss")["observed"].partition(": ")[2].partition(" %")[0])
    assert 5 <= lost <= 40
    swallowed = links.result("worker-2", "net.mtu_path")
    assert (swallowed["severity"], swallowed["observed"]) == (
        "required",
        "controller-1: 1300 bytes, 1250 within VXLAN; eth0 has 1500, and larger packets are lost without an ICMP message",
    )
    assert "path MTU 1300" in links.output


def test_an_overlay_whose_long_datagrams_are_swallowed_points_to_the_path(links):
    found = links.result("worker-2", "ports.overlay-vxlan")
    assert (
        found["observed"]
        == "controller-1: 8472 length lost (VXLAN packets of 1500 bytes are lost, but short ones pass)"
    )
    assert found["remedy"] == "Fix net.mtu_path first: this follows from it."


def test_a_router_that_says_that_packets_are_too_long_is_no_black_hole(links):
    found = links.result("controller-1", "net.mtu_path")
    assert (found["severity"], found["observed"]) == (
        "recommended",
        "worker-2: 1300 bytes, 1250 within VXLAN; eth0 has 1500",
    )


def test_one_clock_is_one_clock_however_lopsided_the_way(links):
    """All nodes of the lab have the machine's clock; the way of 80 ms in one direction widens the error bar."""
    clocks = {(link["source"], link["destination"]): link["clock"] for link in links.report["port_matrix"]["links"]}
    for clock in clocks.values():
        assert abs(clock["offset_ms"]) <= clock["error_ms"] + 0.1
    assert clocks["worker-1", "worker-2"]["error_ms"] >= 39

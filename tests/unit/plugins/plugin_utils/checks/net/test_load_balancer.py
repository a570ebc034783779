# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a load balancer, and of ports that somebody outside reaches."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import matrix_outcome
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import link_measurements, port_matrix
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

MEMBERS = clusters.nodes(2, 1)
GROUPS = {"rtf_nodes": ["c1", "c2", "w1"], "rtf_controllers": ["c1", "c2"], "rtf_workers": ["w1"]}
SCOPE = {"release": "1.4", "control_plane": "us", "phase": "install"}


def way(name, count, tls="passed_through", source="kept", seen="10.2.0.2"):
    return {"name": name, "tls": tls, "source": source, "seen": seen, "count": count}


def judge(balancer=None, outside=None, configured="lb.example.com", held=None, client="w1"):
    planned = clusters.plan_of(MEMBERS)._replace(balanced=True)
    ports = clusters.evidence_of(planned, held)
    if balancer:
        ports[client]["balancer"] = balancer
    for name, found in (outside or {}).items():
        ports[name]["outside"] = found
    found = {
        node.name: {"variables": {"ansible_host": node.address}, "evidence": {"host": {}, "ports": ports[node.name]}}
        for node in MEMBERS
    }
    made = matrix_outcome.Matrix(
        clusters.ports_of(MEMBERS, load_balancer=configured), {name: entry["evidence"] for name, entry in found.items()}
    )
    results = {}
    for name, entry in found.items():
        subject = samples.subject_of(name, GROUPS, entry["variables"], SCOPE)
        evidence = {**entry["evidence"], **made.evidence(name)}
        for result in judge_node(checks.load(), subject, evidence, ["net.load_balancer*", "ports.outside"]):
            results[name, result["id"]] = (result["status"], result["observed"])
    return results


def test_both_controllers_are_reached():
    found = judge({"connections": 30, "reached": [way("c1", 15), way("c2", 15)], "failures": []})
    assert {status for status, dummy in found.values()} == {"pass"}
    assert found["c1", "net.load_balancer"][1] == "15 of 30 connections (50 %, an even share is 50 %)"
    assert {name for name, dummy in found} == {"c1", "c2"}


def test_a_controller_that_is_not_behind_it_is_the_one_that_fails():
    failures = [{"reason": "refused", "count": 10}]
    found = judge({"connections": 30, "reached": [way("c1", 20, "ended", "hidden", "10.9.9.9")], "failures": failures})
    assert found["c2", "net.load_balancer"] == (
        "fail",
        "none of 30 connections; 20 reached c1; 10 of 30 (33 %) reached no controller: refused",
    )
    assert found["c1", "net.load_balancer"] == (
        "fail",
        "20 of 30 connections (66 %, an even share is 50 %); 10 of 30 (33 %) reached no controller: refused",
    )
    assert found["c1", "net.load_balancer_tls"] == ("fail", "lb.example.com terminates TLS")
    assert found["c1", "net.load_balancer_source"] == ("fail", "controllers see 10.9.9.9 instead")
    assert found["c2", "net.load_balancer_tls"][0] == "unknown"


@pytest.mark.parametrize("lost, status", [(0, "pass"), (1, "pass"), (2, "fail"), (10, "fail")])
def test_connections_that_reach_nobody_fail_with_their_share(lost, status):
    failures = [{"reason": "refused", "count": lost}] if lost else []
    half = (30 - lost) // 2
    found = judge({"connections": 30, "reached": [way("c1", half), way("c2", 30 - lost - half)], "failures": failures})
    assert {found[name, "net.load_balancer"][0] for name in ("c1", "c2")} == {status}
    assert all(
        (f"{lost} of 30 ({100 * lost // 30} %) reached no controller: refused" in text) is bool(lost)
        for (dummy, check), (dummy_status, text) in found.items()
        if check == "net.load_balancer"
    )


def test_connections_to_a_controller_that_cannot_answer_are_not_lost_by_the_load_balancer():
    failures = [{"reason": "another program answers", "count": 15}]
    found = judge(
        {"connections": 30, "reached": [way("c2", 15)], "failures": failures}, held={"c1": {"tcp": {443: "nginx"}}}
    )
    assert found["c2", "net.load_balancer"][0] == "unknown"
    assert "c1: its port 443 is held by nginx (pid 7, user root)" in found["c2", "net.load_balancer"][1]


def test_a_controller_that_is_not_brought_back_to_itself_is_not_known_to_be_unreachable():
    """kubernetes/kubernetes#66796, kubernetes/cloud-provider-aws#1160, rancher/rancher#3618: a client behind its own load balancer.

    Without a worker one of the controllers makes the connections.
    """
    failures = [{"reason": "no answer within 3 s", "count": 15}]
    found = judge({"connections": 30, "reached": [way("c2", 15)], "failures": failures}, client="c1")
    status, observed = found["c1", "net.load_balancer"]
    assert status == "unknown" and "which c1 opened itself" in observed and "no answer within 3 s" in observed
    status, observed = found["c2", "net.load_balancer"]
    assert status == "unknown" and "possibly those to c1: it opened the connections" in observed
    by_a_worker = judge({"connections": 30, "reached": [way("c2", 15)], "failures": failures})
    assert by_a_worker["c1", "net.load_balancer"][0] == by_a_worker["c2", "net.load_balancer"][0] == "fail"
    none_behind_it = judge({"connections": 30, "reached": [way("c2", 30)], "failures": []}, client="c1")
    assert none_behind_it["c1", "net.load_balancer"][0] == "fail"


def test_a_load_balancer_without_a_healthy_server_reaches_nobody():
    """oracle/oci-cloud-controller-manager#222: its health checks fail for all nodes at once."""
    failures = [{"reason": "the connection was closed without a proof", "count": 30}]
    found = judge({"connections": 30, "reached": [], "failures": failures})
    assert {found[name, "net.load_balancer"] for name in ("c1", "c2")} == {
        (
            "fail",
            "none of 30 connections; 30 of 30 (100 %) reached no controller: the connection was closed without a proof",
        )
    }


def test_without_a_result_it_is_unknown_and_without_a_load_balancer_nothing():
    assert {status for status, dummy in judge().values()} == {"unknown"}
    assert {status for status, dummy in judge({"error": "no python"}).values()} == {"unknown"}
    assert judge(configured="") == {}


def test_a_controller_whose_port_is_held_cannot_be_proven():
    found = judge({"connections": 1, "reached": [], "failures": []}, held={"c1": {"tcp": {443: "nginx"}}})
    assert found["c1", "net.load_balancer"] == (
        "skipped",
        "the port is held by nginx (pid 7, user root), so this cannot be tested",
    )
    assert found["c2", "net.load_balancer"][0] == "fail"


@pytest.mark.parametrize("text, port", [("lb.example.com", 443), ("192.0.2.9:8443", 8443)])
def test_a_worker_connects(text, port):
    assert link_measurements.through_balancer(
        MEMBERS, clusters.ports_of(MEMBERS, load_balancer=text)["load_balancer"]
    ) == {
        "from": "w1",
        "host": text.partition(":")[0],
        "port": port,
    }
    assert link_measurements.through_balancer(MEMBERS, clusters.ports_of(MEMBERS)["load_balancer"]) is None


def test_controllers_listen_for_it():
    planned = clusters.plan_of(MEMBERS)._replace(balanced=True)
    listening = {node.name: port_matrix.listening(planned, node)[0]["tcp"] for node in MEMBERS}
    assert ["443" in listening[name] for name in ("c1", "c2", "w1")] == [True, True, False]


def test_all_ports_of_nodes_are_tried_from_outside():
    planned = clusters.plan_of(MEMBERS)._replace(balanced=True, outside=True)
    controller, dummy, worker = port_matrix.from_outside(planned, {"c1": {MEMBERS[0].address: {"tcp": {5000}}}})
    assert "2379-2380" in controller["tcp"] and "2379-2380" not in worker["tcp"]
    assert "443" in controller["tcp"] and "443" not in worker["tcp"]
    assert "30000-32767" in controller["tcp"] and "30000-32767" in worker["tcp"]
    assert controller["connect"] == ["53", "5000", "7373"] and worker["connect"] == ["53", "7373"]
    assert worker["udp"] == ["7496", "8472", "30000-32767"] and worker["query"] == ["53"]
    later = port_matrix.from_outside(clusters.plan_of(MEMBERS, "operate"), {})[2]
    assert "4242" in later["connect"] and "4242" not in later["tcp"]


def test_a_port_that_is_reached_from_outside_is_named():
    def found(**ports):
        return {transport: {"asked": 100, "ports": ports.get(transport, {})} for transport in ("tcp", "udp")}

    results = judge(
        configured="",
        outside={
            "c1": found(tcp={"open": ["2379-2380"], "live": ["22"], "dropped": ["5000"]}, udp={"open": ["8472"]}),
            "c2": found(tcp={"dropped": ["2379"]}),
            "w1": {"error": "no route"},
        },
    )
    assert results["c1", "ports.outside"] == ("fail", "TCP 22, 2379-2380; UDP 8472")
    assert results["c2", "ports.outside"] == ("pass", "none of 200 ports answered")
    assert results["w1", "ports.outside"] == ("unknown", "no route")

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows that others than nodes use: 443 for callers of applications, 32009 for the internal network."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import port_probes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import matrix_outcome
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

MEMBERS = clusters.nodes(1, 1)
GROUPS = {"rtf_nodes": ["c1", "w1"], "rtf_controllers": ["c1"], "rtf_workers": ["w1"]}
SCOPE = {"release": "1.4", "control_plane": "us", "phase": "install"}
INTERNAL = ["10.20.0.0/16"]


def judge(tcp, source="10.20.0.9", **inputs):
    """{(node, check): (status, what was observed)} where a host outside found these verdicts of TCP ports on c1 and w1."""
    planned = clusters.plan_of(MEMBERS)
    made = clusters.evidence_of(planned)
    for found in made.values():
        found["outside"] = {
            "source": source,
            "tcp": {"asked": 3000, "ports": tcp},
            "udp": {"asked": 100, "ports": {"dropped": ["8472"]}},
        }
    evidence = {name: {"host": {}, "ports": ports} for name, ports in made.items()}
    matrix = matrix_outcome.Matrix(clusters.ports_of(MEMBERS, outside_host="localhost", **inputs), evidence)
    results = {}
    for node in MEMBERS:
        subject = samples.subject_of(node.name, GROUPS, {"ansible_host": node.address}, SCOPE)
        own = {**evidence[node.name], **matrix.evidence(node.name)}
        for result in judge_node(checks.load(), subject, own, ["ports.inbound", "ports.outside"]):
            results[node.name, result["id"].partition(".")[2]] = (result["status"], result["observed"])
    return results


BOTH = {"open": ["443", "32009"], "dropped": ["2379-2380"]}


def test_both_rows_are_proved_from_the_internal_network_and_only_on_controllers():
    results = judge(BOTH, internal_networks=INTERNAL)
    assert results["c1", "inbound"] == (
        "pass",
        "TCP 443 (ingress-https), TCP 32009 (ops-center-ui) reached from 10.20.0.9",
    )
    assert results["c1", "outside"][0] == "pass"
    assert ("w1", "inbound") not in results and results["w1", "outside"] == ("fail", "TCP 443, 32009")


@pytest.mark.parametrize(
    "verdict, status", [("dropped", "fail"), ("refused", "fail"), ("unproven", "fail"), ("untested", "unknown")]
)
def test_a_row_that_its_users_do_not_reach_fails(verdict, status):
    results = judge({"open": ["32009"], verdict: ["443"]}, internal_networks=INTERNAL)
    assert results["c1", "inbound"] == (status, f"TCP 443 (ingress-https) {verdict}")


def test_a_port_that_only_some_controllers_open_to_its_users_fails_on_the_others():
    """kubernetes/kubernetes#74383: a node without a pod of the service drops, with externalTrafficPolicy: Local."""
    members = clusters.nodes(2, 0)
    made = clusters.evidence_of(clusters.plan_of(members))
    for name, tcp in (("c1", BOTH), ("c2", {"open": ["443"], "dropped": ["32009"]})):
        made[name]["outside"] = {
            "source": "10.20.0.9",
            "tcp": {"asked": 3000, "ports": tcp},
            "udp": {"asked": 100, "ports": {}},
        }
    planned = clusters.ports_of(members, outside_host="localhost", internal_networks=INTERNAL)
    matrix = matrix_outcome.Matrix(planned, {name: {"host": {}, "ports": ports} for name, ports in made.items()})
    groups = {"rtf_nodes": ["c1", "c2"], "rtf_controllers": ["c1", "c2"], "rtf_workers": []}
    statuses = {}
    for node in members:
        subject = samples.subject_of(node.name, groups, {"ansible_host": node.address}, SCOPE)
        (result,) = judge_node(checks.load(), subject, matrix.evidence(node.name), ["ports.inbound"])
        statuses[node.name] = (result["status"], result["observed"])
    assert statuses["c1"][0] == "pass"
    assert statuses["c2"] == ("fail", "TCP 32009 (ops-center-ui) dropped")


def test_strangers_may_not_open_ops_center():
    results = judge(BOTH, source="203.0.113.9", internal_networks=INTERNAL)
    assert results["c1", "inbound"] == ("pass", "TCP 443 (ingress-https) reached from 203.0.113.9")
    assert results["c1", "outside"] == ("fail", "TCP 32009")


def test_strangers_may_not_call_applications_whose_callers_are_named():
    results = judge(BOTH, source="203.0.113.9", internal_networks=INTERNAL, ingress_sources=["198.51.100.0/24"])
    assert results["c1", "inbound"][0] == "skipped"
    assert results["c1", "outside"] == ("fail", "TCP 443, 32009")


def test_where_the_internal_network_is_not_known_its_row_is_neither_proved_nor_held_against_the_node():
    results = judge(BOTH)
    assert results["c1", "inbound"] == ("pass", "TCP 443 (ingress-https) reached from 10.20.0.9")
    assert results["c1", "outside"][0] == "pass"
    closed = judge({"open": ["443"], "dropped": ["32009"]}, source=None, internal_networks=INTERNAL)
    assert closed["c1", "inbound"] == ("pass", "TCP 443 (ingress-https) reached from outside")


def test_with_a_load_balancer_callers_come_through_it():
    results = judge({"dropped": ["443", "32009"]}, load_balancer="lb.example.com")
    status, observed = results["c1", "inbound"]
    assert status == "skipped"
    assert "TCP 443 (ingress-https): net.load_balancer proves it" in observed
    assert "TCP 32009 (ops-center-ui): rtf_internal_networks is not set" in observed


def test_a_host_that_could_not_be_reached_leaves_it_unknown():
    planned = clusters.ports_of(MEMBERS, outside_host="localhost")
    made = clusters.evidence_of(clusters.plan_of(MEMBERS))
    made["c1"]["outside"] = {"error": "no route"}
    matrix = matrix_outcome.Matrix(planned, {name: {"host": {}, "ports": ports} for name, ports in made.items()})
    subject = samples.subject_of("c1", GROUPS, {"ansible_host": MEMBERS[0].address}, SCOPE)
    (result,) = judge_node(checks.load(), subject, matrix.evidence("c1"), ["ports.inbound"])
    assert (result["status"], result["observed"]) == ("unknown", "no route")


def test_controllers_listen_for_users_while_a_host_outside_probes():
    planned = clusters.plan_of(MEMBERS)
    for outside, listened in ((False, [False, False]), (True, [True, False])):
        found = [port_matrix.listening(planned._replace(outside=outside), node)[0]["tcp"] for node in MEMBERS]
        assert ["443" in ports for ports in found] == listened


def test_the_address_by_which_a_peer_is_reached_is_known_without_a_packet():
    (found,) = port_probes.probe_all(
        b"k" * 32,
        [{"name": "x", "address": "127.0.0.1", "tcp": [], "udp": [], "vxlan": [], "connect": [], "query": []}],
        1.0,
        8,
        5.0,
    )
    assert found["source"] == "127.0.0.1"

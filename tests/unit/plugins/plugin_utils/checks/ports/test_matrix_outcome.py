# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the registered results of the role's tasks to check results and the table."""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import matrix_outcome
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node_evidence as run_results
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import (
    port_matrix as table,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports.clusters import spoil

MEMBERS = clusters.nodes(1, 2)
GROUPS = {"rtf_nodes": ["c1", "w1", "w2"], "rtf_controllers": ["c1"], "rtf_workers": ["w1", "w2"]}


def collected(ports, members=MEMBERS):
    return {
        node.name: {"variables": {"ansible_host": node.address}, "evidence": {"host": {}, "ports": ports[node.name]}}
        for node in members
    }


def judge(found, phase="install", groups=None, most_peers=20):
    """Return (`{(node, id): result}` of checks ports.*, the document of the matrix)."""
    scope = {"release": "1.4", "control_plane": "us", "phase": phase}
    groups = groups or GROUPS
    members = [Node(name, role_of(name, groups), entry["variables"]["ansible_host"]) for name, entry in found.items()]
    ports = clusters.ports_of(members, phase=phase, port_matrix_peers=most_peers)
    made = matrix_outcome.Matrix(ports, {name: entry["evidence"] for name, entry in found.items()})
    results = {}
    for name, entry in found.items():
        subject = samples.subject_of(name, groups, entry["variables"], scope)
        own = {**entry["evidence"], **made.evidence(name)}
        for result in judge_node(checks.load(), subject, own, ["ports.*"]):
            results[name, result["id"]] = result
    return results, made.document


@pytest.fixture
def ports():
    return clusters.evidence_of(clusters.plan_of(MEMBERS))


def red(results):
    return {key: result["status"] for key, result in results.items() if result["status"] != "pass"}


def test_a_cluster_in_order(ports):
    results, document = judge(collected(ports))
    assert red(results) == {}
    assert {result["status"] for result in results.values()} == {"pass"}
    assert results["w1", "ports.etcd"]["observed"] == "4 ports on 1 node"
    assert results["c1", "ports.etcd"]["observed"] == "no other node to reach"
    assert document["cells"] == [] and {pair["status"] for pair in document["pairs"]} == {"pass"}
    assert ("w1", "ports.ops-center-api") not in results


@pytest.mark.parametrize(
    "verdict, reason, remedy",
    [
        (
            "shape_lost",
            "plain datagrams pass, but VXLAN datagrams do not",
            "Ask the network team and the hypervisor team which device between w1 and w2 drops VXLAN on UDP 8472",
        ),
        (
            "length_lost",
            "VXLAN packets of 1500 bytes are lost, but short ones pass",
            "Ask the network team to pass datagrams of the interface's full MTU between w1 and w2, fragments included.",
        ),
    ],
)
def test_an_overlay_that_a_device_treats_otherwise_says_how(ports, verdict, reason, remedy):
    spoil(ports, "w1", "w2", "udp", verdict, "8472", reason=reason)
    results, dummy = judge(collected(ports))
    assert red(results) == {("w1", "ports.overlay-vxlan"): "fail"}
    found = results["w1", "ports.overlay-vxlan"]
    assert found["observed"] == f"w2: 8472 {verdict.replace('_', ' ')} ({reason})"
    assert found["remedy"].startswith(remedy) and "Allow UDP" not in found["remedy"]


def test_a_red_cell_is_told_with_what_to_do(ports):
    spoil(ports, "w1", "w2", "tcp", "dropped", "30005")
    results, document = judge(collected(ports))
    assert red(results) == {("w1", "ports.node-ports-tcp"): "fail"}
    result = results["w1", "ports.node-ports-tcp"]
    assert result["observed"] == "w2: 30005 dropped"
    assert (
        result["remedy"] == "Allow TCP 30005 from w1 to w2, in the firewalls of both and in the network between them."
    )
    assert result["title"] == "TCP 30000-32767 to all nodes" and result["requirement"] == ["node-ports-tcp"]
    assert [(cell["source"], cell["destination"], cell["row"]) for cell in document["cells"]] == [
        ("w1", "w2", "node-ports-tcp")
    ]


def test_a_range_with_mixed_verdicts_is_told_once(ports):
    spoil(ports, "w1", "w2", "tcp", "dropped", "30100-30200")
    spoil(ports, "w1", "w2", "tcp", "rejected", "30100", "30150")
    assert (
        judge(collected(ports))[0]["w1", "ports.node-ports-tcp"]["observed"]
        == "w2: 30100-30200 (99 dropped, 2 rejected)"
    )


def test_who_holds_a_port_is_told():
    planned = clusters.plan_of(MEMBERS)
    results = judge(collected(clusters.evidence_of(planned, {"c1": {"tcp": {5000: "registry"}}})))[0]
    assert red(results) == {("c1", "ports.free"): "fail"}
    assert results["c1", "ports.free"]["observed"] == "TCP 5000 by registry (pid 7, user root)"
    assert results["c1", "ports.free"]["remedy"].startswith(
        "Stop and disable registry (TCP 5000) on c1, or move it to another port"
    )


@pytest.mark.parametrize("state, reserved", [("listening", False), ("connected", True), ("connecting", True)])
def test_only_a_port_of_an_outgoing_connection_is_kept_free_by_reserving_it(ports, state, reserved):
    """A reader was sent to a kernel parameter by the sentence about connections, where a listener had the port."""
    found = beside(ports, "c1", 10250)
    found["c1"]["places"][0]["tcp"]["beside"][0]["state"] = state
    result = judge(collected(found))[0]["c1", "ports.free"]
    assert ("ip_local_reserved_ports" in result["remedy"]) is reserved
    assert result["fault"] == "python3 holds TCP 10250 of Runtime Fabric on c1"


def test_the_listener_of_another_audit_is_waited_for():
    planned = clusters.plan_of(MEMBERS)
    results = judge(
        collected(
            clusters.evidence_of(planned, {"c1": {"tcp": {5000: "hostprep-listen"}, "udp": {8472: "hostprep-listen"}}})
        )
    )[0]
    assert {
        results[key]["remedy"].partition(" until")[0] for key in [("c1", "ports.free"), ("w1", "ports.overlay-vxlan")]
    } == {"Wait a few minutes"}


def test_in_operation_ports_are_meant_to_be_held():
    planned = clusters.plan_of(MEMBERS, "operate")
    results = judge(collected(clusters.evidence_of(planned, {"c1": {"tcp": {5000: "registry"}}})), "operate")[0]
    assert red(results) == {} and ("c1", "ports.free") not in results


def beside(ports, name, port, process="python3", address="127.0.0.1"):
    """A program holds a TCP port of a node on one address that is not the node's."""
    ports[name]["places"][0]["tcp"]["beside"] = [
        {"ports": [str(port)], "process": process, "pid": 7, "user": "root", "address": address, "state": "listening"}
    ]
    return ports


def test_a_listener_on_loopback_is_in_the_way_of_the_installation(ports):
    results = judge(collected(beside(ports, "c1", 7496)))[0]
    assert red(results) == {("c1", "ports.free"): "fail"}
    assert results["c1", "ports.free"]["observed"] == "TCP 7496 by python3 (pid 7, user root) on 127.0.0.1"


@pytest.mark.parametrize(
    "port, process, failed",
    [
        (7496, "python3", {("w1", "ports.serf-tcp"), ("w2", "ports.serf-tcp")}),
        (10250, "kubelet", set()),
        (30500, "python3", set()),
        (7496, None, set()),
    ],
)
def test_in_operation_a_listener_on_loopback_alone_refuses_connections(port, process, failed):
    planned = clusters.plan_of(MEMBERS, "operate")
    results = judge(collected(beside(clusters.evidence_of(planned), "c1", port, process)), "operate")[0]
    assert red(results) == dict.fromkeys(failed, "fail")
    for key in failed:
        assert "c1: 7496 refused (python3 (pid 7, user root) listens on 127.0.0.1 only)" in results[key]["observed"]


def test_an_open_port_of_localhost_is_a_recommendation(ports):
    spoil(ports, "c1", "w2", "tcp", "live", "53")
    results = judge(collected(ports))[0]
    assert red(results) == {("w2", "ports.closed"): "fail"}
    assert results["w2", "ports.closed"]["severity"] == "recommended"
    assert results["w2", "ports.closed"]["observed"] == "TCP 53 from c1"
    spoil(ports, "w1", "w2", "udp", "live", "53")
    both = judge(collected(ports))[0]["w2", "ports.closed"]
    assert both["observed"] == "TCP 53 from c1; UDP 53 from w1" and "close TCP 53 and UDP 53." in both["remedy"]


def without(members, lost, absent):
    """What was collected where one node of the cluster was absent."""
    found = collected({**clusters.evidence_of(clusters.plan_of(members, absent={lost: absent})), lost: None}, members)
    found[lost]["evidence"] = {"unreachable": "no route"} if absent.status == "unknown" else {"not_run": "--limit"}
    return found


@pytest.mark.parametrize(
    "absent", [port_matrix.Absent("unknown", "unreachable: no route"), port_matrix.Absent("skipped", "--limit")]
)
def test_an_absent_node_is_no_affair_of_those_that_others_prove_the_row_to(absent):
    results, dummy = judge(without(MEMBERS, "w2", absent))
    assert {key[0] for key in red(results)} == {"w2"} and set(red(results).values()) == {absent.status}
    assert results["w1", "ports.serf-tcp"]["observed"] == "1 port on 1 node; w2 could not be tested"
    assert results["w1", "ports.etcd"]["observed"] == "4 ports on 1 node"


def test_a_row_that_only_an_absent_node_could_prove_is_unknown_and_says_so_once():
    results, dummy = judge(without(MEMBERS, "c1", port_matrix.Absent("unknown", "unreachable: no route")))
    of_w1 = {key[1]: result for key, result in results.items() if key[0] == "w1" and result["status"] != "pass"}
    assert {"ports.etcd", "ports.kubernetes-api"} <= set(of_w1) and "ports.serf-tcp" not in of_w1
    assert {(result["status"], result["observed"]) for result in of_w1.values()} == {
        ("unknown", "c1: unreachable: no route")
    }
    assert len({result["remedy"] for result in of_w1.values()}) == 1


def test_a_node_that_was_lost_meanwhile_is_no_affair_of_the_others(ports):
    ports["w2"]["lost"] = "timed out"
    for source in ("c1", "w1"):
        spoil(ports, source, "w2", "tcp", "dropped", "30000-32767")
    results, document = judge(collected(ports))
    assert red(results) == {}
    assert results["w1", "ports.node-ports-tcp"]["observed"].endswith("; w2 could not be tested")
    assert {(cell["source"], cell["status"]) for cell in document["cells"]} == {("c1", "unknown"), ("w1", "unknown")}


def test_a_node_that_was_lost_before_is_absent_with_the_reason():
    lost = run_results.of_node({"host_info": {"failed": True, "msg": "no python"}})
    found = collected(clusters.evidence_of(clusters.plan_of(MEMBERS[:2])) | {"w2": None})
    found["w2"]["evidence"] = lost
    results, dummy = judge(found)
    assert results["w1", "ports.serf-tcp"]["observed"].endswith("; w2 could not be tested")


@pytest.mark.parametrize("size", [3, 13, 30])
def test_the_table_fits_a_terminal(size):
    members = [
        node._replace(name=f"{node.name}.a-rather-long-name.example.com") for node in clusters.nodes(3, size - 3)
    ]
    groups = {"rtf_nodes": [node.name for node in members], "rtf_controllers": [node.name for node in members[:3]]}
    ports = clusters.evidence_of(clusters.plan_of(members, most_peers=8))
    for number, peer in enumerate(
        peer for peer in ports[members[4 % size].name]["probes"] if peer["address"] != "127.0.0.1"
    ):
        spoil(
            ports,
            members[4 % size].name,
            peer["name"],
            "tcp",
            "dropped",
            *(str(30000 + 2 * n) for n in range(9 + number)),
        )
    dummy, document = judge(collected(ports, members), groups=groups, most_peers=8)
    lines = [text for text, dummy in table.lines({"port_matrix": document})]
    assert max(len(line) for line in lines) <= 80
    assert len(lines) < 120
    assert any("dropped" in line for line in lines)


def test_the_table(ports):
    spoil(ports, "w1", "w2", "tcp", "dropped", "30005")
    text = "\n".join(line for line, dummy in table.lines({"port_matrix": judge(collected(ports))[1]}))
    assert (
        text
        == """
Port matrix: 5 of 6 pairs OK, 33393 ports probed
from / to           1    2    3
 1 c1               ok   ok   ok
 2 w1               ok   ok   FAIL
 3 w2               ok   ok   ok
  w1 -> w2: TCP 30005 dropped"""
    )


def test_the_ports_of_a_node_that_is_not_in_the_run_are_not_probed(ports):
    """As with `--limit` on one node, whose report said that thousands were, of pairs that were all left out."""
    found = collected(ports)
    for name in ("w1", "w2"):
        found[name]["evidence"] = {"not_run": "not part of this run (--limit or a batch of serial)"}
    head = table.lines({"port_matrix": judge(found)[1]})[1][0]
    assert re.fullmatch(r"Port matrix: 0 of 6 pairs OK, 6 not probed, \d ports probed", head), head


def test_the_table_tells_once_for_a_pair_why_a_node_was_lost(ports):
    ports["w2"]["lost"] = "no route"
    spoil(ports, "w1", "w2", "tcp", "dropped", "4242", "7496", "30000-30100")
    text = "\n".join(line for line, dummy in table.lines({"port_matrix": judge(collected(ports))[1]}))
    assert text.endswith("""
 3 w2               ok   ok   ok
  w1 -> w2: TCP 4242, 7496, 30000-30100 not listening (w2 became
      unreachable during the run: no route)""")


def test_no_table_without_a_matrix():
    assert table.lines({}) == []

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was left out, however, makes no cluster ready; and a node that cannot be reached is no affair of the others."""

import collections

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.action import preflight_report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import blocking
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node as run_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import Absent
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import document, terminal
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

MEMBERS = clusters.nodes(1, 3)
LOST = "w3"


def collected(members, unreachable=None, limit=()):
    """What a run has of a cluster in order, of which one node cannot be reached, and nodes of `limit` are no part."""
    absent = {name: Absent("skipped", run_evidence.OUTSIDE_RUN) for name in limit}
    if unreachable:
        absent[unreachable] = Absent("unknown", "unreachable: no route")
    ports = clusters.evidence_of(clusters.plan_of(members, absent=absent))
    found = {}
    for node in members:
        evidence = {**samples.evidence(node.name), "ports": ports.get(node.name)}
        evidence["host"]["time"]["chrony"]["tracking"].update(offset=0.0, root_dispersion=0.001, root_delay=0.001)
        if node.name == unreachable:
            evidence = {"unreachable": "no route"}
        elif node.name in limit:
            evidence = {"not_run": run_evidence.OUTSIDE_RUN}
        found[node.name] = {"variables": {"ansible_host": node.address}, "evidence": evidence}
    return found


def judge(members=MEMBERS, unreachable=None, limit=(), **arguments):
    """Return (the report, the results that fail the play, the sentence with which it does)."""
    found = collected(members, unreachable, limit)
    defaults = {name: option.get("default") for name, option in preflight_report.ARGUMENTS.items()}
    scope = {"release": "1.4", "control_plane": "us", "phase": "install", "port_matrix": True}
    groups = {"rtf_nodes": [node.name for node in members]}
    for role in ("controller", "worker"):
        groups[f"rtf_{role}s"] = [node.name for node in members if node.role == role]
    hostvars = {name: entry["variables"] for name, entry in found.items()}
    arguments = {**defaults, **scope, "checks": ["access.*", "ports.*", "kernel.*", "storage.*"], **arguments}
    arguments["plan"] = arguments["plan"] or {"ports": clusters.ports_of(members) if arguments["port_matrix"] else None}
    report = preflight_report._judge(arguments, found, {"groups": groups, "hostvars": hostvars})
    absent = {name: entry["evidence"] for name, entry in found.items()}
    stopping = blocking(report["results"], document.left_out(report["results"], report["selection"], absent))
    return report, stopping, preflight_report._message(report, stopping)


def counts(report, nodes):
    """How many results of each status each of the nodes has."""
    return {
        node: collections.Counter(entry["status"] for entry in report["results"] if entry["node"] == node)
        for node in nodes
    }


def test_nothing_left_out_and_nothing_wrong_is_ready():
    report, stopping, dummy = judge(waivers=[{"checks": ["*"], "reason": "what a sample is not"}], checks=["*"])
    assert {entry["id"] for entry in stopping if entry["status"] == "skipped"} == set()
    assert not [entry for entry in report["results"] if entry["id"].startswith("ports.") and entry["status"] != "pass"]


@pytest.mark.parametrize(
    "arguments, variable, check",
    [
        ({"port_matrix": False, "checks": ["*"]}, "rtf_preflight_port_matrix", "ports.etcd"),
        ({"skip_checks": ["kernel.ip_*"], "checks": ["*"]}, "rtf_skip_checks", "kernel.ip_forward"),
        ({"checks": ["ports.*"]}, "rtf_checks", "kernel.ip_forward"),
        (
            {"port_matrix": False, "load_balancer": "lb.example.com", "checks": ["*"]},
            "rtf_preflight_port_matrix",
            "net.load_balancer",
        ),
    ],
)
def test_what_was_left_out_makes_no_cluster_ready_and_fails_the_play(arguments, variable, check):
    report, stopping, message = judge(**arguments)
    left_out = [entry for entry in stopping if entry["status"] == "skipped"]
    assert check in {entry["id"] for entry in left_out}
    assert check in report["selection"]["left_out_by"][variable]
    assert report["readiness"] != "ready" and {node["readiness"] for node in report["nodes"]} & {"ready"} == set()
    assert f"{variable} leaves out " in message
    assert f"Left out by {variable} (" in "\n".join(line for line, dummy in terminal.lines(report))


def test_a_waiver_accepts_a_gap():
    report, stopping, dummy = judge(
        port_matrix=False, checks=["*"], waivers=[{"checks": ["ports.*"], "reason": "the network team proves them"}]
    )
    assert not [entry for entry in stopping if entry["id"].startswith("ports.")]
    assert [waiver["state"] for waiver in report["waivers"]] == ["applied"]


def test_links_that_are_not_measured_are_named_and_one_is_required():
    report, stopping, dummy = judge(links=False, checks=["*"])
    assert report["selection"]["left_out_by"]["rtf_preflight_links"] == [
        "net.latency",
        "net.loss",
        "net.mtu_path",
        "net.bandwidth",
    ]
    assert {entry["id"] for entry in stopping if entry["status"] == "skipped"} == {"net.mtu_path"}


@pytest.mark.parametrize(
    "arguments, variable",
    [
        ({"checks": ["*"], "skip_checks": ["net.*", "ports*"]}, "rtf_skip_checks"),
        ({"checks": ["kernel.*"]}, "rtf_checks"),
    ],
)
def test_checks_that_are_not_selected_are_left_out_although_no_matrix_is_planned(arguments, variable):
    report, stopping, dummy = judge(plan={"ports": None}, **arguments)
    left_out = report["selection"]["left_out_by"][variable]
    assert {"net.latency", "net.mtu_path", "net.bandwidth", "ports.closed", "ports.etcd"} <= set(left_out)
    assert report["readiness"] != "ready" and "net.mtu_path" in {entry["id"] for entry in stopping}
    unknown = {entry["id"] for entry in report["results"] if entry["status"] == "unknown"}
    assert not [name for name in unknown if name.startswith(("net.", "ports.", "kernel."))]
    assert "port_matrix" not in report


def test_an_unreachable_node_changes_no_counter_of_the_others():
    without, dummy, dummy = judge([node for node in MEMBERS if node.name != LOST])
    report, stopping, message = judge(unreachable=LOST)
    healthy = [node.name for node in MEMBERS if node.name != LOST]
    assert counts(report, healthy) == counts(without, healthy)
    assert report["not_verified"] == without["not_verified"]
    assert {node["name"]: node["unreachable"] for node in report["nodes"]} == {
        **dict.fromkeys(healthy),
        LOST: "no route",
    }
    assert f"; {LOST} is unreachable" not in message and f": {LOST} is unreachable" in message
    assert f" on {LOST}" not in message
    lines = [line for line, dummy in terminal.lines(report)]
    assert f"{LOST} is unreachable: no route" in lines
    assert len([line for line in lines if "????" in line and not line.startswith(" 4 ")]) <= 4 + 1


def test_an_unknown_is_never_waived():
    report, stopping, dummy = judge(unreachable=LOST, waivers=[{"checks": ["*"], "reason": "all is well"}])
    assert not [entry for entry in report["results"] if entry["status"] == "unknown" and entry["waiver"]]
    assert LOST in {entry["node"] for entry in stopping}
    assert report["readiness"] == "incomplete"


def test_nodes_outside_the_run_make_the_cluster_incomplete_and_do_not_fail_the_play():
    waived = [{"checks": ["kernel.*", "storage.*", "access.*"], "reason": "what a sample is not"}]
    report, stopping, dummy = judge(limit=("w2", "w3"), waivers=waived)
    assert {entry["node"] for entry in stopping} & {"w2", "w3"} == set()
    assert report["readiness"] in ("incomplete", "not_ready")
    assert {node["readiness"] for node in report["nodes"] if node["name"] in ("w2", "w3")} == {"incomplete"}

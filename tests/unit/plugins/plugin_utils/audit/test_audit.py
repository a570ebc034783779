# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was left out, however, makes no cluster ready; and a node that cannot be reached is no affair of the others."""

import collections
import copy
import datetime

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import readiness
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.audit import audit
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node_evidence as run_results
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import Absent
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import failure_message
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import report_lines
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

MEMBERS = clusters.nodes(1, 3)
LOST = "w3"
NOW = datetime.datetime(2027, 1, 31, 12, tzinfo=datetime.timezone.utc)


def collected(members=MEMBERS, unreachable=None, limit=()):
    """Evidence of a cluster in order, of which one node cannot be reached, and nodes of `limit` are not part of the run."""
    absent = {name: Absent("skipped", run_results.OUTSIDE_RUN) for name in limit}
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
            evidence = {"not_run": run_results.OUTSIDE_RUN}
        found[node.name] = {**evidence, "inventory": {"role": node.role, "ansible_host": node.address}}
    return found


def judge(members=MEMBERS, unreachable=None, limit=(), **inputs):
    """Return (the content of the report, the results that fail the play, the message with which it fails)."""
    evidence = collected(members, unreachable, limit)
    only = ["access.*", "ports.*", "kernel.*", "storage.*"]
    report = audit_of(samples.audit_inputs(**{"checks": only, **inputs}), evidence)
    return report.document, report.blocking, failure_message.message(report)


def audit_of(inputs, evidence, now=NOW):
    """The Report of evidence, with the plan of the matrix where the inputs ask for one."""
    members = [Node(name, own["inventory"]["role"], own["inventory"]["ansible_host"]) for name, own in evidence.items()]
    ports = clusters.ports_of(members, **{name: inputs[name] for name in clusters.INPUTS if name in inputs})
    return audit(catalog.load(), inputs, evidence, now, ports if inputs["port_matrix"] else None)


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
    assert f"Left out by {variable} (" in "\n".join(line for line, dummy in report_lines.lines(report))


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
    lines = [line for line, dummy in report_lines.lines(report)]
    [lost] = [cause for cause in report["causes"] if cause["id"] == f"unreachable:{LOST}"]
    assert lost["nodes"] == [LOST] and lost["what"] == "no route" and lost["blocking"]
    assert len([line for line in lines if f"{LOST} is unreachable over SSH" in line]) == 1


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


def test_evidence_that_comes_in_stays_as_it_is_and_the_same_evidence_makes_the_same_report():
    evidence, inputs = collected(), samples.audit_inputs()
    before = copy.deepcopy((evidence, inputs))
    reports = [audit_of(inputs, evidence, NOW) for dummy in range(2)]
    assert (evidence, inputs) == before
    assert reports[0] == reports[1] and reports[0].document["generated"] == "2027-01-31T12:00:00+00:00"


def test_a_waiver_ends_with_its_last_day():
    waived = {"waivers": [{"checks": ["ports.*"], "reason": "x", "expires": "2027-01-31"}], "port_matrix": False}
    evidence, states = collected(), []
    for now in (NOW, NOW + datetime.timedelta(days=1)):
        document = audit_of(samples.audit_inputs(**waived), evidence, now).document
        states += [waiver["state"] for waiver in document["waivers"]]
    assert states == ["applied", "expired"]


def test_rows_of_the_site_are_judged():
    row = {"host": "registry.example.com", "port": 8443}
    document = judge(extra_endpoints=[row], checks=["*"])[0]
    assert {entry["status"] for entry in document["results"] if "registry-example-com" in entry["id"]} == {"unknown"}


def test_a_failed_preparation_fails_the_play_even_where_nothing_is_enforced():
    evidence = collected()
    evidence["w1"]["preparation_failure"] = {"task": "Install chrony", "message": "no space"}
    blocking = audit_of(samples.audit_inputs(checks=["kernel.*"]), evidence, NOW).blocking
    failed = [entry for entry in blocking if entry["id"] == "access.preparation"]
    assert [(entry["node"], entry["status"]) for entry in failed] == [("w1", "fail")]
    assert readiness.fails_the_play(blocking, enforce=False)
    others = audit_of(samples.audit_inputs(), collected(unreachable=LOST)).blocking
    assert not readiness.fails_the_play(others, enforce=False) and readiness.fails_the_play(others, enforce=True)
    assert not readiness.fails_the_play([], enforce=True)

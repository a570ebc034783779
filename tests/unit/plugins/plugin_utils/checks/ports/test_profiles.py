# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ports between the nodes of a self-managed Kubernetes, before and while it runs."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import matrix_outcome
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_rows
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports.clusters import spoil

MEMBERS = clusters.nodes(1, 1)
GROUPS = {"rtf_nodes": ["c1", "w1"], "rtf_controllers": ["c1"], "rtf_workers": ["w1"]}
# What a running RKE2 with Canal holds: its own programs, and the kernel the port of VXLAN.
ON_A_WORKER = {"tcp": {10250: "kubelet", 9099: "calico-node"}, "udp": {8472: None}}
ON_A_CONTROLLER = {
    "tcp": {**ON_A_WORKER["tcp"], 6443: "kube-apiserver", 9345: "rke2", 2379: "etcd", 2380: "etcd"},
    "udp": {8472: None},
}
RUNNING = {"c1": ON_A_CONTROLLER, "w1": ON_A_WORKER}


def rows_of(profile):
    return site_rows.of_site(catalog.load(), {"cluster_profile": profile})


def evidence_of(profile, held=None, phase="install"):
    return clusters.evidence_of(clusters.plan_of(MEMBERS, phase, release="2.x", catalogue=rows_of(profile)), held=held)


def judge(evidence, profile, phase="install"):
    """Return `{(node, id): result}` of checks ports.*."""
    rows, scope = (
        rows_of(profile),
        {"release": "2.x", "control_plane": "us", "phase": phase, "cluster_profile": profile},
    )
    ports = clusters.ports_of(MEMBERS, rows, release="2.x", phase=phase)
    made = matrix_outcome.Matrix(ports, {name: {"host": {}, "ports": own} for name, own in evidence.items()})
    results = {}
    for node in MEMBERS:
        subject = samples.subject_of(node.name, GROUPS, {"ansible_host": node.address}, scope, catalogue=rows)
        for result in judge_node(checks.load(), subject, made.evidence(node.name), ["ports.*"]):
            results[node.name, result["id"]] = result
    # Those of the appliance alone.
    assert {results.pop((node.name, "ports.closed"))["observed"] for node in MEMBERS} == {
        "not required by this release of Runtime Fabric"
    }
    return results


def told(results):
    return {
        key: (result["status"], result["severity"]) for key, result in results.items() if result["status"] != "pass"
    }


@pytest.mark.parametrize("phase", ["install", "operate"])
def test_before_a_cluster_is_there_every_port_is_proven(phase):
    results = judge(evidence_of("rke2-canal", phase=phase), "rke2-canal", phase)
    assert told(results) == {}
    assert ("w1", "ports.rke2-api-server") in results and ("w1", "ports.rke2-canal-vxlan") in results
    assert ("w1", "ports.rke2-etcd") not in results


@pytest.mark.parametrize("phase", ["install", "operate"])
def test_what_a_running_cluster_holds_is_evidence_and_no_conflict(phase):
    results = judge(evidence_of("rke2-canal", RUNNING, phase), "rke2-canal", phase)
    # Its services answer over TCP. What the kernel holds of UDP cannot be proven, and stopping it would be no remedy.
    assert told(results) == {(name, "ports.rke2-canal-vxlan"): ("skipped", "info") for name in ("c1", "w1")}
    overlay = results["w1", "ports.rke2-canal-vxlan"]
    assert "UDP cannot be tested" in overlay["observed"] and overlay["remedy"].startswith("Nothing needs to be done")
    assert not any(name == "ports.free" for _node, name in results)


def test_a_service_that_listens_on_loopback_beside_its_address_is_none_of_our_business():
    evidence = evidence_of("rke2-canal", phase="operate")
    for own in evidence.values():
        holder = {"ports": ["9099"], "address": "127.0.0.1", "process": "calico-node", "pid": 7, "user": "root"}
        own["places"][0]["tcp"]["beside"] = [holder]
    assert told(judge(evidence, "rke2-canal", "operate")) == {}


def test_a_closed_port_of_the_cluster_is_found_before_it_runs():
    evidence = evidence_of("k3s-flannel")
    spoil(evidence, "w1", "c1", "tcp", "dropped", "6443")
    results = judge(evidence, "k3s-flannel")
    assert told(results) == {("w1", "ports.k3s-api-server"): ("fail", "required")}


def test_an_answer_of_another_device_is_accepted_for_no_port_but_those_of_services():
    evidence = evidence_of("k3s-flannel")
    spoil(evidence, "w1", "c1", "tcp", "unproven", "6443")
    assert told(judge(evidence, "k3s-flannel"))[("w1", "ports.k3s-api-server")] == ("fail", "required")
    evidence = evidence_of("k3s-flannel")
    spoil(evidence, "w1", "c1", "tcp", "unproven", "30080")
    assert told(judge(evidence, "k3s-flannel")) == {}


def test_without_the_kind_of_the_cluster_the_report_says_that_no_port_was_looked_at():
    results = judge(evidence_of("none"), "none")
    assert {name for _node, name in results} == {"ports.profile"}
    assert told(results) == {(name, "ports.profile"): ("unknown", "required") for name in ("c1", "w1")}
    assert "were not probed" in results["w1", "ports.profile"]["observed"]
    assert results["w1", "ports.profile"]["requirement"] == ["cluster-internal-traffic"]

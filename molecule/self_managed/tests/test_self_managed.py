# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes of a Kubernetes that a site runs itself, with pods: prepared, audited, broken for pods alone, repaired and reverted.

The pods are real ones, of containerd, runc and CNI plugins of Debian 13 and 11.
"""

import concurrent.futures
import contextlib
import os
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults, pods
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

NEW, OLD = "controller-1", "worker-1"
INVENTORIES = [os.environ["LAB_INVENTORY"], Path(__file__).resolve().parent.parent / "inventory" / "hosts.yml"]
ONLY_PODS = ("-e", '{"rtf_checks": ["egress.pods"]}')
# Faults that concern pods alone, two nodes at a time: {node: (fault, kind of the cause, what the report says)}.
ROUNDS = {
    "no masquerading, and no name server": {
        NEW: (pods.not_masqueraded, "masquerade", "with the pod's own address 10.244."),
        OLD: (pods.without_name_server, "resolver", "(10.96.0.10, by its /etc/resolv.conf) do not resolve"),
    },
    "large packets, and a policy": {
        NEW: (pods.large_packets_lost, "mtu", "with packets of at most 576 bytes it works"),
        OLD: (pods.filtered, "filter", "are dropped in the node; forwarding is on"),
    },
    "no forwarding, and the policy of a chain": {
        NEW: (pods.not_forwarded, "forwarding", "net.ipv4.ip_forward is 0"),
        OLD: (pods.dropped_by_policy, "filter", "FORWARD, which drops what no rule accepts"),
    },
}


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture(scope="module")
def play(tmp_path_factory):
    """Runs a playbook on both nodes and returns its Outcome."""

    def run(playbook, *words, port_matrix=False):
        return Site(tmp_path_factory.mktemp("site")).play(
            playbook, *words, inventories=INVENTORIES, port_matrix=port_matrix
        )

    return run


def on_both(work, lab):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(zip(lab.nodes, pool.map(lambda node: work(lab, node), lab.nodes)))


def start(lab, node):
    pods.set_up(lab, node)
    return pods.run_pod(lab, node, "web")


@pytest.fixture(scope="module")
def cluster(lab):
    """{node: rules of kube-proxy and of the CNI plugins} of a cluster with a pod on each node."""
    on_both(start, lab)
    pods.connect(lab)
    return on_both(pods.chains, lab)


@pytest.fixture(scope="module")
def prepared(play, cluster):
    outcome = play("prepare-rtf.yml")
    assert outcome.code == 0, outcome.output
    return outcome


def reached(lab):
    """{(from, to): whether the pod of a node gets an answer} from the pod of the other node, and from outside."""
    first = {node: f"{pods.subnet(lab, node)[:-4]}2" for node in lab.nodes}
    targets = {**first, "outside": lab.endpoint_address("anypoint.mulesoft.com")}
    return {
        (node, name): pods.reach(lab, node, target)
        for node in lab.nodes
        for name, target in targets.items()
        if name != node
    }


def causes(outcome):
    """{node: (kind, what)} of the causes that are about pods alone."""
    return {
        node: (cause["id"].split(":")[1], cause["what"])
        for cause in outcome.report["causes"]
        for node in cause["nodes"]
        if cause["id"].startswith("egress.pods:")
    }


def test_preparing_leaves_rules_and_packets_of_the_cluster_alone(lab, cluster, prepared):
    assert all(len(rules) > 15 for rules in cluster.values())
    assert on_both(pods.chains, lab) == cluster
    assert set(reached(lab).values()) == {True}


def test_pods_reach_what_nodes_reach(lab, prepared):
    for node in lab.nodes:
        found = prepared.result(node, "egress.pods")
        assert found["status"] == "pass", found
        assert "pod kube-system/web (10.244." in found["observed"]
    assert {(node, name) for node, name in prepared.failed() if name.startswith(("egress.", "fw.", "kernel."))} == set()


def test_a_second_run_changes_nothing(lab, play, cluster, prepared):
    outcome = play("prepare-rtf.yml")
    assert {node: outcome.changed[node] for node in lab.nodes} == dict.fromkeys(lab.nodes, 0), outcome.output
    assert on_both(pods.chains, lab) == cluster


@pytest.mark.parametrize("name", ROUNDS)
def test_what_fails_for_pods_alone_is_named_on_each_node(lab, play, prepared, name):
    with contextlib.ExitStack() as stack:
        for node, (fault, *_expected) in ROUNDS[name].items():
            stack.enter_context(fault(lab, node))
        outcome = play("audit-rtf.yml", *ONLY_PODS)
    found = causes(outcome)
    for node, (_fault, kind, text) in ROUNDS[name].items():
        assert found[node][0] == kind, found
        assert text in found[node][1]


def test_nothing_of_the_probes_is_left_on_a_node(host, prepared):
    assert "egress_info" not in host.check_output("ps -eo args")
    assert host.check_output("ls /run/netns").startswith("cni-")
    assert len(host.check_output("ls /run/netns").split()) == 1


def test_without_a_pod_the_report_says_that_pods_were_not_looked_at(lab, play, prepared):
    with faults.service_stopped(lab, OLD, "containerd"):
        lab.exec(OLD, "pkill", "-f", "sleep 1000000")
        outcome = play("audit-rtf.yml", *ONLY_PODS)
    found = outcome.result(OLD, "egress.pods")
    assert (found["status"], found["severity"]) == ("unknown", "required")
    assert "what pods reach was not looked at: no pod with a network of its own runs" in found["observed"]
    assert outcome.result(NEW, "egress.pods")["status"] == "pass"


def test_the_revert_leaves_rules_and_packets_of_the_cluster_alone(lab, play, cluster, prepared):
    outcome = play("hostprep.runtime_fabric.revert_rtf")
    assert outcome.code == 0, outcome.output
    assert on_both(pods.chains, lab) == cluster
    assert pods.reach(lab, NEW, lab.endpoint_address("anypoint.mulesoft.com"))

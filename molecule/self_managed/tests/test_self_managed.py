# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes of a Kubernetes that a site runs itself, with pods: prepared, audited, broken in many ways, repaired and reverted.

The pods are real ones, of containerd, runc and CNI plugins of Debian 13, 11 and 12.
"""

import concurrent.futures
import contextlib
import os
import re
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import report_lines
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import pods
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

NEW, OLD = "controller-1", "worker-1"
INVENTORIES = [os.environ["LAB_INVENTORY"], Path(__file__).resolve().parent.parent / "inventory" / "hosts.yml"]
# What only the appliance has: no sentence about a node of another cluster may have it.
OF_THE_APPLIANCE = re.compile(
    r"gravity|planet|telekube|ops center|installer|/opt/anypoint|init\.sh|appliance", re.IGNORECASE
)
ONLY_PODS = ("-e", '{"rtf_checks": ["egress.pods"]}')
# Faults that concern pods alone: (fault, kind of the cause, owner, what the report says).
OF_PODS = [
    (pods.not_masqueraded, "masquerade", "platform team", "with the pod's own source address 10.244."),
    (
        pods.without_name_server,
        "resolver",
        "platform team",
        "(10.96.0.10, from its /etc/resolv.conf) do not resolve",
    ),
    (pods.large_packets_lost, "mtu", "platform team", "with packets of at most 576 bytes it works"),
    (pods.filtered, "filter", "platform team", "are dropped there; forwarding is on"),
    (pods.not_forwarded, "forwarding", "node administrator", "net.ipv4.ip_forward = 0"),
    (pods.dropped_by_policy, "chain_policy", "node administrator", "the default policy of ip filter FORWARD"),
]
# Faults of the nodes, all at once: {(node of the finding, check): (node of the fault, fault, what the report says)}.
OF_NODES = {
    (OLD, "ports.kubeadm-api-server"): (
        NEW,
        pods.api_shut,
        "worker-1, worker-2 -> controller-1: TCP 6443 dropped by the rule ",
    ),
    (NEW, "ports.flannel-vxlan"): (
        OLD,
        pods.overlay_shut,
        "controller-1, worker-2 -> worker-1: UDP 8472 dropped by the rule ",
    ),
    (NEW, "proxy.services"): (NEW, pods.proxy_not_taken_up, "containerd runs with no proxy and would start with http:"),
    (OLD, "time.service_active"): (OLD, pods.clock_unattended, "no known time service runs"),
    (OLD, "kernel.bridge_netfilter"): (OLD, pods.bridge_not_filtered, "bridge-nf-call-iptables = 0"),
}
ONLY_NODES = ("-e", '{"rtf_checks": ["ports.*", "fw.*", "time.*", "proxy.*", "kernel.*"]}')


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture(scope="module")
def play(tmp_path_factory):
    """Runs a playbook on both nodes and returns its Outcome, and the text of its report as people read it."""

    def run(playbook, *words, port_matrix=False):
        site = Site(tmp_path_factory.mktemp("site"))
        outcome = site.play(playbook, *words, inventories=INVENTORIES, port_matrix=port_matrix)
        pages = [path.read_text(encoding="utf-8") for path in site.directory.glob("rtf-report/report.*")]
        return outcome, "\n".join([*pages, *on_screen(outcome.report)])

    return run


def on_screen(report):
    """The lines that `ansible-playbook -v` shows of a report, without the results of tasks between them."""
    return [text for text, _colour in report_lines.lines(report, every=True)] if report else []


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
    outcome, text = play("prepare-rtf.yml")
    assert outcome.code == 0, outcome.output
    return outcome, text


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


def test_preparing_leaves_rules_and_packets_of_the_cluster_alone(lab, cluster, prepared):
    assert all(len(rules) > 15 for rules in cluster.values())
    assert on_both(pods.chains, lab) == cluster
    assert set(reached(lab).values()) == {True}


def test_the_nodes_are_ready_and_pods_reach_what_they_reach(lab, prepared):
    outcome, _text = prepared
    assert outcome.readiness() == dict.fromkeys(lab.nodes, "ready"), outcome.failed()
    for node in lab.nodes:
        found = outcome.result(node, "egress.pods")
        assert found["status"] == "pass", found
        assert "pod kube-system/web (10.244." in found["observed"]
        assert outcome.result(node, "egress.ntp")["status"] == "pass"
        assert outcome.result(node, "kernel.bridge_netfilter")["status"] == "pass"


def test_no_report_speaks_of_the_appliance(prepared, broken):
    for _outcome, text in (prepared, broken):
        assert "egress.pods" in text or "ports.flannel-vxlan" in text
        assert OF_THE_APPLIANCE.findall(text) == []


@pytest.mark.parametrize("turn", range(len(OF_PODS) // 2))
def test_what_fails_for_pods_alone_is_one_cause_of_each_node(lab, play, prepared, turn):
    """Each node has another fault at a time. On three nodes all of them are seen after half of the turns."""
    faults = {node: OF_PODS[(turn + 2 * place) % len(OF_PODS)] for place, node in enumerate(lab.nodes)}
    with contextlib.ExitStack() as stack:
        for node, (fault, *_expected) in faults.items():
            stack.enter_context(fault(lab, node))
        outcome, _text = play("audit-rtf.yml", *ONLY_PODS)
    for node, (_fault, kind, owner, text) in faults.items():
        [cause] = [cause for cause in explaining(outcome, node, "egress.pods") if cause["status"] == "fail"]
        assert (cause["id"].split(":")[1], cause["owner"]) == (kind, owner), cause
        assert text in cause["what"]


@pytest.fixture(scope="module")
def broken(lab, play, prepared):
    """The Outcome and the text of an audit of nodes with the faults OF_NODES."""
    with contextlib.ExitStack() as stack:
        for node, fault, _expected in OF_NODES.values():
            stack.enter_context(fault(lab, node))
        return play("audit-rtf.yml", *ONLY_NODES, port_matrix=True)


@pytest.mark.parametrize("place", OF_NODES, ids=lambda place: place[1])
def test_what_fails_on_nodes_is_one_cause(broken, place):
    node, check = place
    [cause] = explaining(broken[0], node, check)
    assert OF_NODES[place][2] in cause["what"] and cause["owner"] == "node administrator"


def test_nothing_else_is_said_to_be_broken(broken):
    for cause in broken[0].report["causes"]:
        if (cause["status"], cause["severity"]) == ("fail", "required"):
            faults = [entry for entry in cause["explains"] if (entry["node"], entry["id"]) in OF_NODES]
            assert len(faults) == 1, cause


def explaining(outcome, node, check):
    """The causes that explain the finding of a check on a node."""
    return [
        cause
        for cause in outcome.report["causes"]
        if any((entry["node"], entry["id"]) == (node, check) for entry in cause["explains"])
    ]


def test_nothing_of_the_probes_is_left_on_a_node(host, broken):
    assert "egress_info" not in host.check_output("ps -eo args")
    assert host.check_output("ls /run/netns").startswith("cni-")
    assert len(host.check_output("ls /run/netns").split()) == 1


def test_what_is_repaired_is_ready_and_preparing_it_again_changes_nothing(lab, play, cluster, broken):
    outcome, _text = play("prepare-rtf.yml")
    assert {node: outcome.changed[node] for node in lab.nodes} == dict.fromkeys(lab.nodes, 0), outcome.output
    assert outcome.readiness() == dict.fromkeys(lab.nodes, "ready"), outcome.failed()
    assert on_both(pods.chains, lab) == cluster


def test_the_revert_leaves_rules_and_packets_of_the_cluster_alone(lab, play, cluster, prepared):
    outcome, _text = play("hostprep.runtime_fabric.revert_rtf")
    assert outcome.code == 0, outcome.output
    assert on_both(pods.chains, lab) == cluster
    assert pods.reach(lab, NEW, lab.endpoint_address("anypoint.mulesoft.com"))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.pods and its causes, from what was recorded on nodes of the lab with containerd and a masquerading bridge."""

import copy

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import grouping
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cluster
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import pods
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject

POD = {
    "namespace": "/proc/798/ns/net",
    "source": "process 798, the first of the control group of pod 0000-web",
    "pod": "kube-system/web",
    "uid": "0000-web",
    "resolv_conf": "/proc/798/root/etc/resolv.conf",
    "name_servers": ["10.96.0.10"],
    "search": ["kube-system.svc.cluster.local", "svc.cluster.local", "lab.example"],
    "ndots": 5,
    "interface": "eth0",
    "gateway": "10.244.11.1",
    "address": "10.244.11.2",
    "mtu": 1500,
    "node_interface": "eth0",
    "node_mtu": 1500,
    "traces": [],
}
ON = {"ip_forward": True, "cni0": True, "veth1052f00b": True}
UNRESOLVED = {
    "verdict": "unresolved",
    "layer": "dns",
    "detail": "anypoint.mulesoft.com: no name server answered (no_reply: 10.96.0.10: no answer within 2 s)",
}
REFUSED = {
    "verdict": "unresolved",
    "layer": "dns",
    "detail": "anypoint.mulesoft.com: no name server answered (refused: 10.96.0.10: Connection refused)",
}
DROPPED = {"verdict": "dropped", "layer": "tcp", "detail": "198.51.100.130 port 443: no answer within 4 s"}
TLS_FAILED = {"verdict": "tls_failed", "layer": "tls", "detail": "the handshake did not finish within 4 s"}
OWN, NODE = {"interface": "eth0", "source": "10.244.11.2"}, {"interface": "eth0", "source": "192.168.236.11"}
ENTERED = ("veth1052f00b", "cni0")
REACHABLE = {"verdict": "reachable", "layer": "http", "detail": None}


def trace(verdict="dropped", entered=ENTERED, left=(), unseen=None, name="anypoint"):
    return {
        "id": name,
        "address": "198.51.100.130",
        "port": 443,
        "verdict": verdict,
        "detail": None,
        "entered": list(entered),
        "left": list(left),
        "unseen": unseen,
    }


def evidence(inside, *traces, forwarding=None, pod=None, firewall=None, node="reachable"):
    forwarding, pod = ON if forwarding is None else forwarding, POD if pod is None else pod
    row = {"id": "anypoint", "host": "anypoint.mulesoft.com", "port": 443, "path": "direct", "verdict": node}
    from_pod = {"path": "pod", "over": "direct", **inside}
    found = {**pod, "traces": list(traces), **({"forwarding": forwarding} if traces else {})}
    return {
        "pods": found if "error" not in pod else pod,
        "egress": [{**row, "other_paths": [from_pod]}, {"id": "ecr-us", "host": "x", "port": 443, "path": "direct"}],
        "host": {"firewall": {"forward": firewall or {}}},
    }


FAULTS = {
    "forwarding": evidence(UNRESOLVED, trace(), forwarding=dict.fromkeys(ON, False)),
    "forwarding of the bridge": evidence(DROPPED, trace(), forwarding={**ON, "cni0": False}),
    "masquerade": evidence(UNRESOLVED, trace(left=[OWN])),
    "filter": evidence(DROPPED, trace()),
    "chain_policy": evidence(UNRESOLVED, trace(), firewall={"ip filter FORWARD": False}),
    "filter that rejects": evidence(DROPPED, trace("rejected")),
    "mtu": evidence({**TLS_FAILED, "with_small_packets": "reachable"}, trace("reachable", left=[NODE])),
    "resolver": evidence(REFUSED, trace("reachable", left=[NODE])),
    "answer": evidence(DROPPED, trace(left=[NODE])),
    "interface": evidence(DROPPED, trace(entered=[])),
    "treated": evidence({**TLS_FAILED, "with_small_packets": "tls_failed"}, trace("reachable", left=[NODE])),
    "unknown": evidence(DROPPED, trace(entered=[], unseen="Operation not permitted")),
}
SAYS = {
    "forwarding": ["enter the node on cni0 and are not forwarded", "net.ipv4.ip_forward = 0"],
    "forwarding of the bridge": ["net.ipv4.conf.cni0.forwarding = 0"],
    "masquerade": ["leave on eth0 with the pod's own source address 10.244.11.2"],
    "filter": ["dropped there; forwarding is on"],
    "chain_policy": [
        "the default policy of ip filter FORWARD, which drops packets that no rule accepts, or a firewall rule of the node"
    ],
    "filter that rejects": ["are rejected there"],
    "mtu": ["with packets of at most 576 bytes it works", "The MTU is 1500 in the pod and 1500 on eth0 of the node"],
    "resolver": [
        "the name servers of pod kube-system/web (10.96.0.10, from its /etc/resolv.conf) do not resolve",
        "Connection refused",
    ],
    "answer": ["leave on eth0 with the source address 192.168.236.11, and no answer comes back"],
    "interface": ["seen on no interface of the node"],
    "treated": ["connects to anypoint.mulesoft.com:443, but then fails where the node does not"],
    "unknown": ["does not reach anypoint.mulesoft.com:443"],
}


def judged(found, phase="operate"):
    return pods.pods(Subject("w1", "worker", line="self_managed", phase=phase), found)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_pods_alone_is_named(name):
    finding = judged(FAULTS[name])
    assert finding.status == "fail"
    assert finding.evidence["faults"][0]["kind"] == name.split()[0]
    for part in ["pod kube-system/web", *SAYS[name]]:
        assert part in finding.observed
    assert finding.remedy and "{" not in finding.observed + finding.remedy


def result(node, name, finding):
    about = {"id": name, "node": node, "title": "", "requirement": [], "severity": "required", "waiver": None}
    return {**about, **finding._asdict(), "severity": "required"}


def causes_of(results):
    rows = {row["id"]: row for row in checks.load()}
    blocking = frozenset((entry["id"], entry["node"]) for entry in results)
    return grouping.of_report(results, Cluster({"w1": "", "w2": "", "w3": ""}, {}, {}, (), rows, blocking))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_cause_of_all_nodes_that_have_it(name):
    finding = judged(FAULTS[name])
    [cause] = causes_of([result(node, "egress.pods", finding) for node in ("w1", "w2")])
    assert cause["nodes"] == ["w1", "w2"]
    assert "reach anypoint.mulesoft.com:443, their pods do not" in cause["title"]
    assert cause["owner"] and cause["confirm"]
    assert finding.remedy in cause["ask"]
    for text in (cause["title"], cause["what"], cause["ask"], cause["confirm"], *cause["alternatives"]):
        assert "{" not in text


def test_a_network_policy_and_the_policy_of_a_chain_are_two_causes_with_an_owner_each():
    """A lab in which pods of one node were cut off by a network policy and those of another by iptables -P FORWARD DROP."""
    names = {"w1": "filter", "w2": "chain_policy"}
    found = causes_of([result(node, "egress.pods", judged(FAULTS[name])) for node, name in names.items()])
    assert {tuple(cause["nodes"]): cause["owner"] for cause in found} == {
        ("w1",): "platform team",
        ("w2",): "node administrator",
    }
    for cause in found:
        [node] = cause["nodes"]
        assert f"On {node}: {judged(FAULTS[names[node]]).remedy}" == cause["ask"]


@pytest.mark.parametrize(("name", "number"), [("forwarding", 1), ("filter", 2)])
def test_only_what_the_kernels_switch_explains_follows_from_it(name, number):
    switch = Finding("fail", "", "ip_forward = 0", "Set it.", {})
    found = causes_of([result("w1", "kernel.ip_forward", switch), result("w1", "egress.pods", judged(FAULTS[name]))])
    assert len(found) == number
    follows = {entry["id"]: entry["follows"] for cause in found for entry in cause["explains"]}
    assert follows == {"kernel.ip_forward": False, "egress.pods": number == 1}


def test_faults_of_several_kinds_are_all_named_that_of_most_endpoints_first():
    found = copy.deepcopy(FAULTS["filter"])
    [row, other] = found["egress"]
    for number in range(2):
        found["egress"].append({**copy.deepcopy(row), "id": f"e{number}", "host": f"e{number}.example"})
        found["egress"][-1]["other_paths"][0].update(TLS_FAILED, with_small_packets="reachable")
        found["pods"]["traces"].append(trace("reachable", left=[NODE], name=f"e{number}"))
    finding = judged(found)
    assert [fault["kind"] for fault in finding.evidence["faults"]] == ["mtu", "filter"]
    assert "e0.example:443, e1.example:443" in finding.observed


def test_endpoints_that_were_not_tried_with_small_packets_are_judged_by_one_that_fails_alike():
    found = copy.deepcopy(FAULTS["mtu"])
    for number in range(6):
        untried = {**copy.deepcopy(found["egress"][0]), "id": f"e{number}", "host": f"e{number}.example"}
        del untried["other_paths"][0]["with_small_packets"]
        found["egress"].append(untried)
    [fault] = judged(found).evidence["faults"]
    assert (fault["kind"], len(fault["targets"])) == ("mtu", 7)


def test_an_endpoint_that_was_not_traced_is_judged_by_one_that_fails_alike():
    found = copy.deepcopy(FAULTS["masquerade"])
    found["egress"].append({**copy.deepcopy(found["egress"][0]), "id": "untraced", "host": "other.example"})
    [fault] = judged(found).evidence["faults"]
    assert (fault["kind"], fault["targets"]) == ("masquerade", ["anypoint.mulesoft.com:443", "other.example:443"])


def test_pods_that_reach_the_same_pass_and_the_pod_is_named():
    finding = judged(evidence(REACHABLE))
    assert finding.status == "pass"
    assert (
        "pod kube-system/web (10.244.11.2) reaches the 1 endpoint that pods connect to and the node reaches;"
        in finding.observed
    )


@pytest.mark.parametrize(("phase", "severity"), [("install", "recommended"), ("operate", "")])
@pytest.mark.parametrize(
    ("found", "says"),
    [
        (
            evidence({"verdict": "untested"}, pod={"error": "no pod runs", "traces": [], "node_mtu": 1}),
            "probed from a pod: no pod",
        ),
        (evidence({"verdict": "untested", "layer": None}), "did not finish"),
        (evidence(REACHABLE, node="dropped"), "nothing to compare"),
    ],
)
def test_what_was_not_looked_at_is_unknown_and_never_passes(found, says, phase, severity):
    finding = judged(found, phase)
    assert (finding.status, finding.severity) == ("unknown", severity)
    assert says in finding.observed


@pytest.mark.parametrize(("uid", "says"), [("0a1b", "pod 0a1b"), (None, "the network of /proc/798/ns/net")])
def test_a_pod_without_a_known_name_is_named_by_what_is_known(uid, says):
    assert says in judged(evidence(REACHABLE, pod={**POD, "pod": None, "uid": uid})).observed

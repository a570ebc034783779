# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of a whole cluster: each is one cause, with its owner, and every finding belongs to exactly one cause."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.audit import test_audit
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks.ports import clusters

NODES = [node.name for node in test_audit.MEMBERS]
ADDRESSES = {node.name: node.address for node in test_audit.MEMBERS}


def audited(change=lambda node, evidence: None, **inputs):
    """The report of a cluster in which `change` alters the evidence of each node."""
    evidence = copy.deepcopy(test_audit.collected())
    for node, own in evidence.items():
        change(node, own)
    waivers = [{"checks": ["host.*", "net.*", "storage.*", "time.*", "fw.*", "egress.bandwidth"], "reason": "samples"}]
    return test_audit.audit_of(samples.audit_inputs(**{"waivers": waivers, **inputs}), evidence).document


def on(*nodes):
    """A decorator: the change happens on some nodes only."""

    def decorate(change):
        return lambda node, evidence: change(node, evidence) if node in nodes else None

    return decorate


def probed(verdict, path="direct", rows=lambda probe: True, detail=None, **fields):
    """A change: the probes of endpoints have a verdict."""

    def change(node, evidence):
        for probe in evidence["egress"]:
            if rows(probe) and probe.get("path") == "direct":
                probe.update(verdict=verdict, path=path, detail=detail, **fields)

    return change


def explained(report):
    return [(entry["id"], entry["node"]) for cause in report["causes"] for entry in cause["explains"]]


def needing(report):
    return [
        (result["id"], result["node"])
        for result in report["results"]
        if result["status"] in ("fail", "unknown") and not result["waiver"] and result["severity"] != "info"
    ]


def of_owner(report, owner):
    return [cause for cause in report["causes"] if cause["owner"] == owner]


def test_a_cluster_without_findings_has_no_cause():
    assert not [cause for cause in audited()["causes"] if cause["blocking"] and cause["status"] == "fail"]


@pytest.mark.parametrize(
    "verdict, owner, words",
    [
        ("dropped", "network", "Allow TCP 443, 5044 from"),
        ("rejected", "network", "Allow TCP 443, 5044 from"),
        ("unresolved", "DNS", "Make the name servers of"),
        ("blocked", "proxy", "without a block page"),
    ],
)
def test_all_endpoints_that_fail_alike_on_all_nodes_are_one_cause(verdict, owner, words):
    report = audited(probed(verdict))
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith(f"egress:{verdict}")]
    assert cause["owner"] == owner and words in cause["ask"] and cause["nodes"] == NODES
    assert len(cause["explains"]) > 3 * len(NODES) and "endpoints" in cause["title"]
    assert cause["confirm"].startswith(("curl -v -m 10 --noproxy '*' https://", "getent ahostsv4 "))


def test_what_only_one_node_does_not_reach_is_a_cause_of_that_node():
    report = audited(on("w2")(probed("dropped")))
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:dropped")]
    assert cause["nodes"] == ["w2"] and f"w2 ({ADDRESSES['w2']})" in cause["ask"] and "w1" not in cause["ask"]


def test_one_name_that_no_node_reaches_and_all_names_that_one_does_not_are_two_causes():
    def change(node, evidence):
        probed("dropped", rows=lambda probe: node == "w2" or probe is evidence["egress"][0])(node, evidence)

    report = audited(change)
    found = [cause for cause in report["causes"] if cause["id"].startswith("egress:dropped")]
    assert sorted(len(cause["nodes"]) for cause in found) == [1, len(NODES)]


def test_a_proxy_that_refuses_the_password_is_one_cause_for_all_endpoints_behind_it():
    report = audited(probed("proxy_auth", "http_proxy", detail="407 Proxy Authentication Required"))
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:proxy_auth")]
    assert (
        cause["title"] == "The HTTP proxy refuses the credentials (all 4 nodes)" and cause["owner"] == "platform team"
    )
    assert cause["nodes"] == NODES


def test_a_silent_name_server_is_the_cause_of_every_name_that_does_not_resolve():
    def change(node, evidence):
        probed("unresolved")(node, evidence)
        for server in evidence["name_servers"]["servers"]:
            for answer in server["names"]:
                answer.update(status="no_reply", detail="no answer within 5 s")

    report = audited(change)
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:unresolved")]
    assert "does not answer" in cause["what"] and cause["owner"] == "DNS" and cause["status"] == "fail"
    assert {entry["id"] for entry in cause["explains"] if not entry["follows"]} == {"egress.dns"}
    assert not [other for other in report["causes"] if other["id"].startswith("egress.dns")]


def test_inspection_is_one_cause_for_each_issuer():
    report = audited(probed("tls_intercepted", tls={"issuer": "CN=Corp Inspection"}))
    found = [cause for cause in report["causes"] if cause["id"].startswith("egress:tls_intercepted")]
    assert len(found) == 1 and "End the TLS inspection" in found[0]["ask"] and "Corp" in found[0]["what"]


CORPORATE = {"issuer": "CN=Corp Inspection", "issuer_organisation": "Corp", "trusted": False}


def test_what_the_cause_of_interception_says_is_said_once():
    direct = [
        {"path": "direct", "verdict": "reachable", "tls": {**CORPORATE, "issuer": "x", "issuer_organisation": "y"}}
    ]
    for change in (
        probed("tls_intercepted", tls=CORPORATE),
        probed("tls_intercepted", "http_proxy", tls=CORPORATE, other_paths=direct),
    ):
        report = audited(change)
        [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:tls_intercepted")]
        assert "issuer CN=Corp Inspection" in cause["what"]
        assert not [note for note in report["cluster"] if "CN=Corp Inspection" in note["observed"]]
    waivers = [{"checks": ["*"], "reason": "accepted"}]
    assert [note["id"] for note in audited(change, waivers=waivers)["cluster"] if "Corp" in note["observed"]]


@pytest.mark.parametrize(
    "path, inputs, option",
    [
        ("http_proxy", {"http_proxy": "http://joe:********@10.9.8.7:3128"}, "--proxy http://10.9.8.7:3128 https://"),
        (
            "socks5",
            {"monitoring_proxy": "socks5://socks.example:1080"},
            "--socks5-hostname socks.example:1080 https://",
        ),
        ("http_proxy", {}, "--proxy PROXY https://"),
    ],
)
def test_the_command_that_confirms_names_the_proxy_without_credentials(path, inputs, option):
    report = audited(probed("proxy_denied", path), **inputs)
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:proxy_denied")]
    assert option in cause["confirm"] and "joe" not in cause["confirm"]


def test_ports_that_one_node_drops_are_a_cause_of_that_node_with_the_test_that_tells_where():
    found = clusters.evidence_of(clusters.plan_of(test_audit.MEMBERS))

    def change(node, evidence):
        for probe in found[node]["probes"]:
            if probe["name"] == "w1" and node != "w1":
                tcp = probe["tcp"]["ports"]
                tcp["dropped"] = [text for texts in tcp.values() for text in texts]
                for verdict in [name for name in tcp if name != "dropped"]:
                    del tcp[verdict]
        evidence["ports"] = found[node]

    report = audited(change)
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("ports:dropped")]
    assert cause["title"] == "w1 does not let the other nodes in" and "TCP" in cause["what"]
    assert "tcpdump" in cause["alternatives"][0] and cause["confirm"].startswith(f"nc -vz -w 5 {ADDRESSES['w1']} ")
    assert not [other for other in report["causes"] if other is not cause and other["id"].startswith("ports")]


def test_single_ports_that_differ_are_causes_of_their_own():
    found = clusters.evidence_of(clusters.plan_of(test_audit.MEMBERS))

    def change(node, evidence):
        for probe in found[node]["probes"]:
            port = {("w1", "w2"): "30005", ("w2", "w3"): "30006"}.get((node, probe["name"]))
            if port:
                probe["tcp"]["ports"]["dropped"] = [port]
        evidence["ports"] = found[node]

    report = audited(change)
    texts = [cause["what"] for cause in report["causes"] if cause["id"].startswith("ports:dropped")]
    assert sorted(texts) == ["w1 -> w2: TCP 30005 dropped", "w2 -> w3: TCP 30006 dropped"]


def test_an_unreachable_node_is_one_cause_and_its_ports_on_the_others_follow():
    evidence = test_audit.collected(unreachable="w3")
    report = test_audit.audit_of(samples.audit_inputs(checks=["access.*", "ports.*", "kernel.*"]), evidence).document
    [cause] = [cause for cause in report["causes"] if cause["id"] == "unreachable:w3"]
    assert {entry["id"] for entry in cause["explains"] if not entry["follows"]} == {"access.shell"}
    assert not [other for other in report["causes"] if other["id"].startswith("ports")]


def test_settings_of_one_role_are_one_cause():
    def change(node, evidence):
        for parameter in evidence["host"]["kernel"]["sysctls"].values():
            parameter["live"] = "0"

    report = audited(change)
    found = [cause for cause in report["causes"] if cause["id"].startswith("role:rtf_kernel")]
    assert len(found) == 1 and "Run the role hostprep.runtime_fabric.rtf_kernel on all 4 nodes" in found[0]["ask"]


def test_what_blocks_comes_first():
    report = audited(probed("dropped", rows=lambda probe: probe["port"] == 443))
    blocking = [cause["blocking"] for cause in report["causes"]]
    assert blocking == sorted(blocking, reverse=True)


STATUSES = st.sampled_from(["pass", "fail", "unknown", "skipped"])
RESULTS = [
    {"id": name, "node": node}
    for name in (
        "kernel.ip_forward",
        "time.chrony_active",
        "time.synchronised",
        "egress.dns",
        "net.mtu_path",
        "net.bandwidth",
    )
    for node in NODES
]


@settings(max_examples=60, deadline=None)
@given(st.lists(STATUSES, min_size=len(RESULTS), max_size=len(RESULTS)), st.sampled_from(["", "the same", "{node}"]))
def test_every_finding_belongs_to_exactly_one_cause(statuses, text):
    rows = {row["id"]: row for row in checks.load()}
    results = [
        {
            **result,
            "title": rows[result["id"]]["title"],
            "severity": rows[result["id"]]["severity"],
            "requirement": [],
            "status": status,
            "expected": "",
            "observed": text.format(node=result["node"]),
            "remedy": text.format(node=result["node"]),
            "evidence": None,
            "waiver": None,
        }
        for result, status in zip(RESULTS, statuses)
    ]
    cluster = causes.cluster_of(
        dict.fromkeys(NODES, {}), ADDRESSES, (), rows.values(), [one for one in results if one["status"] == "fail"]
    )
    found = {"causes": causes.of_report(results, cluster), "results": results}
    assert sorted(explained(found)) == sorted(needing(found))
    assert len({cause["id"] for cause in found["causes"]}) == len(found["causes"])
    assert all(cause["title"] and cause["owner"] and cause["nodes"] for cause in found["causes"])


def test_black_holes_explain_a_bandwidth_of_nothing():
    rows = {row["id"]: row for row in checks.load()}
    results = [
        {"id": name, "node": "w1", "title": rows[name]["title"], "severity": rows[name]["severity"], "requirement": []}
        | {"status": "fail", "expected": "", "observed": text, "remedy": text, "evidence": None, "waiver": None}
        for name, text in (("net.mtu_path", "1400 bytes to w2"), ("net.bandwidth", "0 Mbit/s to w2"))
    ]
    cluster = causes.cluster_of(dict.fromkeys(NODES, {}), ADDRESSES, (), rows.values(), results[:1])
    [cause] = causes.of_report(results, cluster)
    assert [entry for entry in cause["explains"] if entry["follows"]] == [
        {"id": "net.bandwidth", "node": "w1", "follows": True}
    ]


def test_the_command_that_confirms_names_a_node():
    report = audited(on("w2")(lambda node, evidence: evidence["host"].update(privileged=False)))
    [cause] = [cause for cause in report["causes"] if "sudo -n true" in cause["confirm"]]
    assert cause["confirm"] == "ssh w2 sudo -n true"

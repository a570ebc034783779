# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of a whole cluster: each is one cause, with its owner, and every finding belongs to exactly one cause."""

import contextlib
import copy
import os
import signal
import socket
import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import grouping, ports
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.loopback import PATIENCE
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


@pytest.mark.parametrize(
    "verdict, title",
    [
        ("dropped", "{} is blocked from w2: packets are dropped"),
        ("unresolved", "{} does not resolve (w2)"),
        ("tls_untrusted", "The certificate of {} is not trusted (w2)"),
        ("upgrade_refused", "WebSockets from w2 to {} are not let through"),
        ("idle_cut", "Idle connections from w2 to {} are cut"),
        ("odd", "{} is not reached from w2"),
    ],
)
def test_the_title_of_one_endpoint_agrees_with_it(verdict, title):
    report = audited(on("w2")(probed(verdict, rows=lambda probe: probe["id"] == "ecr-us")))
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith(f"egress:{verdict}")]
    assert cause["title"] == title.format("ecr.us-east-1.amazonaws.com:443")


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
    assert len(found) == 1 and "Corp" in found[0]["what"]
    assert "from the TLS inspection by CN=Corp Inspection, a CA that containers do not trust," in found[0]["ask"]


def test_inspection_of_one_node_has_one_owner_and_names_the_nodes_that_are_not_inspected():
    """Two readers of a lab saw "ask: proxy" beside a note that said to ask the network team, with another count of endpoints."""
    inspected = {"issuer": "CN=Inspection CA, O=Example Corp", "issuer_organisation": "Example Corp", "trusted": False}
    own = {"issuer": "CN=Amazon RSA 2048 M02, O=Amazon", "issuer_organisation": "Amazon", "trusted": True}

    def change(node, evidence):
        for probe in evidence["egress"]:
            if probe.get("path") == "direct" and probe["port"] == 443:
                probe["tls"] = own
        if node == "w2":
            probed("tls_intercepted", rows=lambda probe: probe["port"] == 443, tls=inspected)(node, evidence)

    report = audited(change)
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:tls_intercepted")]
    assert cause["nodes"] == ["w2"] and not [note for note in report["cluster"] if note["id"] == "cluster.nodes_differ"]
    assert cause["what"].startswith(
        "w2: TLS intercepted (issuer CN=Inspection CA, O=Example Corp), while c1, w1, w3 reach them: anypoint"
    )
    assert cause["ask"].startswith(
        "Exempt w2 (10.2.0.3), as c1, w1, w3 are, from the TLS inspection by CN=Inspection CA, O=Example Corp, a CA that "
        "containers do not trust, on TCP 443 to anypoint.mulesoft.com:443, "
    )


@pytest.mark.parametrize("trust", ["trusted by this host", "not trusted by this host"])
def test_interception_names_its_issuer_once(trust):
    """Readers of a lab stumbled over "issuer X, intercepted, and not trusted by this host: signed by X"."""
    detail = f"intercepted, and {trust}: signed by CN=Corp Inspection"
    report = audited(probed("tls_intercepted", detail=detail, tls={"issuer": "CN=Corp Inspection"}))
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:tls_intercepted")]
    assert f"TLS intercepted (issuer CN=Corp Inspection, {trust}): " in cause["what"]


def test_packets_that_only_one_node_loses_may_be_stopped_by_that_node_itself():
    report = audited(on("w2")(probed("dropped", rows=lambda probe: probe["id"] == "ecr-us")))
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:dropped")]
    assert cause["what"] == "w2: dropped, while c1, w1, w3 reach it: ecr.us-east-1.amazonaws.com:443"
    [other] = cause["alternatives"]
    assert "on w2 itself" in other and "`sudo iptables -S OUTPUT`" in other and "node administrator" in other


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


def test_a_proxy_that_is_down_is_named_with_what_to_send_to_its_team():
    """A lab whose SOCKS5 proxy was stopped was told to check rtf_monitoring_proxy and to ask the network team."""
    others = [{"path": "http_proxy", "verdict": "reachable", "layers": []}]
    change = probed("proxy_unreachable", "socks5", detail="connection refused", other_paths=others)
    [cause] = [
        cause
        for cause in audited(change, monitoring_proxy="socks5://joe:********@socks.example:1080")["causes"]
        if cause["id"].startswith("egress:proxy_unreachable")
    ]
    assert cause["title"] == "The SOCKS5 proxy socks.example:1080 is not reachable from any of the 4 nodes"
    assert cause["owner"] == "proxy" and "joe" not in f"{cause}"
    assert cause["ask"].startswith("Make the SOCKS5 proxy socks.example:1080 accept connections from c1 (")
    assert cause["ask"].endswith(f"w3 ({ADDRESSES['w3']}).") and "connection refused" in cause["what"]
    count = len({name for name, node in explained({"causes": [cause]}) if node == "c1"} - {"egress.socks5_proxy"})
    assert cause["alternatives"][1:] == [
        f"The nodes need no SOCKS5 proxy: {count} endpoints answered through the HTTP proxy, too. The platform team decides; if "
        "so, unset rtf_monitoring_proxy. Otherwise the SOCKS5 proxy is at fault."
    ]
    assert "`nc -vz socks.example 1080`" in cause["alternatives"][0] and "network team" in cause["alternatives"][0]


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


def test_one_certificate_for_names_of_several_owners_is_a_login_page_and_no_inspection():
    """A lab with a login page over TLS was told as inspection by a proxy, of which there was none."""
    shown = {
        "issuer": "CN=Corp CA",
        "subject": "CN=login",
        "not_before": "2027",
        "not_after": "2028",
        "names": ["login"],
    }
    report = audited(probed("tls_intercepted", tls={**shown, "trusted": False}))
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress:")]
    assert cause["title"].startswith("A login page or block page answers for ") and cause["owner"] == "network"
    assert "one certificate (CN=login, issued by CN=Corp CA) answers for " in cause["what"]
    endpoints = {name for name, node in explained({"causes": [cause]}) if node == "c1"}
    assert f" {len(endpoints)} endpoints " in cause["title"] and cause["what"].endswith(
        f" and {len(endpoints) - 4} more"
    )
    assert " names " not in cause["what"], "the names of rows that are retired count there"
    assert cause["ask"].startswith(f"Exempt c1 ({ADDRESSES['c1']})") and "issued by CN=Corp CA" in cause["ask"]
    assert not [note for note in report["cluster"] if "CN=Corp CA" in note["observed"]]


@pytest.mark.parametrize(
    "remedy, ask",
    [
        ("Ask the DNS team to make 192.0.2.1 return NXDOMAIN.", "Make 192.0.2.1 return NXDOMAIN."),
        ("Ask the DNS team why 192.0.2.1 is slow.", "Find out why 192.0.2.1 is slow."),
        ("Ask the network team to allow UDP 53.", "Ask the network team to allow UDP 53."),
    ],
)
def test_what_is_sent_to_a_team_does_not_tell_it_to_ask_itself(remedy, ask):
    [cause] = causes_of(("egress.dns", "w1", "wrong", remedy))
    assert (cause["owner"], cause["ask"]) == ("DNS", ask)


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
    assert "tcpdump" in cause["alternatives"][0] and f" nc -vz -w 5 {ADDRESSES['w1']} " in cause["confirm"]
    assert cause["nodes"] == ["w1"]
    readiness = {node["name"]: node["readiness"] for node in report["nodes"]}
    assert readiness == {"c1": "incomplete", "w1": "not_ready", "w2": "incomplete", "w3": "incomplete"}
    assert report["readiness"] == "not_ready", "the node that must change is the one that is not ready"
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
    found = [cause for cause in report["causes"] if cause["id"].startswith("ports:dropped")]
    assert {cause["title"] for cause in found} == {"TCP 30005 of w2 is closed to w1", "TCP 30006 of w3 is closed to w2"}
    texts = [cause["what"] for cause in found]
    assert sorted(texts) == ["w1 -> w2: TCP 30005 dropped", "w2 -> w3: TCP 30006 dropped"]


def test_an_unreachable_node_is_one_cause_and_its_ports_on_the_others_follow():
    evidence = test_audit.collected(unreachable="w3")
    report = test_audit.audit_of(samples.audit_inputs(checks=["access.*", "ports.*", "kernel.*"]), evidence).document
    [cause] = [cause for cause in report["causes"] if cause["id"] == "unreachable:w3"]
    assert {entry["id"] for entry in cause["explains"] if not entry["follows"]} == {"access.shell"}
    assert not [other for other in report["causes"] if other["id"].startswith("ports")]


REFUSED = "Failed to connect to the host via ssh: ssh: connect to host 10.2.0.4 port 2222: Connection refused"


@pytest.mark.parametrize(
    "reason, title, ask, confirm, alternative",
    [
        (
            REFUSED,
            ": connections to TCP 2222 are refused",
            "Start sshd on w3 (10.2.0.4) from its console, then run the audit again: the host answers",
            "2222",
            "another port",
        ),
        (
            "ssh: connect to host x port 22: Connection timed out",
            ": no answer on TCP 22",
            "Start w3 (10.2.0.4), or allow TCP 22",
            "22",
            "drops TCP",
        ),
        (
            "No route to host",
            ": no answer on TCP 22",
            "Start w3 (10.2.0.4), or allow TCP 22 from the control node to it",
            "22",
            "drops TCP",
        ),
        (
            "ops@w3: Permission denied (publickey).",
            ": the login is rejected",
            "Correct the user, the key or the known host",
            None,
            None,
        ),
        ("Connection closed by UNKNOWN port 65535", "", "Start w3 (10.2.0.4), or allow TCP 22", "22", "drops TCP"),
        (
            "Could not resolve hostname w3",
            ": the name does not resolve",
            "Let the control node resolve the name of w3 (10.2.0.4)",
            None,
            None,
        ),
    ],
)
def test_how_a_node_is_unreachable_decides_what_to_do(reason, title, ask, confirm, alternative):
    """A lab in which sshd was stopped was told to make `ansible -m ping` work, though the host refused the connection."""
    evidence = test_audit.collected(unreachable="w3")
    evidence["w3"]["unreachable"] = reason
    report = test_audit.audit_of(samples.audit_inputs(checks=["access.*"]), evidence).document
    [cause] = [cause for cause in report["causes"] if cause["id"] == "unreachable:w3"]
    assert cause["title"] == f"w3 is unreachable over SSH{title}"
    assert cause["ask"].startswith(ask) and "then run the audit again" in cause["ask"]
    assert cause["confirm"] == "ansible -m ping w3" + (f"; nc -vz -w 5 10.2.0.4 {confirm}" if confirm else "")
    assert cause["confirmed_by"].startswith("Confirmed if ansible prints UNREACHABLE")
    assert bool(cause["alternatives"]) == bool(alternative) and (alternative or "") in " ".join(cause["alternatives"])


def test_a_check_that_was_not_made_is_not_said_to_be_confirmed():
    """The command then answers what the audit could not."""

    def unread(node, evidence):
        del evidence["host"]["kernel"]["sysctls"]["net.ipv4.ip_forward"]

    [cause] = [cause for cause in audited(on("w1")(unread))["causes"] if "kernel.ip_forward" in cause["id"]]
    assert cause["status"] == "unknown" and cause["confirmed_by"].startswith("The check fails if ")


def test_the_cause_of_one_name_server_names_it_and_the_one_that_answers():
    """Readers of a lab took DNS as a whole for broken, though another server of the node answered."""

    def change(node, evidence):
        for answer in evidence["name_servers"]["servers"][1]["names"]:
            answer.update(status="refused", addresses=[])

    [cause] = [cause for cause in audited(on("w1")(change))["causes"] if cause["id"].startswith("egress.dns:")]
    assert cause["title"].startswith("Name server 192.0.2.54 of w1 does not resolve ")
    assert cause["title"].endswith(", while 192.0.2.53 answers correctly")
    assert "; 192.0.2.53 answers correctly" in cause["what"] and ", or remove it from " in cause["ask"]
    name = cause["confirm"].partition("nslookup ")[2].partition(" ")[0]
    assert f"nslookup {name} 192.0.2.54; " in cause["confirm"] and "SERVER" not in cause["confirm"]
    assert cause["confirmed_by"].startswith(
        "Confirmed if 192.0.2.54 does not answer, has no address or a wrong one for "
    )
    assert name in cause["confirmed_by"] and "NAME" not in cause["confirmed_by"]


def test_settings_of_one_role_are_one_cause():
    def change(node, evidence):
        for parameter in evidence["host"]["kernel"]["sysctls"].values():
            parameter["live"] = "0"

    report = audited(change)
    found = [cause for cause in report["causes"] if cause["id"].startswith("role:rtf_kernel")]
    assert len(found) == 1 and "Run the role hostprep.runtime_fabric.rtf_kernel on all 4 nodes" in found[0]["ask"]
    assert found[0]["title"].startswith("IPv4 forwarding is off on all 4 nodes, and ")
    assert found[0]["title"].endswith(" more settings of rtf_kernel are wrong")
    assert found[0]["what"].count("all 4 nodes: ") == 1


def titled(report, prefix):
    return [cause["title"] for cause in report["causes"] if cause["id"].startswith(prefix)]


@pytest.mark.parametrize("nodes, place", [(["w1"], "w1"), (NODES, "any of the 4 nodes")])
def test_what_holds_for_none_of_all_nodes_does_not_read_as_for_some(nodes, place):
    """ "Not synchronised on all 3 nodes" was read as "on some"."""
    findings = [("time.synchronised", node, "no source", "Ask.") for node in nodes]
    [cause] = causes_of(*findings)
    assert cause["title"] == f"The clock is not synchronised on {place}"
    [other] = causes_of(*[("net.default_route", node, "none", "Set it.") for node in nodes])
    assert other["title"] == f"No default route on {place}"
    unread = [{**finding("net.default_route", node, "no evidence", "Again."), "status": "unknown"} for node in nodes]
    [fourth] = grouped(unread)
    assert fourth["title"] == f"Could not check on {place}: There is a default route"
    [third] = causes_of(*[("kernel.ip_forward", node, "0", "Set it.") for node in nodes])
    assert third["title"] == f"IPv4 forwarding is off on {'w1' if len(nodes) == 1 else 'all 4 nodes'}"


def boot(parameter, value):
    def change(node, evidence):
        found = evidence["host"]["kernel"]["sysctls"][parameter]
        source = "/etc/sysctl.d/zzz-hardening.conf:1"
        found.update(at_boot=value, at_boot_source=source, set_by=[{"value": value, "source": source}])

    return change


def test_a_title_names_the_one_parameter_that_will_be_wrong():
    """Two readers had "kernel parameters" for one of them, and "the setting" that they were to remove without its name."""
    report = audited(on("w1")(boot("net.ipv4.ip_forward", "0")))
    assert titled(report, "kernel.sysctls_at_boot") == ["net.ipv4.ip_forward will be 0 after the next boot of w1"]
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("kernel.sysctls_at_boot")]
    assert "net.ipv4.ip_forward becomes 0, set by /etc/sysctl.d/zzz-hardening.conf:1" in cause["what"]
    assert cause["what"].endswith("; wanted: the files in sysctl.d set net.ipv4.ip_forward = 1")


def test_a_parameter_that_is_wrong_now_says_whether_it_is_right_after_a_boot():
    def change(node, evidence):
        found = evidence["host"]["kernel"]["sysctls"]["net.ipv4.ip_forward"]
        found["live"] = "0"

    [cause] = [cause for cause in audited(on("w1")(change))["causes"] if cause["id"].startswith("kernel.ip_forward")]
    assert (
        "This persists across reboots, because the files of sysctl.d set it at each boot. Something has changed it"
        in cause["ask"]
    )

    def both(node, evidence):
        change(node, evidence)
        boot("net.ipv4.ip_forward", "0")(node, evidence)

    [cause] = [cause for cause in audited(on("w1")(both))["causes"] if cause["id"].startswith("kernel.ip_forward")]
    assert (
        "`sysctl -w` alone works only until the next boot, because no file of sysctl.d sets the value" in cause["ask"]
    )


def test_a_name_server_that_one_node_alone_has_is_named_beside_those_of_the_others():
    """What decides whether the team of the name server, or the administrator of the node, has to act."""

    def change(node, evidence):
        evidence["name_servers"]["servers"][0]["invented"][0]["addresses"] = ["198.51.100.40"]

    report = audited(on("w1")(change))
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("egress.dns:")]
    address = test_audit.collected()["w1"]["name_servers"]["servers"][0]["address"]
    assert cause["title"].startswith(f"Name server {address} of w1 resolves names that do not exist, while ")
    assert f"; c1, w2, w3: {address}" in cause["what"] and ": each resolves" in cause["what"]


def test_two_variables_that_lack_one_entry_are_one_title_that_names_it_and_its_node():
    """A reader saw two titles for one missing address, and neither named it."""
    role = "Run it, or run the role hostprep.runtime_fabric.rtf_proxy."
    found = [
        {
            **finding("proxy.installer", "w1", "RTF_NO_PROXY lacks 10.2.0.3", role),
            "fault": "RTF_NO_PROXY of w1 lacks 10.2.0.3 (w2)",
        },
        {
            **finding("proxy.no_proxy", "w1", "NO_PROXY lacks 10.2.0.3", role),
            "fault": "NO_PROXY of w1 lacks 10.2.0.3 (w2)",
        },
    ]
    [cause] = grouped(found)
    assert cause["title"] == "RTF_NO_PROXY and NO_PROXY of w1 lack 10.2.0.3 (w2)"


def test_the_process_that_holds_a_port_is_in_the_command_that_names_its_unit():
    holder = {"transport": "tcp", "ports": ["10250"], "process": "python3", "pid": 2353, "user": "root"}
    [cause] = causes_of(("ports.free", "w1", "TCP 10250", "Stop it on w1; `systemctl status PID`.", [holder]))
    assert cause["ask"] == "Stop it on w1; `systemctl status 2353`."
    several = [
        (("ports.free"), node, "TCP 10250", f"Stop it on {node}; `systemctl status PID`.", [{**holder, "pid": pid}])
        for node, pid in (("w1", 1), ("w2", 2))
    ]
    [cause] = causes_of(*several)
    assert "`systemctl status PID`" in cause["ask"]


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
            "fault": "",
            "evidence": None,
            "waiver": None,
        }
        for result, status in zip(RESULTS, statuses)
    ]
    cluster = grouping.cluster_of(
        dict.fromkeys(NODES, {}), ADDRESSES, (), rows.values(), [one for one in results if one["status"] == "fail"]
    )
    found = {"causes": grouping.of_report(results, cluster), "results": results}
    assert sorted(explained(found)) == sorted(needing(found))
    assert len({cause["id"] for cause in found["causes"]}) == len(found["causes"])
    assert all(cause["title"] and cause["owner"] and cause["nodes"] for cause in found["causes"])


FROM_THE_PATH = "Fix net.mtu_path first: this follows from it."
BOTTLENECK = "Find the bottleneck between {} and {}."


def causes_of(*findings):
    """The causes of failed findings: (id, node, observed, remedy), and their evidence where that matters."""
    return grouped([finding(*each) for each in findings])


def finding(name, node, observed, remedy, evidence=None):
    """A failed result."""
    row = checks_of({row["id"]: row for row in checks.load()}, name)
    return {
        "id": name,
        "node": node,
        "title": row["title"],
        "severity": row["severity"],
        "requirement": [],
        "status": "fail",
        "expected": "",
        "observed": observed,
        "remedy": remedy,
        "fault": "",
        "evidence": evidence,
        "waiver": None,
    }


def grouped(results):
    """The causes of results, of which the first blocks."""
    return grouping.of_report(
        results, grouping.cluster_of(dict.fromkeys(NODES, {}), ADDRESSES, (), checks.load(), results[:1])
    )


def checks_of(rows, name):
    return rows.get(name) or rows[name.partition(".")[0]]


def test_black_holes_explain_a_bandwidth_of_nothing():
    [cause] = causes_of(
        ("net.mtu_path", "w1", "1400 bytes to w2", "Ask the network team."),
        ("net.bandwidth", "w1", "0 Mbit/s to w2", FROM_THE_PATH),
    )
    assert [entry for entry in cause["explains"] if entry["follows"]] == [
        {"id": "net.bandwidth", "node": "w1", "follows": True}
    ]


def test_the_command_that_confirms_names_a_node():
    report = audited(on("w2")(lambda node, evidence: evidence["host"].update(privileged=False)))
    [cause] = [cause for cause in report["causes"] if "sudo -n true" in cause["confirm"]]
    assert cause["confirm"] == "ssh w2 sudo -n true"


def test_the_command_that_confirms_names_the_other_node():
    [cause] = causes_of(("net.mtu_path", "w1", "w2: 1400 bytes", "Ask the network team.", [{"name": "w2"}]))
    assert cause["confirm"] == f"ping -M do -s 1472 {ADDRESSES['w2']}"


def test_files_that_systemd_has_not_read_are_below_the_settings_that_they_lack():
    """Read before the role corrects them, they would put the wrong settings in force."""
    role, reload = "Run the role hostprep.runtime_fabric.rtf_proxy on w1.", "Run `systemctl daemon-reload` on w1."
    lacking = ("proxy.no_proxy", "w1", "NO_PROXY lacks 192.0.2.2", role)
    [cause] = causes_of(lacking, ("proxy.services", "w1", "systemd has not reloaded its changed files", reload))
    assert [(entry["id"], entry["follows"]) for entry in cause["explains"]] == [
        ("proxy.no_proxy", False),
        ("proxy.services", True),
    ]
    assert len(causes_of(lacking, ("proxy.services", "w1", "docker runs without the proxy", "Restart docker."))) == 2


def test_black_holes_do_not_explain_a_bandwidth_that_is_low_elsewhere():
    found = causes_of(
        ("net.mtu_path", "w1", "1400 bytes to w2", "Ask the network team."),
        ("net.bandwidth", "w3", "500 Mbit/s to c1", BOTTLENECK.format("w3", "c1")),
    )
    assert [cause["id"].partition(":")[0] for cause in found] == ["net.mtu_path", "net.bandwidth"]


def test_what_a_check_says_to_fix_first_is_its_cause():
    """A lab in which one name server answered every name had two causes, of which one said to fix the other first."""
    [cause] = causes_of(
        ("egress.dns", "w1", "192.0.2.1 resolves every name", "Ask the DNS team."),
        (
            "egress.dns_search",
            "w1",
            "it resolves any name below x",
            "Fix egress.dns first: the name server resolves all.",
        ),
    )
    assert cause["id"].startswith("egress.dns:") and len(cause["explains"]) == 2


def test_what_is_measured_alike_between_several_pairs_is_one_cause_that_names_them_all():
    [cause] = causes_of(
        ("net.bandwidth", "w1", "w2: 500 Mbit/s", BOTTLENECK.format("w1", "w2")),
        ("net.bandwidth", "w2", "c1: 600 Mbit/s", BOTTLENECK.format("w2", "c1")),
    )
    assert cause["nodes"] == ["w1", "w2"] and "w2: 500 Mbit/s" in cause["what"] and "c1: 600 Mbit/s" in cause["what"]
    assert cause["ask"] == "Find the bottleneck between w1 and w2. Likewise for w2: c1: 600 Mbit/s."


@pytest.mark.parametrize(
    "nodes, remedy, ask",
    [
        (["w1"], "`mount -o remount,rw /var`", "On w1: `mount -o remount,rw /var`"),
        (["w1"], "Stop it on w1.", "Stop it on w1."),
        (NODES, "Stop it on {}.", "Stop it on all 4 nodes."),
        (NODES, "Stop it.", "On all 4 nodes: Stop it."),
        (["w1"], "Drain {}, then reboot it.", "Drain w1, then reboot it."),
        (NODES, "Drain {}, then reboot it.", "One node at a time, drain all 4 nodes, then reboot it."),
    ],
)
def test_what_is_sent_to_an_administrator_names_the_nodes(nodes, remedy, ask):
    [cause] = causes_of(*(("storage.writable", node, "read-only", remedy.format(node)) for node in nodes))
    assert cause["ask"] == ask


def test_ports_of_one_node_are_one_cause_though_a_controller_needs_more_of_them_than_a_worker():
    """A lab in which a worker rejected 32000-32099 had two causes of one title: 32009 is in two rows of a controller."""
    found = clusters.evidence_of(clusters.plan_of(test_audit.MEMBERS))
    for source in ("c1", "w1", "w3"):
        clusters.spoil(found, source, "w2", "tcp", "rejected", "32000-32099")
    clusters.spoil(found, "c1", "w2", "tcp", "rejected", "10250")

    def change(node, evidence):
        evidence["ports"] = found[node]

    report = audited(change)
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("ports:")]
    assert cause["title"] == "TCP 10250, 32000-32099 of w2 is closed to the other nodes"
    assert cause["nodes"] == ["w2"] and "32000-32099" in cause["ask"] and "c1, w1, w3 -> w2" in cause["what"]


def test_a_port_of_udp_is_confirmed_with_udp_and_by_the_node_that_does_not_get_through():
    found = clusters.evidence_of(clusters.plan_of(test_audit.MEMBERS))
    clusters.spoil({name: {**own} for name, own in found.items()}, "w1", "w2", "udp", "dropped", "8472")

    def change(node, evidence):
        evidence["ports"] = found[node]

    report = audited(change)
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("ports:dropped")]
    assert cause["confirm"].startswith('ssh -f w2 "timeout 9 python3 -c ') and cause["nodes"] == ["w2"]
    assert cause["confirm"].endswith(
        f"""; sleep 2; ssh w1 "bash -c 'echo passed > /dev/udp/{ADDRESSES["w2"]}/8472'\""""
    )


@pytest.mark.parametrize("transport, said", [("tcp", "succeeded"), ("udp", r"b'passed\n'")])
def test_the_command_that_confirms_a_closed_port_shows_its_end_after_the_repair(tmp_path, transport, said):
    """The listeners of the audit have stopped, so `nc` alone was refused after the repair, too."""
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    connect = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"
    programs = {
        # Both nodes are this host.
        "ssh": 'if [ "$1" = -f ]; then shift 2; sh -c "$*" & else shift; exec sh -c "$*"; fi',
        "nc": f'python3 -c "{connect}" "$4" "$5" && echo succeeded',
        "sleep": f"until grep -q :{number:04X} /proc/net/{transport}; do :; done",
    }
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    cluster = grouping.cluster_of(dict.fromkeys(NODES, {}), {**ADDRESSES, "w2": "127.0.0.1"}, (), (), ())
    command = ports.confirm(("w1", "w2"), transport, number, cluster).command
    output = tmp_path / "output"
    with output.open("w", encoding="utf-8") as file:
        shell = subprocess.Popen(
            ["bash", "-c", command],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            stdout=file,
            start_new_session=True,
        )
    try:
        assert shell.wait(PATIENCE) == 0
        deadline = time.monotonic() + PATIENCE
        while said not in output.read_text(encoding="utf-8") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert said in output.read_text(encoding="utf-8")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)


def test_packets_of_the_overlay_that_are_lost_are_no_closed_port():
    found = clusters.evidence_of(clusters.plan_of(test_audit.MEMBERS))
    clusters.spoil(found, "w1", "w2", "udp", "shape_lost", "8472", reason="VXLAN packets are lost")

    def change(node, evidence):
        evidence["ports"] = found[node]

    report = audited(change)
    [cause] = [cause for cause in report["causes"] if cause["id"].startswith("ports:")]
    assert cause["title"] == "VXLAN packets are lost between w1, w2" and cause["owner"] == "network"
    assert "which device between w1 and w2 drops VXLAN" in cause["ask"]


def with_prefixes(*found, spare=2):
    """The causes of nodes of one subnet with these prefixes."""

    def change(node, evidence):
        number = NODES.index(node)
        [own] = [entry for entry in evidence["host"]["network"]["addresses"] if entry["family"] == "ipv4"]
        own.update(address=f"10.9.8.{number + 2}", prefix=found[number])
        evidence["inventory"]["ansible_host"] = own["address"]

    report = audited(change, waivers=[], checks=["net.same_subnet", "net.subnet_headroom"], spare_addresses=spare)
    return [cause for cause in report["causes"] if cause["id"].startswith("net.")]


def test_a_prefix_that_one_node_alone_has_is_the_cause_of_its_small_subnet():
    """A lab in which a worker had /30, the others /24, was told to ask the network team for a larger subnet."""
    [cause] = with_prefixes(24, 24, 30, 24)
    odd = NODES[2]
    assert (cause["nodes"], cause["owner"], cause["blocking"], cause["severity"]) == (
        [odd],
        "node administrator",
        True,
        "required",
    )
    assert cause["title"] == f"The prefix of {odd} is not /24 as on the other nodes"
    assert cause["what"] == f"/24 on c1, w1, w3; /30 on {odd}"
    assert f"Change the prefix of {odd} (10.9.8.4) to /24" in cause["ask"]
    assert {entry["id"] for entry in cause["explains"] if entry["follows"]} == {"net.subnet_headroom"}


def test_where_as_many_nodes_have_one_prefix_as_the_other_none_is_blamed():
    [cause, *others] = with_prefixes(24, 25, 24, 25)
    assert cause["nodes"] == NODES and cause["title"] == "The prefixes of all 4 nodes differ" and not others
    assert "one prefix, that of their subnet" in cause["ask"]


def test_a_subnet_that_is_too_small_with_every_prefix_is_a_cause_of_its_own():
    found = with_prefixes(24, 24, 30, 24, spare=300)
    [odd] = [cause for cause in found if cause["id"].startswith("net.same_subnet")]
    assert not odd["blocking"] and not [entry for entry in odd["explains"] if entry["follows"]]
    assert {node for cause in found if cause is not odd for node in cause["nodes"]} == set(NODES)


RULE = "-A INPUT -p tcp -m tcp --dport {} -j DROP"


def dropping(port, *sources):
    """An answer of the replay of a node's rules: a rule of the site drops what arrives at a port."""
    where = {"where": "iptables filter INPUT", "rule": RULE.format(port), "owner": ""}
    return {"verdict": "drop", "transport": "tcp", "ports": [port], "sources": list(sources), **where}


def with_rules(answers, *spoiled):
    """The causes of a cluster with ports that fail, and rules of nodes that drop packets: {node: [answer]}."""
    found = clusters.evidence_of(clusters.plan_of(test_audit.MEMBERS))
    for source, destination, port in spoiled:
        clusters.spoil(found, source, destination, "tcp", "dropped", port)

    def change(node, evidence):
        evidence["ports"] = found[node]
        evidence["host"]["firewall"]["packets"].update(asked="applied", answers=answers.get(node, []))

    waived = ["host.*", "net.*", "storage.*", "time.*", "egress.*", "fw.regime", "fw.rules", "fw.installer"]
    causes = audited(change, waivers=[{"checks": waived, "reason": "samples"}])["causes"]
    return [cause for cause in causes if cause["id"].startswith(("ports", "fw"))]


def test_the_rule_that_drops_packets_is_named_in_the_cause_of_the_port_that_it_closes():
    """Two causes of one fault: worker-1 did not reach TCP 6443 of controller-1, and a rule there dropped it."""
    rule = dropping("6443", ADDRESSES["w1"])
    [cause] = with_rules({"c1": [rule]}, ("w1", "c1", "6443"))
    assert cause["id"].startswith("ports:dropped") and (cause["owner"], cause["nodes"]) == (
        "node administrator",
        ["c1"],
    )
    assert (
        cause["what"] == f"w1 -> c1: TCP 6443 dropped by the rule `{rule['rule']}` of iptables filter INPUT (the site)"
    )
    assert cause["ask"].startswith("Allow TCP 6443 from w1") and "`iptables -t filter -S INPUT`" in cause["ask"]
    assert {(entry["id"], entry["node"]) for entry in cause["explains"]} == {
        ("ports.kubernetes-api", "w1"),
        ("fw.packets", "c1"),
    }
    assert cause["alternatives"] == []


def test_rules_of_all_nodes_that_do_not_let_each_other_in_are_of_their_administrators():
    every = {node: [dropping("10250", *(ADDRESSES[other] for other in NODES if other != node))] for node in NODES}
    [cause] = with_rules(every, *((one, other, "10250") for one in NODES for other in NODES if one != other))
    assert cause["owner"] == "node administrator" and cause["nodes"] == NODES
    assert cause["what"].count("dropped by the rule") == 1 and "on all 4 nodes" in cause["what"]


@pytest.mark.parametrize(
    "answers", [{"c1": [dropping("10250", ADDRESSES["w1"])]}, {"w2": [dropping("6443", ADDRESSES["w1"])]}]
)
def test_a_rule_that_drops_other_packets_is_a_cause_of_its_own(answers):
    found = with_rules(answers, ("w1", "c1", "6443"))
    assert sorted(cause["id"].partition(":")[0] for cause in found) == ["fw.packets", "ports"]
    [of_port] = [cause for cause in found if cause["id"].startswith("ports")]
    assert of_port["alternatives"] and "rule" not in of_port["what"]


def test_a_time_service_that_does_not_run_is_no_matter_of_the_time_servers():
    none_runs = "no known time service runs"
    found = causes_of(
        ("egress.ntp", "w1", "192.0.2.1: no answer", "Ask the network team."),
        ("time.service_active", "w1", none_runs, "Start one on w1: `systemctl enable --now chrony.service`."),
        ("time.synchronised", "w1", none_runs, "Fix time.service_active first, then run the audit again."),
    )
    assert [(cause["owner"], [entry["id"] for entry in cause["explains"]]) for cause in found] == [
        ("time", ["egress.ntp"]),
        ("node administrator", ["time.service_active", "time.synchronised"]),
    ]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each name server says, and who has to mend it."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = checks.load()
HOST = "ecr.us-east-1.amazonaws.com"


def judge(change=None, ids=("egress.dns", "egress.dns_search")):
    """The results after change(evidence, servers)."""
    evidence = samples.evidence()
    if change:
        change(evidence, evidence["name_servers"]["servers"])
    return [entry for entry in judge_node(CHECKS, samples.subject(), evidence) if entry["id"] in ids]


def answer_of(server, name=HOST):
    return next(answer for answer in server["names"] if answer["name"] == name)


def test_servers_that_agree():
    dns, search = judge()
    assert (dns["status"], search["status"]) == ("pass", "pass")
    assert dns["observed"].startswith("192.0.2.53, 192.0.2.54: ")
    assert search["observed"] == "site.example: no wildcard"


def test_a_server_that_does_not_answer():
    def silence(dummy, servers):
        for answer in servers[1]["names"] + servers[1]["invented"]:
            answer.update(status="no_reply", addresses=[], detail="no answer within 5 s")

    dns, search = judge(silence)
    assert (dns["status"], search["status"]) == ("fail", "unknown")
    assert search["observed"] == "some queries to 192.0.2.54 were not answered"
    assert dns["observed"] == "192.0.2.54 does not answer (no answer within 5 s); 192.0.2.53 answers correctly"
    assert dns["fault"] == "Name server 192.0.2.54 of n1 does not answer, while 192.0.2.53 answers correctly"
    assert dns["remedy"].startswith(
        "Ask the DNS team why 192.0.2.54 does not answer n1 on UDP and TCP 53, or remove it from"
    )


def test_no_advice_removes_the_last_name_servers():
    """Where all servers fail, following the advice for each would leave the node without any."""

    def silence(servers):
        for server in servers:
            for answer in server["names"]:
                answer.update(status="no_reply", addresses=[], detail="no answer within 5 s")

    def cross(servers):
        for number, server in enumerate(servers):
            server["names"][number].update(status="refused", addresses=[])

    one = judge(lambda dummy, servers: silence(servers[:1]))[0]
    assert "or remove it from" in one["remedy"]
    for change in (silence, cross):
        both = judge(lambda dummy, servers, change=change: change(servers))[0]
        assert "remove" not in both["remedy"] and "192.0.2.53" in both["remedy"] and "192.0.2.54" in both["remedy"]


def test_a_server_that_does_not_know_a_name_that_others_know():
    dns, dummy = judge(lambda dummy, servers: answer_of(servers[1]).update(status="nxdomain", addresses=[]))
    assert dns["observed"] == f"192.0.2.54 does not resolve {HOST} (nxdomain); 192.0.2.53 answers correctly"
    assert dns["remedy"].startswith(f"Ask the DNS team to make 192.0.2.54 resolve {HOST}")


def test_a_name_that_nobody_knows_is_the_rows_own_fault():
    def forget(dummy, servers):
        for server in servers:
            answer_of(server).update(status="nxdomain", addresses=[])

    assert judge(forget)[0]["status"] == "pass"


def test_nobody_knows_anything():
    def forget(dummy, servers):
        for server in servers:
            for answer in server["names"]:
                answer.update(status="refused", addresses=[])

    dns = judge(forget)[0]
    assert dns["status"] == "fail" and "192.0.2.53 does not resolve " in dns["observed"]


def test_names_that_a_proxy_resolves_are_not_asked_for():
    def proxied(evidence, servers):
        for probe in evidence["egress"]:
            probe["path"] = "http_proxy" if probe["protocol"] != "ntp" else "direct"
        answer_of(servers[1]).update(status="nxdomain", addresses=[])

    dns = judge(proxied)[0]
    assert (dns["status"], dns["observed"]) == ("pass", "192.0.2.53, 192.0.2.54: each resolves 1 name")


def test_different_addresses_that_both_work_are_the_way_of_large_sites():
    def change(dummy, servers):
        answer_of(servers[1]).update(addresses=["198.51.100.2"], verdict="reachable")

    assert judge(change)[0]["status"] == "pass"


def test_a_second_server_that_sends_the_node_elsewhere():
    def change(dummy, servers):
        answer_of(servers[1]).update(addresses=["198.51.100.2"], verdict="tls_intercepted")

    dns = judge(change)[0]
    assert dns["observed"] == (
        f"192.0.2.54 resolves {HOST} to 198.51.100.2, where it is tls_intercepted; 192.0.2.53 answers correctly"
    )
    assert dns["remedy"] == (
        f"Ask the DNS team why 192.0.2.54 returns 198.51.100.2 for {HOST}, or remove it from /etc/resolv.conf on n1: pods use any "
        "of the servers, not only the first that works."
    )


def test_a_first_server_that_sends_the_node_elsewhere():
    def change(evidence, servers):
        next(probe for probe in evidence["egress"] if probe["host"] == HOST)["verdict"] = "tls_untrusted"
        answer_of(servers[1]).update(addresses=["198.51.100.2"], verdict="reachable")

    dns = judge(change)[0]
    assert dns["observed"] == (
        f"192.0.2.53 resolves {HOST} to 198.51.100.1, where it is tls_untrusted; 192.0.2.54 answers correctly"
    )


def test_an_endpoint_that_is_down_is_not_the_name_servers_fault():
    def change(evidence, servers):
        next(probe for probe in evidence["egress"] if probe["host"] == HOST)["verdict"] = "dropped"
        answer_of(servers[1]).update(addresses=["198.51.100.2"], verdict="dropped")

    assert judge(change)[0]["status"] == "pass"


def test_a_server_that_knows_every_name_knows_those_below_a_search_domain():
    def change(dummy, servers):
        for answer in servers[1]["invented"]:
            answer.update(status="ok", addresses=["198.51.100.40"])

    dns, search = judge(change)
    assert (dns["status"], search["status"]) == ("fail", "fail")
    assert dns["observed"].startswith("192.0.2.54 resolves every name, even hostprep-0.com (198.51.100.40)")
    assert search["observed"] == "192.0.2.54 resolves any name below site.example to 198.51.100.40"
    assert search["remedy"].startswith("Fix egress.dns first")


def test_a_search_domain_that_knows_every_name():
    def change(dummy, servers):
        servers[0]["invented"][1].update(status="ok", addresses=["198.51.100.40"])

    dns, search = judge(change)
    assert (dns["status"], search["status"]) == ("pass", "fail")
    assert search["observed"] == "192.0.2.53 resolves any name below site.example to 198.51.100.40"
    assert "Remove site.example from the search domains of n1" in search["remedy"]


def test_no_server_and_no_time():
    def none(evidence, dummy):
        evidence["name_servers"]["servers"] = []

    dns, search = judge(none)
    assert dns["observed"] == search["observed"] == "no name server is configured"
    assert (dns["status"], search["status"]) == ("fail", "unknown")
    dns, search = judge(
        lambda dummy, servers: [
            answer.update(status="untested", addresses=[]) for answer in servers[0]["names"] + servers[0]["invented"]
        ]
    )
    assert (dns["status"], search["status"]) == ("unknown", "unknown")


def test_without_evidence_it_is_unknown():
    results = judge(lambda evidence, dummy: evidence.pop("name_servers"))
    assert [entry["status"] for entry in results] == ["unknown", "unknown"]


def test_a_server_whose_tcp_port_is_closed():
    why = "the answer over UDP is truncated, and TCP does not work: 192.0.2.54 port 53: Connection refused"
    dns = judge(lambda dummy, servers: answer_of(servers[1]).update(status="no_tcp", addresses=[], detail=why))[0]
    assert dns["status"] == "fail"
    assert dns["observed"] == (
        f"192.0.2.54 truncates its answers for {HOST} over UDP, and does not answer over TCP ({why}); "
        "192.0.2.53 answers correctly"
    )
    assert dns["remedy"] == (
        "Ask the network team to allow TCP 53 from n1 to 192.0.2.54, as long answers need it, or remove it from "
        "/etc/resolv.conf on n1."
    )


def test_servers_that_agree_on_a_sinkhole():
    def sink(dummy, servers):
        for server in servers:
            answer_of(server).update(addresses=["0.0.0.0"])

    dns = judge(sink)[0]
    assert dns["status"] == "fail"
    assert f"192.0.2.53: {HOST} resolves to 0.0.0.0, which no server can have" in dns["observed"]
    assert f"Ask the DNS team to exempt {HOST} from the filter of 192.0.2.53." in dns["remedy"]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why chrony is not synchronised, from what it and plain NTP queries say, and how far clocks may be apart."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time import chrony_causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import clock_offsets
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.clock_offsets import Measurement
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

NTP, ADDRESS = samples.NTP, "198.51.100.123"


def source(name=NTP, address=ADDRESS, state="unusable", reach=0, offset=0.0, **authentication):
    known = {"mode": "none", "key": None, "attempts": 0, "naks": 0, "cookies": 0, **authentication}
    return {"name": name, "address": address, "state": state, "reach": reach, "offset": offset, "authentication": known}


def probe(host=NTP, verdict="no_reply", detail="", address=ADDRESS):
    return {"host": host, "address": address, "protocol": "ntp", "verdict": verdict, "detail": detail}


def told(sources, probes=(), **chrony):
    return chrony_causes.causes({"sources": sources, "unresolved": 0, "log": [], **chrony}, probes)


ANSWER = {"stratum": 2, "kiss": None, "synchronised": True, "root_distance": 0.1}
OTHER = source("ntp2.example.com", "198.51.100.124", "falseticker", 255, 0.5)
NTS = {"mode": "nts", "attempts": 2}
LOG = ["Selected source", f"TLS handshake with {ADDRESS}:4460 ({NTP}) failed : certificate expired"]


@pytest.mark.parametrize(
    "sources, probes, chrony, kinds, observed, remedy",
    [
        ([source(address=None)], [], {"unresolved": 1}, ["unresolved"], f"cannot resolve {NTP}", f"Make {NTP} resolve"),
        (
            [],
            [probe(verdict="unresolved")],
            {"unresolved": 1},
            ["unresolved"],
            f"cannot resolve {NTP}",
            f"Make {NTP} resolve",
        ),
        ([], [], {"unresolved": 2}, ["unresolved"], "cannot resolve 2 sources of chrony's configuration", "resolve"),
        ([source()], [], {}, ["silent"], f"no answer on UDP 123 from {NTP}", "open UDP 123 from n1 to " + NTP),
        (
            [source(reach=255)],
            [{**probe(verdict="reachable", detail="may be wrong"), "ntp": {"root_distance": 10.0}}],
            {},
            ["distant"],
            f"rejected by chrony, since its time may be wrong by more than chrony accepts: {NTP} (10.0 s)",
            f"Ask the operators of {NTP} why its root dispersion and root delay are that large",
        ),
        (
            [{**source(reach=255), "too_distant": True, "answer": {**ANSWER, "root_distance": 4.25}}],
            [],
            {},
            ["distant"],
            f"rejected by chrony, since its time may be wrong by more than chrony accepts: {NTP} (4.2 s)",
            "choose another server",
        ),
        ([{**source(reach=255), "too_distant": True}], [], {}, ["distant"], f"accepts: {NTP}", f"operators of {NTP}"),
        (
            [{**source(reach=1), "too_distant": True, "answer": ANSWER}],
            [],
            {},
            ["samples"],
            f"not enough samples yet from {NTP}",
            "Wait a minute",
        ),
        (
            [{**source(), "answer": {**ANSWER, "kiss": "RATE", "stratum": 0, "synchronised": False}}],
            [],
            {},
            ["unsynchronised"],
            f"{NTP} (the server does not serve time (RATE))",
            "Report to the operators",
        ),
        # It answered once, and does not any more.
        ([{**source(), "answer": ANSWER}], [], {}, ["silent"], f"no answer on UDP 123 from {NTP}", "open UDP 123"),
        (
            [source()],
            [{**probe(), "cause": "refuses_time", "ntp": {"kiss": "DENY"}}],
            {},
            ["refusing"],
            f"refuses to serve time to this node: {NTP} (DENY)",
            f"Ask the operators of {NTP} to serve time to n1",
        ),
        ([source()], [probe()], {}, ["silent"], "no answer", "open UDP 123"),
        ([source(**NTS)], [], {"log": LOG}, ["nts"], "certificate expired", "Open TCP 4460 from n1 to " + NTP),
        (
            [source(mode="key", key=7)],
            [probe(verdict="reachable")],
            {},
            ["key"],
            "while queries without a key are answered: ntp.example.com (key 7)",
            "Compare id, type and secret in rtf_ntp_keys",
        ),
        ([source(mode="key", key=7)], [probe()], {}, ["silent"], "no answer", "open UDP 123"),
        (
            [source()],
            [probe(verdict="reachable", detail="the server answers but is not synchronised itself (stratum 16)")],
            {},
            ["unsynchronised"],
            "not synchronised itself (stratum 16)",
            "Report to the operators of",
        ),
        (
            [source(state="falseticker", reach=255), OTHER],
            [],
            {},
            ["falseticker", "falseticker"],
            "no majority agrees: ntp.example.com (+0.000 s off this clock), ntp2.example.com (-0.500 s off this clock)",
            "at least three that agree",
        ),
        ([source(state="too_variable", reach=255)], [], {}, ["variable"], "varies too much", "delays packets"),
        ([source(reach=1)], [], {}, ["samples"], f"not enough samples yet from {NTP}", "larger rtf_time_sync_wait"),
        ([source(state="selected", reach=1)], [], {}, ["samples"], f"not enough samples yet from {NTP}", "Wait"),
        ([], [], {}, [], "chrony has no source", "Set rtf_ntp_servers"),
        ([source(state="selected", reach=7), OTHER], [], {}, ["falseticker"], "ntp2.example.com", "three"),
    ],
)
def test_every_cause_is_told_apart_with_what_to_do(sources, probes, chrony, kinds, observed, remedy):
    found = told(sources, probes, **chrony)
    assert [cause.kind for cause in found] == kinds
    assert observed in chrony_causes.observed_text(found)
    assert remedy in chrony_causes.remedy(found, "n1", [NTP])


def test_sources_of_the_package_are_named_but_are_nobodys_errand():
    found = told([source(), source("pool.example.org", None)] * 2)
    assert [cause.source for cause in found] == [NTP, "pool.example.org"]
    assert "cannot resolve pool.example.org" in chrony_causes.observed_text(found)
    assert "pool.example.org" not in chrony_causes.remedy(found, "n1", [NTP])


def judged(evidence, check, subject=None):
    [result] = judge_node(checks.load(), subject or samples.subject(), evidence, [check])
    return result


def test_the_time_waited_and_the_cause_are_in_the_result():
    evidence = samples.evidence()
    evidence["host"]["time"].update(waited=60.2)
    evidence["host"]["time"]["chrony"].update(
        tracking={"leap": "Not synchronised", "offset": 0.0}, sources=[source(mode="key", key=7)]
    )
    result = judged(evidence, "time.synchronised")
    assert result["status"] == "fail"
    assert result["observed"].startswith("leap status Not synchronised after 60 s of waiting: authentication failed")


def test_how_a_source_is_authenticated_is_said():
    evidence = samples.evidence()
    evidence["host"]["time"]["chrony"]["sources"] = [source(state="selected", reach=255, mode="nts", cookies=8)]
    assert f"follows {NTP} over NTS" in judged(evidence, "time.synchronised")["observed"]


def test_a_server_that_answers_only_authenticated_queries_is_reached():
    evidence = samples.evidence()
    evidence["egress"] = [probe()]
    assert judged(evidence, "egress.ntp")["status"] == "fail"
    evidence["host"]["time"]["chrony"]["sources"] = [source(state="selected", reach=255, mode="nts", cookies=8)]
    assert judged(evidence, "egress.ntp")["status"] == "pass"


def chrony_evidence(offset=0.0, leap="Normal", dispersion=0.001, zone="UTC"):
    tracking = {"leap": leap, "offset": offset, "root_dispersion": dispersion, "root_delay": 0.002}
    return {"host": {"time": {"chrony": {"tracking": tracking, "sources": []}, "timezone": zone}}}


def between(collected, node, check="time.between_nodes", further=()):
    known = clock_offsets.of_cluster(collected, further)
    return judged({**collected[node], **known[node]}, check, samples.subject(node))


def test_the_one_that_is_off_is_red_and_its_offset_has_an_error():
    collected = {"n1": chrony_evidence(), "n2": chrony_evidence(), "n3": chrony_evidence(-0.5)}
    result = between(collected, "n3")
    assert result["status"] == "fail"
    assert "500.0 ms +- 4.0 ms ahead of n1 (by chrony's offset from NTP time)" in result["observed"]
    for node in ("n1", "n2"):
        result = between(collected, node)
        assert (result["status"], "n3 is off" in result["observed"]) == ("pass", True)


def test_why_a_clock_is_compared_with_no_other_is_said_of_the_node_that_it_is_true_of():
    silent = "chronyc -n -c tracking: exit code 1: 506 Cannot talk to daemon"
    collected = {"n1": chrony_evidence(), "n2": {"host": {"time": {"chrony": {"error": silent}}}}}
    assert between(collected, "n1")["observed"] == f"compared with no other node: n2: {silent}"
    assert between(collected, "n2")["observed"] == f"compared with no other node: {silent}"


def test_of_two_that_differ_nobody_knows_which_so_both_are_red():
    collected = {"n1": chrony_evidence(), "n2": chrony_evidence(0.5)}
    assert [between(collected, node)["status"] for node in collected] == ["fail", "fail"]


@pytest.mark.parametrize(
    "offset, error, within, margin",
    [
        (0.05, 0.01, "pass", "pass"),
        (0.2, 0.01, "pass", "fail"),
        (0.4, 0.01, "fail", "skipped"),
        (0.2, 0.2, "unknown", "skipped"),
        (0.08, 0.04, "pass", "unknown"),
        (-0.5, 0.3, "unknown", "skipped"),
        (-0.65, 0.3, "fail", "skipped"),
    ],
)
def test_an_error_as_great_as_the_question_leaves_it_open(offset, error, within, margin):
    collected = {"n1": chrony_evidence(), "n2": chrony_evidence(offset, dispersion=error - 0.003)}
    assert between(collected, "n2")["status"] == within
    assert between(collected, "n2", "time.between_nodes_margin")["status"] == margin


def test_another_measurement_settles_what_chrony_cannot_tell_and_outweighs_it_where_it_proves_more():
    vague = {"n1": chrony_evidence(dispersion=1.0), "n2": chrony_evidence()}
    assert between(vague, "n1")["status"] == "unknown"
    assert between(vague, "n1", further=[Measurement("n2", "n1", 0.01, 0.001, "packets")])["status"] == "pass"
    sure = {"n1": chrony_evidence(), "n2": chrony_evidence()}
    result = between(sure, "n1", further=[Measurement("n1", "n2", 0.5, 0.001, "packets")])
    assert result["status"] == "fail"
    assert "500.0 ms +- 1.0 ms behind n2 (by packets)" in result["observed"]


def test_what_the_port_matrix_measured_counts_either_way_round():
    collected = {"n1": chrony_evidence(leap="Not synchronised"), "n2": chrony_evidence()}
    links = [
        {"source": "n1", "destination": "n2", "clock": {"offset_ms": -400.0, "error_ms": 0.2}},
        {"source": "n2", "destination": "n1", "clock": None},
    ]
    further = clock_offsets.by_packets(links)
    assert (
        "400.0 ms +- 0.2 ms ahead of n2 (by packets between them)"
        in between(collected, "n1", further=further)["observed"]
    )
    assert "400.0 ms +- 0.2 ms behind n1" in between(collected, "n2", further=further)["observed"]


def test_who_cannot_be_compared_is_named_and_is_not_a_pass_of_its_own():
    collected = {
        "n1": chrony_evidence(),
        "n2": chrony_evidence(),
        "n3": chrony_evidence(leap="Not synchronised"),
        "n4": {"unreachable": "no route"},
    }
    assert "not compared with n3 (chrony is not synchronised" in between(collected, "n1")["observed"]
    assert "not compared with n4 (unreachable: no route)" in between(collected, "n1")["observed"]
    result = between(collected, "n3")
    assert (result["status"], "leap status Not synchronised" in result["observed"]) == ("unknown", True)


def test_nodes_outside_the_run_are_skipped_and_a_single_node_agrees_with_itself():
    alone = {"n1": chrony_evidence(), "n2": {"not_run": "not part of this run (--limit or a batch of serial)"}}
    assert between(alone, "n1")["status"] == "skipped"
    assert between({"n1": chrony_evidence()}, "n1")["status"] == "pass"


def test_a_time_zone_that_differs_is_told():
    collected = {
        "n1": chrony_evidence(zone="UTC"),
        "n2": chrony_evidence(zone="Europe/Berlin"),
        "n3": chrony_evidence(zone=None),
    }
    result = between(collected, "n1", "time.timezone_uniform")
    assert (result["status"], result["severity"]) == ("fail", "info")
    assert "UTC, but Europe/Berlin on n2" in result["observed"]
    assert between(collected, "n3", "time.timezone_uniform")["status"] == "unknown"
    assert between({"n1": chrony_evidence()}, "n1", "time.timezone_uniform")["status"] == "pass"


def test_servers_that_disagree_are_in_the_title():
    found = told([source(state="falseticker", reach=255), OTHER])
    servers = ["ntp.example.com", "ntp2.example.com"]
    title = "The clock cannot be synchronised on n1: the time servers disagree"
    assert chrony_causes.fault(found, "n1", servers) == title
    missing = chrony_causes.Cause(chrony_causes.UNRESOLVED, "2.debian.pool.ntp.org")
    assert chrony_causes.fault([*found, missing], "n1", servers) == title, "a source of the package"
    assert chrony_causes.fault([*found, missing._replace(source=servers[0])], "n1", servers) == ""


def test_equal_offsets_are_written_the_same_whatever_their_sign():
    sources = [source("a", "192.0.2.1", "falseticker", 255, offset) for offset in (0.0, 0.0004, -0.0004)]
    assert {cause.detail for cause in told(sources)} == {"+0.000 s off this clock"}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which path counts for a row, what is said of the others, and who has to act."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = checks.load()
LUMBERJACK = "dias-ingestor-nginx-us"


def way(path, verdict="reachable", layers=("dns", "tcp", "proxy", "tls")):
    done = [{"layer": layer, "verdict": "ok"} for layer in layers]
    return {"path": path, "verdict": verdict, "detail": "because", "tls": None, "layers": done}


def judge(row_id, used, *others):
    """The result of one row when its paths came to that, and of all checks."""
    evidence = samples.evidence()
    probe = next(probe for probe in evidence["egress"] if probe["id"] == row_id)
    probe.update(used, other_paths=list(others))
    results = {entry["id"]: entry for entry in judge_node(CHECKS, samples.subject(), evidence)}
    return results[f"egress.{row_id}"], results


@pytest.mark.parametrize(
    "path, words", [("http_proxy", "through the HTTP proxy"), ("socks5", "through the SOCKS5 proxy")]
)
def test_the_path_in_use_is_named(path, words):
    result, _all = judge("ecr-us", way(path), way("direct", "dropped"))
    assert (result["status"], result["observed"]) == ("pass", f"reachable {words}; because")


def test_a_proxy_that_refuses_is_not_excused_by_a_direct_path_that_works():
    result, _all = judge(LUMBERJACK, way("socks5", "proxy_denied"), way("direct"), way("http_proxy", "proxy_denied"))
    assert result["status"] == "fail"
    assert result["observed"] == (
        "proxy_denied through the SOCKS5 proxy: because; directly it is reachable; "
        "through the HTTP proxy it is proxy_denied"
    )
    assert result["remedy"] == (
        "Ask the proxy team to allow the SOCKS5 proxy to connect to dias-ingestor-nginx.prod.cloudhub.io port 5044 "
        "(row dias-ingestor-nginx-us of the change request). dias-ingestor-nginx.prod.cloudhub.io is reachable directly: "
        "if no proxy is required, unset rtf_monitoring_proxy."
    )


def test_lumberjack_that_cannot_leave_points_to_the_socks5_proxy():
    result, _all = judge(LUMBERJACK, way("direct", "dropped"), way("http_proxy"))
    assert result["status"] == "fail"
    assert result["remedy"].endswith("If a SOCKS5 proxy is required, set rtf_monitoring_proxy.")


@pytest.mark.parametrize(
    "verdict, remedy",
    [
        ("proxy_unreachable", "Check rtf_http_proxy, and ask the network team to let n1 reach that proxy."),
        ("proxy_auth", "Set a user name and password that the HTTP proxy accepts in rtf_http_proxy."),
        (
            "proxy_denied",
            "Ask the proxy team to allow the HTTP proxy to connect to ecr.us-east-1.amazonaws.com port 443",
        ),
        ("proxy_failed", "Ask the proxy team to let the HTTP proxy itself resolve and reach ecr.us-east-1"),
        ("proxy_broken", "Check that rtf_http_proxy names the HTTP proxy"),
        ("blocked", "Ask the team that filters web traffic"),
        (
            "tls_intercepted",
            "Ask the proxy team to exempt ecr.us-east-1.amazonaws.com from TLS inspection (row ecr-us of",
        ),
        ("http_failed", "Ask the network team which device passes the TLS handshake"),
        ("certificate_refused", "ecr.us-east-1.amazonaws.com:443 requires a client certificate"),
        ("upgrade_refused", "Ask the proxy team to let WebSockets"),
    ],
)
def test_each_refusal_of_a_proxy_says_who_must_act(verdict, remedy):
    result, _all = judge("ecr-us", way("http_proxy", verdict))
    assert (result["status"], result["observed"]) == ("fail", f"{verdict} through the HTTP proxy: because")
    assert result["remedy"].startswith(remedy)


def proxied(change=None, path="http_proxy"):
    """The results when every row goes through a proxy; change(probe) alters what it comes to."""
    evidence = samples.evidence()
    for probe in evidence["egress"]:
        if probe["protocol"] != "ntp":
            probe.update(way(path))
            if change:
                change(probe)
    return {entry["id"]: entry for entry in judge_node(CHECKS, samples.subject(), evidence)}


def test_proxies_that_are_not_set_are_not_missed():
    results = {entry["id"]: entry for entry in judge_node(CHECKS, samples.subject(), samples.evidence())}
    for check in ("egress.http_proxy", "egress.socks5_proxy"):
        assert results[check]["status"] == "pass" and "is not set" in results[check]["observed"]


def test_a_proxy_that_opens_some_connections_is_in_order():
    def only_lumberjack(probe):
        if probe["id"] != LUMBERJACK:
            probe.update(way("http_proxy", "proxy_denied", layers=("dns", "tcp")))

    results = proxied(only_lumberjack)
    assert results["egress.http_proxy"]["status"] == "pass"
    assert results["egress.http_proxy"]["observed"].startswith("opened 1 of ")


@pytest.mark.parametrize(
    "path, check, verdict, status, remedy",
    [
        (
            "http_proxy",
            "egress.http_proxy",
            "proxy_auth",
            "fail",
            "Set a user name and password that the HTTP proxy accepts in rtf_http_proxy",
        ),
        (
            "socks5",
            "egress.socks5_proxy",
            "proxy_auth",
            "fail",
            "Set a user name and password that the SOCKS5 proxy accepts in rtf_monitoring_proxy",
        ),
        (
            "http_proxy",
            "egress.http_proxy",
            "proxy_unreachable",
            "fail",
            "Check rtf_http_proxy, and ask the network team",
        ),
        ("http_proxy", "egress.http_proxy", "proxy_failed", "fail", "Ask the proxy team to let the HTTP proxy itself"),
        ("http_proxy", "egress.http_proxy", "proxy_broken", "fail", "Check rtf_http_proxy, and try"),
        ("http_proxy", "egress.http_proxy", "untested", "unknown", "Check rtf_http_proxy"),
    ],
)
def test_a_proxy_that_opens_none_has_a_finding_of_its_own(path, check, verdict, status, remedy):
    results = proxied(lambda probe: probe.update(way(path, verdict, layers=())), path)
    assert (results[check]["status"], results[check]["observed"]) == (status, f"{verdict}: because")
    assert results[check]["remedy"].startswith(remedy)


def test_a_proxy_that_answers_no_request_may_be_another_program_or_cut_off_itself():
    silent = {**way("http_proxy", "proxy_failed", layers=()), "cause": "proxy_silent"}
    results = proxied(lambda probe: probe.update(silent), "http_proxy")
    assert results["egress.http_proxy"]["remedy"].startswith(
        "Check that rtf_http_proxy names the HTTP proxy, which accepts"
    )


BROKER = "transport-layer-us"


def shown(organisation, passthrough=None, verdict="reachable"):
    told = {"issuer": f"CN=CA, O={organisation}", "issuer_organisation": organisation, "trusted": True}
    return {**way("direct", verdict), "detail": None, "tls": told, "passthrough": passthrough}


def test_mutual_tls_that_is_proven_says_so():
    result, _all = judge(BROKER, shown("Amazon", "passthrough"))
    assert (result["status"], result["observed"]) == ("pass", "reachable, passthrough, issuer CN=CA, O=Amazon")


def test_mutual_tls_that_is_decrypted_is_for_the_team_that_inspects_it():
    result, _all = judge(BROKER, shown("Corporate", "intercepted", "tls_intercepted"))
    assert result["status"] == "fail"
    assert result["remedy"] == (
        "Ask the team that inspects TLS to pass transport-layer.prod.cloudhub.io through undecrypted (row transport-layer-us of the "
        "change request): this connection uses mutual TLS, which inspection by CN=CA, O=Corporate breaks "
        "even where its CA is trusted."
    )


def test_another_public_authority_is_worth_a_remark():
    result, _all = judge("ecr-us", shown("Let's Encrypt"))
    assert result["status"] == "pass"
    assert result["observed"].endswith("a public authority, but not one that Amazon Web Services is known to use")


def test_an_inconclusive_proof_is_enough_only_where_the_issuer_is_known():
    result, _all = judge(BROKER, shown("Amazon", "inconclusive"))
    assert result["status"] == "pass" and "inconclusive" in result["observed"]
    row = {**samples.subject().endpoints[0], "id": "site", "host": "broker.example.com"}
    evidence = {**samples.evidence(), "egress": [{**shown("Anybody", "inconclusive"), "id": "site"}]}
    result = judge_node(CHECKS, samples.subject(endpoints=[row]), evidence, ["egress.site"])[0]
    assert result["status"] == "unknown"
    assert result["remedy"].startswith("Make sure that no proxy decrypts TLS between n1 and broker.example.com")


@pytest.mark.parametrize(
    "verdict, cause, remedy",
    [
        ("proxy_auth", "no_basic", "Ask the proxy team to offer Basic authentication to n1"),
        (
            "tls_name_mismatch",
            "common_name_only",
            "Ask the owner of ecr.us-east-1.amazonaws.com:443, or of the proxy if it decrypts",
        ),
        (
            "tls_untrusted",
            "incomplete_chain",
            "Ask the owner of ecr.us-east-1.amazonaws.com:443 to send the certificate of CN=CA",
        ),
        ("tls_untrusted", "lone_certificate", "Find out what CN=CA is. If it is a TLS-inspecting proxy"),
        (
            "tls_untrusted",
            "self_signed",
            "The certificate of ecr.us-east-1.amazonaws.com:443 is self-signed (CN=CA)",
        ),
        (
            "tls_untrusted",
            "unknown_issuer",
            "The certificate of ecr.us-east-1.amazonaws.com:443 is issued by CN=CA. If that is a",
        ),
        (
            "tls_untrusted",
            "weak_certificate",
            "Ask the owner of ecr.us-east-1.amazonaws.com:443, or of the proxy if it decrypts",
        ),
        (
            "tls_expired",
            "expired_intermediate",
            "Ask the owner of ecr.us-east-1.amazonaws.com:443 to replace the expired certificate",
        ),
        ("tls_expired", "expired_root", "Update the package ca-certificates on n1"),
        (
            "tls_failed",
            "name_filtered",
            "Ask the team that filters web traffic to let TLS connections to ecr.us-east-1",
        ),
        (
            "tls_failed",
            "no_tls_answer",
            "TCP to ecr.us-east-1.amazonaws.com:443 opens, but nothing answers a TLS handshake.",
        ),
        ("unresolved", "sinkhole", "Ask the team that runs the DNS filter to exempt ecr.us-east-1.amazonaws.com"),
        ("tls_intercepted", "unknown_issuer", "Ask the team that inspects TLS to exempt ecr.us-east-1.amazonaws.com"),
    ],
)
def test_a_cause_says_more_exactly_who_must_act(verdict, cause, remedy):
    path = "http_proxy" if verdict.startswith("proxy") else "direct"
    result, _all = judge("ecr-us", {**way(path, verdict), "cause": cause, "tls": {"issuer": "CN=CA"}})
    assert (result["status"], result["remedy"].startswith(remedy)) == ("fail", True), result["remedy"]


PORTAL = {
    "issuer": "CN=portal", "issuer_organisation": None, "subject": "CN=portal", "names": ["portal"],
    "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z", "trusted": False,
}  # fmt: skip


def test_a_login_page_over_tls_has_one_text_for_all_endpoints_and_is_no_inspection():
    """Captive portals answer TLS for every name with their own certificate, on a direct path without any proxy."""

    def portal(probe):
        probe.update(way("direct", "tls_intercepted"), tls=PORTAL)

    evidence = samples.evidence()
    for probe in evidence["egress"]:
        if probe["protocol"] not in ("ntp", "smtp", "postgresql", "registry"):
            portal(probe)
    results = [entry for entry in judge_node(CHECKS, samples.subject(), evidence) if entry["status"] == "fail"]
    assert len(results) > 5
    assert {entry["observed"] for entry in results} == {results[0]["observed"]}
    assert {entry["remedy"] for entry in results} == {results[0]["remedy"]}
    assert results[0]["observed"].startswith("one certificate answers for ")
    assert "login page (captive portal)" in results[0]["remedy"] and "proxy team" not in results[0]["remedy"]


def test_a_certificate_that_is_shown_for_one_owner_alone_is_not_shared():
    result, _all = judge("ecr-us", {**way("direct", "tls_untrusted"), "tls": PORTAL})
    assert "one certificate" not in result["observed"]


def test_a_proxy_without_basic_has_the_same_remedy_as_a_whole():
    results = proxied(lambda probe: probe.update(way("http_proxy", "proxy_auth", layers=()), cause="no_basic"))
    assert results["egress.http_proxy"]["remedy"].startswith("Ask the proxy team to offer Basic authentication to n1")

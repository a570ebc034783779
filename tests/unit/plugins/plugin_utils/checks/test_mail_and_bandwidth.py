# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail server and the bandwidth: what is said where nothing is meant, and who must act where it does not do."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import mail_server
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = checks.load()


def judge(check, node="n1", probe=None, download=None, **changes):
    """The result of a check after changes to the probe of the mail server, the download and the subject."""
    evidence = samples.evidence(node)
    for entry in evidence["egress"]:
        if entry["id"] == mail_server.ROW:
            entry.update(probe or {})
    evidence["download"].update(download or {})
    return next(
        (entry for entry in judge_node(CHECKS, samples.subject(node, **changes), evidence) if entry["id"] == check),
        None,
    )


def test_a_mail_server_that_nobody_names_is_left_out_and_holds_up_nothing():
    result = judge("egress.smtp", mail_server=None)
    assert (result["status"], result["severity"], result["observed"]) == ("skipped", "info", "rtf_smtp is not set")


def test_workers_send_no_mail():
    assert judge("egress.smtp", "n2") is None


def test_a_mail_server_that_offers_what_is_wanted():
    result = judge("egress.smtp")
    assert (result["status"], result["severity"]) == ("pass", "required")
    assert result["observed"] == "starttls, AUTH PLAIN; smtp.example.com ESMTP"
    assert result["expected"] == "smtp.example.com:587 accepts connections and offers AUTH PLAIN or LOGIN"


def test_a_mail_server_without_the_mechanism():
    result = judge("egress.smtp", probe={"smtp": {"banner": "", "extensions": ["AUTH"], "auth": ["CRAM-MD5"]}})
    assert (result["status"], result["observed"]) == ("fail", "starttls, AUTH CRAM-MD5")
    assert result["remedy"].startswith(
        "Ask the mail team to offer AUTH PLAIN or LOGIN to n1 on smtp.example.com port 587"
    )


@pytest.mark.parametrize(
    "verdict, status, remedy",
    [
        ("dropped", "fail", "Ask the network team to allow TCP 587 from n1 to smtp.example.com"),
        ("starttls_missing", "fail", "Set security in rtf_smtp to what smtp.example.com port 587 offers"),
        ("tls_name_mismatch", "fail", "Use a name in rtf_smtp that the certificate of smtp.example.com contains"),
        (
            "http_failed",
            "fail",
            "Run the audit again; if the result is the same, try `openssl s_client -connect smtp.example.com:587` on n1.",
        ),
        ("untested", "unknown", "Run the audit again"),
    ],
)
def test_a_mail_server_that_is_not_reached(verdict, status, remedy):
    result = judge("egress.smtp", probe={"verdict": verdict, "detail": "because"})
    assert (result["status"], result["observed"]) == (status, f"{verdict}: because")
    assert result["remedy"].startswith(remedy)


def test_a_mail_server_that_was_not_probed():
    evidence = samples.evidence()
    evidence["egress"] = [entry for entry in evidence["egress"] if entry["id"] != mail_server.ROW]
    assert judge_node(CHECKS, samples.subject(), evidence, ["egress.smtp"])[0]["status"] == "unknown"


@pytest.mark.parametrize(
    "value, words",
    [
        ([], "must be a dictionary {host, port, security, auth}, not a list"),
        ({"port": 25}, "host: None is not a valid host name"),
        ({"host": "a b"}, "host: a string (not shown, it may hold a secret) is not a valid host name"),
        ({"host": "a.example", "port": "smtp"}, "port: 'smtp' is not a number"),
        ({"host": "a.example", "port": True}, "port: True is not a number"),
        ({"host": "a.example", "security": "ssl"}, "security: 'ssl' is unknown; valid: starttls, tls, none"),
        ({"host": "a.example", "auth": {"PLAIN": 1}}, "auth: must be a list"),
        ({"host": "a.example", "password": "hunter2"}, "password is unknown; valid: host, port, security, auth"),
    ],
)
def test_what_is_no_mail_server(value, words):
    with pytest.raises(ValueError) as caught:
        mail_server.of_input(value)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "value, port, security, protocol",
    [
        ({"host": "a.example"}, 465, "tls", "smtps"),
        ({"host": "a.example", "port": 25}, 25, "starttls", "smtp"),
        ({"host": "a.example", "port": 465, "security": "starttls"}, 465, "starttls", "smtp"),
        ({"host": "a.example", "port": 2525, "security": "none"}, 2525, "none", "smtp"),
    ],
)
def test_what_is_assumed_of_a_mail_server(value, port, security, protocol):
    server = mail_server.of_input(value)
    assert (server.port, server.security, mail_server.probe(server)["protocol"]) == (port, security, protocol)
    assert mail_server.probe(server)["starttls"] is (security == "starttls")
    assert mail_server.of_input({}) is None


def test_a_bandwidth_that_nobody_measures():
    evidence = {**samples.evidence(), "download": {"skipped": True}}
    result = judge_node(CHECKS, samples.subject(), evidence, ["egress.bandwidth"])[0]
    assert (result["status"], result["severity"]) == ("skipped", "info")
    assert result["observed"] == "rtf_outbound_bandwidth_url is not set"


def test_both_readings_of_the_vendors_text_are_told():
    result = judge("egress.bandwidth")
    assert result["status"] == "pass"
    assert result["expected"] == "at least 100 Mbit/s (12.5 MB/s)"
    assert result["observed"] == (
        "400 Mbit/s (50 MB/s) directly, peak 480 Mbit/s (60 MB/s); the vendor's 100 MBps read as 100 Mbit/s met, "
        "as 800 Mbit/s not met"
    )


def test_a_line_that_is_too_narrow():
    result = judge("egress.bandwidth", download={"path": "http_proxy"}, inputs={"min_outbound_bandwidth_mbit": 800})
    assert (result["status"], result["severity"]) == ("fail", "recommended")
    assert result["remedy"].startswith("Ask the network team why n1 downloads no faster through the HTTP proxy")


def test_a_download_that_did_not_come_about():
    download = {"verdict": "http_failed", "detail": "the answer is 404 Not Found", "mean_mbit": None}
    result = judge("egress.bandwidth", download=download)
    assert (result["status"], result["observed"]) == ("unknown", "http_failed directly: the answer is 404 Not Found")
    evidence = {**samples.evidence(), "download": {"error": "lost"}}
    assert judge_node(CHECKS, samples.subject(), evidence, ["egress.bandwidth"])[0]["status"] == "unknown"

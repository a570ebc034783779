# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.smtp: the mail server accepts connections from the controllers."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress.endpoint_remedies import by_cause
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import mail_server
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

_SENTENCES = {
    "unresolved": "Ask the DNS team to let {node} resolve {host} (`getent hosts {host}`), or correct rtf_smtp.",
    "dropped": "Ask the network team to allow TCP {port} from {node} to {host}, or correct rtf_smtp.",
    "refused": "Ask the mail team whether {host} listens on TCP {port} for {node}, or correct rtf_smtp.",
    "rejected": "Ask the network team to allow TCP {port} from {node} to {host}, or correct rtf_smtp.",
    "smtp_failed": "Ask the mail team to let {node} use {host} port {port}, or correct port and security in rtf_smtp.",
    "starttls_missing": "Set security in rtf_smtp to what {host} port {port} offers, or ask the mail team for STARTTLS.",
    "tls_failed": (
        "Set security in rtf_smtp to starttls if {host} port {port} starts without TLS, or ask the mail team."
    ),
    "tls_untrusted": (
        "Install the CA of the certificate of {host} on {node}, or ask the mail team for a certificate of a public CA."
    ),
    "tls_name_mismatch": "Use a name in rtf_smtp that the certificate of {host} contains.",
    "tls_expired": "Ask the mail team to renew the certificate of {host}, if the clock of {node} is right.",
}
_AGAIN = "Run the audit again; if the result is the same, try `openssl s_client -connect {host}:{port}` on {node}."


@check("egress.smtp")
def smtp(subject: Subject, evidence: Evidence) -> Finding:
    server = subject.mail_server
    if server is None:
        return Finding(
            SKIPPED,
            "a mail server that the controllers can use",
            "rtf_smtp is not set",
            "Set rtf_smtp to test the mail server for alerts.",
            severity="info",
        )
    expected = f"{server.host}:{server.port} accepts connections" + (
        f" and offers AUTH {' or '.join(server.auth)}" if server.auth else ""
    )
    probe = next((probe for probe in part(evidence, "egress") if probe["id"] == mail_server.ROW), None)
    if probe is None:
        return Finding(UNKNOWN, expected, "not probed", "Run the audit again.")
    names = {"node": subject.node, "host": server.host, "port": server.port}
    if probe["verdict"] != "reachable":
        status = UNKNOWN if probe["verdict"] in ("untested", "error") else FAIL
        observed = f"{probe['verdict']}: {probe['detail']}" if probe["detail"] else probe["verdict"]
        issuer = (probe.get("tls") or {}).get("issuer") or "an unknown issuer"
        sentence = by_cause(probe["verdict"], probe) or _SENTENCES.get(probe["verdict"], _AGAIN)
        return Finding(status, expected, observed, sentence.format(row="rtf_smtp", issuer=issuer, **names), probe)
    offered = probe["smtp"]["auth"]
    offer = f"{server.security}, AUTH {' '.join(offered)}" if offered else f"{server.security}, no AUTH"
    if server.auth and not set(server.auth) & set(offered):
        return Finding(
            FAIL,
            expected,
            offer,
            "Ask the mail team to offer AUTH {auth} to {node} on {host} port {port}, or correct auth in rtf_smtp.".format(
                auth=" or ".join(server.auth), **names
            ),
            probe,
        )
    return Finding(PASS, expected, f"{offer}; {probe['smtp']['banner']}", evidence=probe)

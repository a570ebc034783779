# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP that starts in clear and usually changes to TLS. No mail is sent."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols_over_tls import TlsProtocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import smtp_session, verdicts


class Smtp(TlsProtocol):
    name = "smtp"
    title = "SMTP"
    outcome = "the extensions that the mail server offers, see RV(endpoints[].smtp). No mail is sent"
    layer = "smtp"
    evidence = Evidence(
        "smtp",
        """
description: The capabilities of the mail server. V(null) for other protocols, and if there was no reply
  to EHLO.
returned: always
type: dict
contains:
  banner:
    description: The greeting of the server.
    returned: always
    type: str
    sample: mail.example.com ESMTP
  extensions:
    description: The extensions that the server offers. If TLS was established, these are the extensions
      that it offers over TLS.
    returned: always
    type: list
    elements: str
    sample: [SIZE, STARTTLS, AUTH]
  auth:
    description: The AUTH mechanisms that the server offers, over TLS if TLS was established.
    returned: always
    type: list
    elements: str
    sample: [PLAIN, LOGIN]
""",
    )
    failures = {
        verdicts.SMTP_FAILED: "the mail server refuses, or the peer is not a mail server",
        verdicts.STARTTLS_MISSING: "the mail server does not offer STARTTLS",
    }

    def probe(self, attempt):
        """See Protocol.probe."""
        wire = self.open(attempt)
        if attempt.endpoint.starttls:
            return self.over_tls(attempt, wire)
        smtp_session.leave(wire, attempt.seconds)
        wire.close()
        return None

    def open(self, attempt):
        """See TlsProtocol.open."""
        wire = attempt.connect()
        try:
            with attempt.trace.layer(self.layer):
                offered = greet(attempt, wire)
                if attempt.endpoint.starttls:
                    smtp_session.start_tls(wire, offered, attempt.seconds)
        except verdicts.LayerFailed:
            wire.close()
            raise
        return wire

    def converse(self, attempt, stream):
        """See Protocol.converse."""
        with attempt.trace.layer(self.layer):
            attempt.trace.amend("smtp", **smtp_session.hello(stream, attempt.seconds)._asdict())
            smtp_session.leave(stream, attempt.seconds)


def greet(attempt, stream):
    """The Offer of a mail server to a new client, noted in the attempt's trace."""
    banner, offered = smtp_session.greet(stream, attempt.seconds)
    attempt.trace.note(smtp={"banner": banner, "extensions": offered.extensions, "auth": offered.auth})
    return offered

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP with TLS from the start. No mail is sent."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols.smtp import Smtp, greet
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols_over_tls import TlsProtocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import smtp_session


class Smtps(TlsProtocol):
    name = "smtps"
    title = "SMTP over TLS"
    outcome = "the extensions that the mail server offers over implicit TLS. No mail is sent"
    layer = Smtp.layer
    evidence = Smtp.evidence

    def converse(self, attempt, stream):
        """See Protocol.converse."""
        with attempt.trace.layer(self.layer):
            greet(attempt, stream)
            smtp_session.leave(stream, attempt.seconds)

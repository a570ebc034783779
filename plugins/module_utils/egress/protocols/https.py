# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS: a GET over TLS."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import http_origin
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols_over_tls import TlsProtocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdicts


class Https(TlsProtocol):
    name = "https"
    title = "HTTPS"
    outcome = "the head of the response to a GET"
    layer = "http"
    evidence = http_origin.EVIDENCE
    failures = {verdicts.HTTP_FAILED: "the connection works, but the request gets no HTTP response"}
    carrier = "http_proxy"
    in_catalogue = True

    def converse(self, attempt, stream):
        """See Protocol.converse."""
        with attempt.trace.layer(self.layer):
            return http_origin.get(attempt, stream, genuine=bool(attempt.endpoint.issuers))

    def explain_interception(self, attempt, channel, intercepted):
        """See TlsProtocol.explain_interception: does the proxy that intercepts forward requests, at least?"""
        try:
            http_origin.get(attempt, channel)
        except verdicts.LayerFailed as failure:
            if failure.verdict == verdicts.BLOCKED:
                return verdicts.LayerFailed(verdicts.BLOCKED, f"{intercepted.detail}; {failure.detail}")
        return intercepted

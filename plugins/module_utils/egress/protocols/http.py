# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP without TLS."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import http_origin, http_through_proxy
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Protocol


class Http(Protocol):
    name = "http"
    title = "HTTP"
    outcome = (
        "the head of the response to a GET without TLS. O(http_proxy) receives the request itself, without CONNECT"
    )
    layer = "http"
    evidence = http_origin.EVIDENCE
    carrier = "http_proxy"

    def probe(self, attempt):
        """See Protocol.probe."""
        proxy = attempt.forwarding_proxy()
        wire = attempt.connect() if proxy is None else attempt.connect_to_proxy(proxy)
        try:
            with attempt.trace.layer(self.layer):
                return http_origin.get(attempt, wire) if proxy is None else http_through_proxy.get(proxy, attempt, wire)
        finally:
            wire.close()

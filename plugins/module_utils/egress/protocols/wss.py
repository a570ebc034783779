# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WebSockets over TLS: the opening handshake of RFC 6455."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import http_origin
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols_over_tls import TlsProtocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    http_exchange,
    verdicts,
    websocket_handshake,
)


class Wss(TlsProtocol):
    """subprotocol: what the client asks for in Sec-WebSocket-Protocol, None for nothing."""

    name = "wss"
    title = "WebSockets"
    outcome = "the response to a WebSocket upgrade request"
    layer = "websocket"
    evidence = http_origin.EVIDENCE
    failures = {verdicts.UPGRADE_REFUSED: "the endpoint does not accept the WebSocket upgrade"}
    carrier = "http_proxy"
    in_catalogue = True
    long_lived = True
    subprotocol = None

    def converse(self, attempt, stream):
        """See Protocol.converse."""
        with attempt.trace.layer(self.layer):
            remark = self._upgrade(attempt, stream)
        return remark or attempt.hold(stream)

    def _upgrade(self, attempt, stream):
        endpoint, key = attempt.endpoint, websocket_handshake.key()
        lines = websocket_handshake.header_lines(key, self.subprotocol)
        question = http_exchange.request(endpoint.host, endpoint.port, endpoint.url_path, lines)
        head, page = http_origin.ask(attempt, stream, question)
        mark = http_exchange.block_mark(head) or http_exchange.page_mark(head, page)
        if mark:
            raise http_origin.blocked(mark, page)
        refused, sentence = websocket_handshake.refusal(head, key, self.subprotocol)
        if refused:
            raise verdicts.LayerFailed(verdicts.UPGRADE_REFUSED, sentence)
        return sentence

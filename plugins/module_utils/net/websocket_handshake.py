# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The opening handshake of a WebSocket (RFC 6455); no sockets here."""

import base64
import hashlib
import os

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_UNAUTHENTICATED = (401, 403)


def key():
    """A fresh value for Sec-WebSocket-Key, as text."""
    return base64.b64encode(os.urandom(16)).decode("ascii")


def header_lines(sent_key, subprotocol):
    """The header lines of the upgrade; subprotocol: a name, or None for none."""
    lines = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + sent_key]
    return lines + (["Sec-WebSocket-Protocol: " + subprotocol] if subprotocol else [])


def refusal(head, sent_key, subprotocol):
    """(whether the upgrade was refused, a sentence or None) for the http_response_head.Head of the answer."""
    if head.status == 101:
        if head.headers.get("sec-websocket-accept") != accept(sent_key):
            return True, "the response to the WebSocket upgrade does not match the request (Sec-WebSocket-Accept)"
        agreed = head.headers.get("sec-websocket-protocol")
        if subprotocol and agreed != subprotocol:
            return True, "the WebSocket opens, but with the subprotocol {} instead of {}".format(
                agreed or "none", subprotocol
            )
        return False, None
    answered = f"the WebSocket upgrade was answered with {head.status} {head.reason}"
    if head.status in _UNAUTHENTICATED:
        return False, f"{answered}, as expected without credentials"
    return True, answered


def accept(sent_key):
    """The value of Sec-WebSocket-Accept for a key."""
    return base64.b64encode(hashlib.sha1(sent_key.encode("ascii") + _GUID).digest()).decode("ascii")

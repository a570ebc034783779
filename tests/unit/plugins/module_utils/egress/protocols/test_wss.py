# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import base64
import hashlib

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import websocket_handshake
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback, loopback_proxies

AUTHORITY = loopback.Authority()


def probe(handle, protocol):
    with AUTHORITY.server(handle=handle) as port:
        prober = Prober(2, AUTHORITY.contexts())
        (row,) = prober.probe_all([loopback.endpoint(port, protocol=protocol)], 4, 10, deadlines.Deadline(10))
    return row


def broker(
    status="101 Switching Protocols", subprotocol="amqp", guid=b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", before=b""
):
    def handle(sock):
        lines = loopback_proxies.head_of(sock)
        (key,) = [line.split(": ")[1] for line in lines if line.startswith("Sec-WebSocket-Key")]
        token = base64.b64encode(hashlib.sha1(key.encode("ascii") + guid).digest()).decode("ascii")
        answered = ["HTTP/1.1 " + status, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + token]
        if subprotocol and "Sec-WebSocket-Protocol: amqp" in lines:
            answered.append("Sec-WebSocket-Protocol: " + subprotocol)
        sock.sendall(before + ("\r\n".join(answered) + "\r\n\r\n").encode("ascii"))
        loopback.linger(sock)

    return handle


@pytest.mark.parametrize("protocol", ["amqp_wss", "wss"])
def test_a_websocket_opens(protocol):
    row = probe(broker(), protocol)
    assert (row["verdict"], row["layer"], row["detail"]) == ("reachable", "websocket", None)
    assert row["http"]["status"] == 101


def test_early_hints_are_no_refusal():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    assert probe(broker(before=hints), "amqp_wss")["verdict"] == "reachable"


@pytest.mark.parametrize(
    "handle, words",
    [
        (broker(subprotocol=None), "with the subprotocol none instead of amqp"),
        (broker(subprotocol="mqtt"), "with the subprotocol mqtt instead of amqp"),
        (broker(guid=b"replayed"), "does not match the request"),
        (broker("400 Bad Request"), "answered with 400 Bad Request"),
        (broker("426 Upgrade Required"), "answered with 426 Upgrade Required"),
    ],
)
def test_a_websocket_that_does_not_open_as_asked(handle, words):
    row = probe(handle, "amqp_wss")
    assert row["verdict"] == "upgrade_refused" and words in row["detail"]


def test_a_broker_that_wants_credentials_is_reached():
    row = probe(broker("401 Unauthorized"), "amqp_wss")
    assert row["verdict"] == "reachable" and "without credentials" in row["detail"]


def test_a_filter_that_answers_for_the_broker():
    filtered = loopback.http_answer(b"HTTP/1.1 403 No\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n")
    assert probe(filtered, "amqp_wss")["verdict"] == "blocked"


def test_the_example_of_the_rfc():
    assert websocket_handshake.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

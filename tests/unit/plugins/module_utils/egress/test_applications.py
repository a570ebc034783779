# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import base64
import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import prober as egress
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    http_exchange,
    http_heads,
    websocket_handshake,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback, loopback_proxies

VENDOR = "Vendor Trust Services"
AUTHORITY = loopback.Authority(VENDOR)
SIGNS = ["x-amz-request-id", "server: AmazonS3"]


def probe(handle, protocol="https", timeout=2, **fields):
    with AUTHORITY.server(handle=handle) as port:
        prober = egress.Prober(timeout, AUTHORITY.contexts())
        endpoint = loopback.endpoint(port, protocol=protocol, **fields)
        (row,) = prober.probe_all([endpoint], 4, 10, deadlines.Deadline(10))
    return row


def answer(status, *headers, **more):
    lines = ["HTTP/1.1 " + status] + list(headers)
    return loopback.http_answer(("\r\n".join(lines) + "\r\n\r\n" + more.get("body", "")).encode("utf-8"))


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"])
@pytest.mark.parametrize("header", ["x-amz-request-id: 1", "Server: AmazonS3"])
def test_an_origin_is_healthy_whatever_its_status(status, header):
    row = probe(answer(status, header), origin=SIGNS)
    assert (row["verdict"], row["layer"], row["detail"]) == ("reachable", "http", None)
    assert row["http"]["status"] == int(status[:3])
    assert [layer["layer"] for layer in row["layers"]] == ["dns", "tcp", "tls", "http"]


@pytest.mark.parametrize(
    "status, body, title",
    [
        ("403 Forbidden", "<html><title>Blocked\n by policy</title>", "Blocked by policy"),
        ("200 OK", "<html><head><TITLE lang=en>Please log in</TITLE>", "Please log in"),
        ("302 Found", "", None),
    ],
)
def test_a_page_of_somebody_else_is_a_block_whatever_its_status(status, body, title):
    row = probe(answer(status, "Server: proxy", "Content-Type: text/html", body=body), origin=SIGNS)
    assert (row["verdict"], row["layer"], row["http"]["title"]) == ("blocked", "http", title)
    assert "carries no sign of the endpoint" in row["detail"]
    assert title is None or title in row["detail"]


@pytest.mark.parametrize(
    "status, header",
    [
        ("511 Network Authentication Required", "Server: x"),
        ("403 Forbidden", "X-Squid-Error: ERR_ACCESS_DENIED 0"),
    ],
)
def test_an_answer_that_names_itself_as_a_filters_needs_no_signs(status, header):
    assert probe(answer(status, header))["verdict"] == "blocked"


def test_a_proven_origin_may_change_its_headers():
    row = probe(answer("200 OK"), origin=SIGNS, issuers=[VENDOR])
    assert row["verdict"] == "reachable" and "no sign" in row["detail"]


def test_interception_that_lets_nothing_through_is_a_block():
    row = probe(answer("403 Forbidden", "X-Squid-Error: ERR_ACCESS_DENIED 0"), issuers=["Another"], origin=SIGNS)
    assert row["verdict"] == "blocked"
    assert row["detail"].startswith("intercepted, and trusted by this host")
    assert probe(answer("403 No", "x-amz-request-id: 1"), issuers=["Another"])["verdict"] == "tls_intercepted"


def test_a_server_in_trouble_is_reachable_with_a_remark():
    assert probe(answer("503 Slow Down"))["detail"] == "HTTP 503 Slow Down"


def test_the_question():
    asked = []

    def note(sock):
        asked.extend(loopback_proxies.head_of(sock))
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    probe(note, url_path="/v2/", host="localhost")
    assert asked[0] == "GET /v2/ HTTP/1.1"
    assert asked[1].startswith("Host: localhost:")
    assert http_exchange.request("2001:db8::1", 443, "/").startswith(b"GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n")


def closes(sock):
    sock.recv(65536)


def drips(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _dummy in range(100):
        sock.sendall(b"y")
        time.sleep(0.1)


def endless(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        sock.sendall(b"X: " + b"y" * 60000 + b"\r\n")


def garbage(sock):
    sock.sendall(b"\0\1\2" * 10)
    loopback.linger(sock)


@pytest.mark.parametrize("protocol, layer", [("https", "http"), ("wss", "websocket"), ("amqp_wss", "websocket")])
@pytest.mark.parametrize(
    "handle, words",
    [
        (closes, "closed the connection without an answer"),
        (drips, "no answer to an HTTP request within 1 s"),
        (loopback.linger, "no answer to an HTTP request within 1 s"),
        (endless, "longer than"),
        (garbage, "not HTTP"),
    ],
)
def test_hostile_servers_get_a_verdict_in_time(handle, words, protocol, layer):
    begun = time.monotonic()
    row = probe(handle, protocol, timeout=1)
    assert time.monotonic() - begun < 3
    assert (row["verdict"], row["layer"]) == ("http_failed", layer)
    assert words in row["detail"]


def test_a_body_that_never_ends_is_not_read():
    def handle(sock):
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            sock.sendall(b"<p>" * 10000)

    assert probe(handle)["verdict"] == "reachable"


def broker(status="101 Switching Protocols", subprotocol="amqp", guid=b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"):
    def handle(sock):
        lines = loopback_proxies.head_of(sock)
        (key,) = [line.split(": ")[1] for line in lines if line.startswith("Sec-WebSocket-Key")]
        token = base64.b64encode(hashlib.sha1(key.encode("ascii") + guid).digest()).decode("ascii")
        answered = ["HTTP/1.1 " + status, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + token]
        if subprotocol and "Sec-WebSocket-Protocol: amqp" in lines:
            answered.append("Sec-WebSocket-Protocol: " + subprotocol)
        sock.sendall(("\r\n".join(answered) + "\r\n\r\n").encode("ascii"))
        loopback.linger(sock)

    return handle


@pytest.mark.parametrize("protocol", ["amqp_wss", "wss"])
def test_a_websocket_opens(protocol):
    row = probe(broker(), protocol)
    assert (row["verdict"], row["layer"], row["detail"]) == ("reachable", "websocket", None)
    assert row["http"]["status"] == 101


@pytest.mark.parametrize(
    "handle, words",
    [
        (broker(subprotocol=None), "with the subprotocol none instead of amqp"),
        (broker(subprotocol="mqtt"), "with the subprotocol mqtt instead of amqp"),
        (broker(guid=b"replayed"), "belongs to another question"),
        (broker("400 Bad Request"), "answered with 400 Bad Request"),
        (broker("426 Upgrade Required"), "answered with 426 Upgrade Required"),
    ],
)
def test_a_websocket_that_does_not_open_as_asked(handle, words):
    row = probe(handle, "amqp_wss")
    assert row["verdict"] == "upgrade_refused" and words in row["detail"]


def test_a_broker_that_wants_credentials_is_reached():
    row = probe(broker("401 Unauthorized"), "amqp_wss")
    assert row["verdict"] == "reachable" and "no credentials" in row["detail"]


def test_a_filter_that_answers_for_the_broker():
    assert probe(answer("403 No", "X-Squid-Error: ERR_ACCESS_DENIED 0"), "amqp_wss")["verdict"] == "blocked"


def test_the_example_of_the_rfc():
    assert websocket_handshake.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


HEADS = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 ", b"404", b" ", b"\r\n", b"\r\n\r\n", b"Server: a\r\n", b"\n\n", b":"]
        ),
    ),
    max_size=12,
)


@given(HEADS)
def test_a_head_is_read_the_same_whole_or_in_pieces_or_refused(chunks):
    def read(parts):
        reader = http_heads.HeadReader()
        for part in parts:
            if reader.feed(part):
                return reader.head
        return None

    data = b"".join(chunks)
    outcomes = []
    for parts in ([data], [data[at : at + 1] for at in range(len(data))]):
        try:
            outcomes.append(read(parts))
        except http_heads.HttpError as exc:
            outcomes.append("error")
            assert str(exc).isprintable()
    assert outcomes[0] == outcomes[1]
    if outcomes[0] not in (None, "error"):
        assert 100 <= outcomes[0].status <= 999
        assert all(text.isprintable() for pair in outcomes[0].headers.items() for text in pair)

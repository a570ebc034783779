# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import http_exchange
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback, loopback_proxies

VENDOR = "Vendor Trust Services"
AUTHORITY = loopback.Authority(VENDOR)
SIGNS = ["x-amz-request-id", "server: AmazonS3"]


def probe(handle, protocol="https", timeout=2, **fields):
    with AUTHORITY.server(handle=handle) as port:
        prober = Prober(timeout, AUTHORITY.contexts())
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
    assert "has none of the endpoint's headers" in row["detail"]
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
    assert row["verdict"] == "reachable" and "none of the endpoint's headers" in row["detail"]


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
    while True:
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
    assert time.monotonic() - begun < loopback.PATIENCE
    assert (row["verdict"], row["layer"]) == ("http_failed", layer)
    assert words in row["detail"]


def test_a_body_that_never_ends_is_not_read():
    def handle(sock):
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            sock.sendall(b"<p>" * 10000)

    assert probe(handle)["verdict"] == "reachable"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import proxy_url
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback, loopback_proxies

AUTHORITY = loopback.Authority()
PATHS = {"http_proxy": ("http", loopback_proxies.HttpProxy), "socks5": ("socks5", loopback_proxies.SocksProxy)}
NAMES = {loopback.NAME: "127.0.0.1"}


def probe(path, proxy_port, port, host=loopback.NAME, others=(), protocol="tls", user="", timeout=2):
    """The row of an endpoint over `path` through the proxy at `proxy_port`."""
    url = f"{PATHS[path][0]}://{user}127.0.0.1:{proxy_port}"
    known = {path: proxy_url.parse(url, PATHS[path][0])}
    endpoint = loopback.endpoint(port, host=host, protocol=protocol, paths=[path] + list(others))
    prober = Prober(timeout, AUTHORITY.contexts(), known)
    (row,) = prober.probe_all([endpoint], 64, 10, deadlines.Deadline(10))
    return row


@pytest.mark.parametrize("path", sorted(PATHS))
def test_an_endpoint_that_only_the_proxy_can_resolve(path):
    proxy = PATHS[path][1](NAMES)
    with AUTHORITY.server() as port, loopback.tcp_server(proxy) as proxy_port:
        row = probe(path, proxy_port, port, others=["direct"])
    assert (row["path"], row["verdict"], row["layer"]) == (path, "reachable", "tls")
    assert [layer["layer"] for layer in row["layers"]] == ["dns", "tcp", "proxy", "tls"]
    assert row["tls"]["names"] == [loopback.NAME]
    (other,) = row["other_paths"]
    assert (other["path"], other["verdict"]) == ("direct", "unresolved")
    assert set(row) - set(other) == {"id", "host", "port", "protocol", "other_paths"}


@pytest.mark.parametrize("path", sorted(PATHS))
@pytest.mark.parametrize(
    "user, verdict", [("jo:hunter2@", "reachable"), ("jo:hunter3@", "proxy_auth"), ("", "proxy_auth")]
)
def test_credentials_are_shown_to_the_proxy_and_to_nobody_else(path, user, verdict):
    proxy = PATHS[path][1](NAMES, "jo:hunter2")
    with AUTHORITY.server() as port, loopback.tcp_server(proxy) as proxy_port:
        row = probe(path, proxy_port, port, user=user)
    assert row["verdict"] == verdict
    assert "hunter" not in json.dumps(row)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_a_proxy_without_a_way_to_the_endpoint(path):
    with loopback.tcp_server(PATHS[path][1](NAMES)) as proxy_port:
        row = probe(path, proxy_port, loopback.closed_port())
    assert (row["verdict"], row["layer"]) == ("proxy_failed", "proxy")


@pytest.mark.parametrize("path", sorted(PATHS))
def test_a_proxy_that_is_not_there(path):
    row = probe(path, loopback.closed_port(), 443)
    assert (row["verdict"], row["layer"]) == ("proxy_unreachable", "tcp")
    assert "the proxy 127.0.0.1 port" in row["detail"] and "refused" in row["detail"]


def closes(sock):
    sock.recv(1)


def in_the_middle(sock):
    sock.recv(65536)
    sock.sendall(b"HTTP/1.1 2")


def drips(sock):
    sock.recv(65536)
    for byte in bytearray(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000):
        sock.sendall(bytes(bytearray([byte])))
        time.sleep(0.1)


def floods(sock):
    sock.recv(65536)
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        sock.sendall(b"X-Header: " + b"y" * 65536 + b"\r\n")


def stranger(sock):
    sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    loopback.linger(sock)


@pytest.mark.parametrize("path", sorted(PATHS))
@pytest.mark.parametrize("handle", [closes, in_the_middle, drips, floods, stranger])
def test_a_hostile_proxy_costs_a_timeout_and_gets_a_verdict(path, handle):
    begun = time.monotonic()
    with loopback.tcp_server(handle) as proxy_port:
        row = probe(path, proxy_port, 443, timeout=1)
    assert time.monotonic() - begun < loopback.PATIENCE
    assert (row["verdict"], row["layer"]) == ("proxy_broken", "proxy")
    assert row["detail"].isprintable()


class WithoutWay:
    """A proxy whose packets to the endpoint are dropped: it waits for longer than its clients."""

    def __init__(self, path):
        self._greets = path == "socks5"

    def __call__(self, sock):
        sock.recv(65536)
        if self._greets:
            sock.sendall(b"\x05\x00")
        loopback.linger(sock)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_a_proxy_that_waits_for_the_endpoint_is_not_broken(path):
    """chobits/ngx_http_proxy_connect_module#35, sagemathinc/http-proxy-3#48: it takes a minute or two to say so."""
    with loopback.tcp_server(WithoutWay(path)) as proxy_port:
        row = probe(path, proxy_port, 443, timeout=0.5)
    assert (row["verdict"], row["cause"], row["layer"]) == ("proxy_failed", "proxy_silent", "proxy")
    assert row["detail"].endswith(f"does not answer the request for {loopback.NAME} port 443 within 0.5 s")


@pytest.mark.parametrize("pause", [0, 0.2])
def test_a_proxy_that_answers_connect_with_a_page_of_its_own(pause):
    def captive(sock):
        loopback_proxies.head_of(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        time.sleep(pause)
        sock.sendall(b"<html><title>Please log in</title></html>\n")
        loopback.linger(sock)

    with loopback.tcp_server(captive) as proxy_port:
        row = probe("http_proxy", proxy_port, 443)
    assert (row["verdict"], row["layer"]) == ("blocked", "tls")
    assert "Please log in" in row["detail"]


def answers(data, asked):
    """A handler that keeps the head of what it is asked, and answers with these bytes."""

    def handle(sock):
        asked.extend(loopback_proxies.head_of(sock))
        sock.sendall(data)

    return handle


@pytest.mark.parametrize(
    "status, verdict",
    [
        (b"200 OK", "reachable"),
        (b"401 Unauthorized", "reachable"),
        (b"403 Forbidden", "reachable"),
        (b"404 Not Found", "reachable"),
        (b"407 Proxy Authentication Required", "proxy_auth"),
        (b"403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0", "proxy_denied"),
        (b"503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111", "proxy_failed"),
        (b"504 Gateway Timeout", "proxy_failed"),
    ],
)
def test_http_in_clear_is_asked_of_the_proxy_itself(status, verdict):
    asked = []
    with loopback.tcp_server(answers(b"HTTP/1.1 " + status + b"\r\n\r\n", asked)) as proxy_port:
        row = probe("http_proxy", proxy_port, 80, protocol="http", user="jo:hunter2@")
    assert (row["verdict"], row["layer"]) == (verdict, "http"), row
    assert asked[0] == f"GET http://{loopback.NAME}:80/ HTTP/1.1"
    assert f"Host: {loopback.NAME}" in asked and "Proxy-Authorization: Basic am86aHVudGVyMg==" in asked
    assert "hunter2" not in json.dumps(row) and "am86aHVudGVyMg" not in json.dumps(row)


@pytest.mark.parametrize("handle", [closes, in_the_middle, stranger], ids=lambda handle: handle.__name__)
def test_a_proxy_that_answers_no_http_is_broken(handle):
    with loopback.tcp_server(handle) as proxy_port:
        row = probe("http_proxy", proxy_port, 80, protocol="http")
    assert (row["verdict"], row["layer"]) == ("proxy_broken", "http")
    assert "the proxy 127.0.0.1 port" in row["detail"] and row["detail"].isprintable()


def test_http_in_clear_without_a_proxy_and_through_socks5():
    asked = []
    refuses, proxy = answers(b"HTTP/1.1 403 Forbidden\r\n\r\n", asked), loopback_proxies.SocksProxy(NAMES)
    with loopback.tcp_server(refuses) as port, loopback.tcp_server(proxy) as proxy_port:
        row = probe("socks5", proxy_port, port, host="127.0.0.1", protocol="http", others=["direct"])
    assert [row["verdict"], row["other_paths"][0]["verdict"]] == ["reachable", "reachable"], row
    assert row["http"]["status"] == 403
    assert asked.count("GET / HTTP/1.1") == 2


def test_a_certificate_is_examined_behind_the_proxy_too():
    proxy = loopback_proxies.HttpProxy(NAMES)
    with loopback.Authority().server() as port, loopback.tcp_server(proxy) as proxy_port:
        row = probe("http_proxy", proxy_port, port)
    assert row["verdict"] == "tls_untrusted"
    assert "O=Test Authority" in row["tls"]["issuer"]


def test_what_the_environment_says_changes_nothing(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    proxy = loopback_proxies.HttpProxy(NAMES)
    with AUTHORITY.server() as port, loopback.tcp_server(proxy) as proxy_port:
        row = probe("http_proxy", proxy_port, port, host="127.0.0.1", others=["direct"])
    assert [row["verdict"], row["other_paths"][0]["verdict"]] == ["reachable", "reachable"]
    assert proxy.asked == [("CONNECT", f"127.0.0.1:{port}")]


def test_the_paths_that_count_are_tried_before_the_others():
    order = []

    class Noting(Prober):
        def _probe(self, endpoint, path, trace):
            order.append(path)
            return trace.result("reachable", None)

    known = {"http_proxy": proxy_url.parse("http://127.0.0.1:9", "http")}
    endpoint = loopback.endpoint(9, protocol="tcp", paths=["http_proxy", "direct"])
    Noting(1, AUTHORITY.contexts(), known).probe_all([endpoint] * 3, 1, 5, deadlines.Deadline(5))
    assert order == ["http_proxy"] * 3 + ["direct"] * 3

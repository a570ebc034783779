# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an endpoint is not reached, where the verdict alone fits several causes: one peer for each of them."""

import socket
import ssl
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import block_pages, proxy_url, sinkholes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback, loopback_proxies

AUTHORITY = loopback.Authority()
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def probe(port, lookup=socket.getaddrinfo, known=None, timeout=1, **fields):
    prober = Prober(timeout, AUTHORITY.contexts(), known, lookup)
    (row,) = prober.probe_all([loopback.endpoint(port, **fields)], 8, 20, deadlines.Deadline(20))
    return row


def filtered(is_cut, cut):
    """A TLS server behind a filter that reads the ClientHello: cut(sock) where is_cut(hello)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.certificate().configure_cert(context)

    def handle(sock):
        hello = sock.recv(65536, socket.MSG_PEEK)
        if is_cut(hello):
            cut(sock)
            return
        with context.wrap_socket(sock, server_side=True) as secured:
            loopback.linger(secured)

    return handle


def names_peer(hello):
    return loopback.NAME.encode("ascii") in hello


def names_nobody_or_peer(hello):
    return names_peer(hello) or b"example.com" not in hello


def resets(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def closes(sock):
    sock.recv(65536)


@pytest.mark.parametrize("cut", [resets, closes, loopback.linger])
@pytest.mark.parametrize(
    "is_cut, words",
    [
        (names_peer, "the same address answers TLS without a server name"),
        # Some filters also cut what has no name at all: docker/for-mac#5568.
        (names_nobody_or_peer, "the same address answers TLS for www.example.com"),
    ],
)
def test_a_filter_by_name_is_told_from_a_dead_server(is_cut, words, cut):
    """Reset after the ClientHello for one registry's name only: docker/hub-feedback#2442, nokia/srlinux-container-image#4."""
    with loopback.tcp_server(filtered(is_cut, cut)) as port:
        row = probe(port)
    assert (row["verdict"], row["cause"]) == ("tls_failed", "name_filtered")
    assert row["detail"].endswith(f"{words}, so the name {loopback.NAME} is filtered")


@pytest.mark.parametrize("cut", [resets, closes, loopback.linger])
def test_a_server_that_answers_no_name_is_not_told_to_be_filtered(cut):
    with loopback.tcp_server(filtered(lambda hello: True, cut)) as port:
        row = probe(port)
    assert (row["verdict"], row["cause"]) == ("tls_failed", "no_tls_answer")
    assert row["detail"].endswith("there is no answer without a server name or for www.example.com either")


def test_a_server_that_says_something_else_is_neither():
    with loopback.tcp_server(lambda sock: sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")) as port:
        row = probe(port)
    assert (row["verdict"], row["cause"]) == ("tls_failed", None)


def answers(*addresses):
    """A resolver that has these addresses for every name."""

    def lookup(*dummy_question):
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 0, "", (each, 0))
            for each in addresses
        ]

    return lookup


@pytest.mark.parametrize("protocol", ["tls", "tcp", "ntp"])
@pytest.mark.parametrize(
    "addresses, words",
    [
        # Pi-hole and NextDNS answer with these: pi-hole/FTL, BLOCKINGMODE NULL.
        (["0.0.0.0"], "which no server can have"),
        (["0.0.0.0", "::"], "which no server can have"),
        (["146.112.61.106"], "where Cisco Umbrella serves block pages"),
        (["208.91.112.55"], "where Fortinet serves block pages"),  # stamparm/maltrail#19258
    ],
)
def test_a_name_that_resolves_to_a_sinkhole_is_not_for_the_firewall(addresses, words, protocol):
    row = probe(443, answers(*addresses), host="ecr.example.com", protocol=protocol)
    assert (row["verdict"], row["cause"], row["layer"]) == ("unresolved", "sinkhole", "dns")
    assert words in row["detail"]


def test_a_name_of_this_host_is_a_sinkhole_only_where_nothing_proves_itself_there():
    """BLOCKINGMODE IP and hosts files answer with loopback addresses; a relay on the host has one, too."""
    row = probe(loopback.closed_port(), answers("127.0.0.1"), host="ecr.example.com")
    assert (row["verdict"], row["cause"]) == ("refused", "sinkhole")
    assert row["detail"].endswith("ecr.example.com resolves to 127.0.0.1, which is this host itself")
    with AUTHORITY.server() as port:
        assert probe(port, answers("127.0.0.1"), host=loopback.NAME)["verdict"] == "reachable"


def test_the_address_of_a_proxy_on_this_host_is_none():
    known = {"http_proxy": proxy_url.parse(f"http://127.0.0.1:{loopback.closed_port()}", "http")}
    row = probe(443, known=known, host="ecr.example.com", paths=["http_proxy"])
    assert (row["verdict"], row["cause"]) == ("proxy_unreachable", None)


@pytest.mark.parametrize(
    "host, addresses",
    [
        ("a.example.com", ["192.0.2.1"]),
        ("a.example.com", ["0.0.0.0", "192.0.2.1"]),
        ("0.0.0.0", ["0.0.0.0"]),
        ("a.example.com", ["fe80::1%eth0"]),
        ("a.example.com", []),
    ],
)
def test_what_is_no_sinkhole(host, addresses):
    assert sinkholes.of_no_server(host, addresses) is None
    assert sinkholes.of_this_host(host, addresses) is None


def page(status, body):
    return loopback.http_answer(
        (f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode("ascii")
    )


@pytest.mark.parametrize("path", ["http_proxy", "direct"])
@pytest.mark.parametrize(
    "body",
    [
        "<html><head><title>Web Page Blocked</title></head><body>Access to this web page has been blocked.</body></html>",
        "<html><title>Access Denied</title><h1>Your request was blocked by Zscaler</h1></html>",
        "<html><body>The URL you requested has been blocked. URL category: software</body></html>",
        "<html><title>Notification</title><body>This site is against your Corporate Policy</body></html>",
        "<html><title>Denied</title><body>FortiGuard Web Filter</body></html>",
        "<html><title>403</title><body>Your Network Administrator has denied this</body></html>",
    ],
)
def test_a_block_page_in_clear_is_no_answer_of_the_endpoint(body, path):
    with loopback.tcp_server(page("403 Forbidden", body)) as port:
        known = {"http_proxy": proxy_url.parse(f"http://127.0.0.1:{port}", "http")}
        row = probe(port, known=known, protocol="http", paths=[path])
    assert (row["verdict"], row["layer"]) == ("blocked", "http")
    assert 'and its page says "' in row["detail"]


@pytest.mark.parametrize(
    "status, body",
    [
        ("403 Forbidden", "<html><head><title>403 Forbidden</title></head><body><center>nginx</center></body></html>"),
        (
            "403 Forbidden",
            "<html><head><title>Access Denied</title></head><body>You don't have permission</body></html>",
        ),
        ("404 Not Found", "<html><head><title>404</title></head><body>blocked by nothing</body></html>"),
        ("200 OK", "<html><head><title>Packages</title></head><body>blocked by design</body></html>"),
    ],
)
def test_a_refusal_of_the_endpoint_itself_is_reached(status, body):
    with loopback.tcp_server(page(status, body)) as port:
        known = {"http_proxy": proxy_url.parse(f"http://127.0.0.1:{port}", "http")}
        assert probe(port, known=known, protocol="http", paths=["http_proxy"])["verdict"] == "reachable"


def test_a_proxy_that_wants_a_user_agent_gets_one():
    """Allow-lists by User-Agent, as Squid's `acl browser`; curl, Go and Java all send one with CONNECT."""
    proxy = loopback_proxies.HttpProxy({loopback.NAME: "127.0.0.1"})

    def handle(sock):
        head = sock.recv(65536, socket.MSG_PEEK).decode("ascii").split("\r\n")
        agents = [line for line in head if line.startswith("User-Agent: ")]
        if not agents:
            sock.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        assert agents[0].startswith("User-Agent: Go-http-client/1.1")
        proxy(sock)

    with AUTHORITY.server() as port, loopback.tcp_server(handle) as proxy_port:
        known = {"http_proxy": proxy_url.parse(f"http://127.0.0.1:{proxy_port}", "http")}
        row = probe(port, known=known, host=loopback.NAME, paths=["http_proxy"])
    assert row["verdict"] == "reachable"


@given(st.sampled_from([403, 451, 200, 502]), st.binary(max_size=300))
def test_no_page_whatever_raises_and_only_a_refusal_can_be_a_block_page(status, body):
    for text in (body, b"<title>" + body + b"</title> blocked by " + body):
        words = block_pages.own_words(status, text)
        assert words is None or (status in (403, 451) and words.isprintable())
        title = block_pages.title_of(text)
        assert title is None or title.isprintable()

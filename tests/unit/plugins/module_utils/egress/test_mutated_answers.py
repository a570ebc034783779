# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of peers, damaged in every way: each is a verdict, and none is good unless a good answer is what arrived.

What a good answer is stands here by itself, as a pattern of bytes, so that a reader that is too lenient is found out.
"""

import datetime
import re
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol_registry import PROTOCOLS
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols import ntp
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    connection_paths,
    http_connect,
    ntp_packet,
    proxy_url,
    socks5,
    verdicts,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.egress import scripted_peers

AUTHORITY, STRANGER = loopback.Authority(), loopback.Authority("Somebody Else")
CONTEXTS = AUTHORITY.contexts()
PROXY = proxy_url.parse("http://proxy.example.com:3128", "http")
KNOWN_TO = proxy_url.parse("http://jo:hunter2@proxy.example.com:3128", "http")

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
BLOCKED = b"HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n"
LOGIN = b"HTTP/1.1 511 Network Authentication Required\r\n\r\n"
HTTP_ANSWER = rb"HTTP/\d\.\d [2-5]\d\d"
# A status line without a reason is one, too (Go, curl).
REFUSED_STATUS = rb"HTTP/\d\.\d 40[13]\s"
REGISTRY = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm="https://auth.example.com/t"\r\n\r\n'
# Of the question that RFC 6455 has for an example, and not of the one that is asked.
OPENED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: amqp\r\n\r\n"
)
GREETING, OFFER, READY = b"220 mail.example.com ESMTP\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"220 go ahead\r\n"
BUSY, UNAVAILABLE = b"421 4.7.0 Try again later\r\n", b"554 no SMTP service here\r\n"
STARTING = b"E\x00\x00\x00\x20SFATAL\0C57P03\0Mstarting up\0\0"
SASL = b"R\x00\x00\x00\x17\x00\x00\x00\nSCRAM-SHA-256\x00\x00"

# {protocol: (conversations of which the first is good, what must be among the bytes that arrive where it is reached)}. Of
# protocols over TLS, these are the bytes within it.
CONVERSATIONS = {
    "http": ([[PAGE], [BLOCKED], [LOGIN]], HTTP_ANSWER),
    "https": ([[PAGE], [BLOCKED], [LOGIN]], HTTP_ANSWER),
    "registry": ([[REGISTRY], [PAGE], [BLOCKED], [LOGIN]], rb"HTTP/\d\.\d (?:200|401)\s"),
    "wss": ([[b"HTTP/1.1 401 Unauthorized\r\n\r\n"], [PAGE], [BLOCKED], [OPENED]], REFUSED_STATUS),
    "amqp_wss": ([[b"HTTP/1.1 403 Forbidden\r\n\r\n"], [PAGE], [BLOCKED], [OPENED]], REFUSED_STATUS),
    "smtp": ([[GREETING, OFFER], [BUSY], [UNAVAILABLE], [GREETING, BUSY]], rb"(?s)220.*250"),
    "smtps": ([[GREETING, OFFER], [BUSY], [UNAVAILABLE], [GREETING, BUSY]], rb"(?s)220.*250"),
    "postgresql": ([[b"N", SASL], [b"N", STARTING], [b"J", SASL]], rb"(?s)\AN(?:R|E(?!.*57P03))"),
}
# What shakes hands and says nothing, or nothing that is a condition.
SILENT = ("tls", "lumberjack", "tcp")
IN_CLEAR = ("http", "smtp", "postgresql", "tcp")
VERDICTS = {value for name, value in vars(verdicts).items() if name.isupper() and isinstance(value, str)}


def server_context(leaf):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


TRUSTED = server_context(AUTHORITY.certificate())
# {why it is refused: the context of a server}
REFUSED = {
    "unknown issuer": server_context(STRANGER.certificate()),
    "another name": server_context(AUTHORITY.certificate("other.example.org")),
    "expired": server_context(AUTHORITY.certificate(not_after=datetime.datetime(2020, 1, 1))),
}


@st.composite
def damages(draw):
    """A function that damages the bytes of a conversation: at one place, or cut off there, or in other pieces."""
    kind = draw(st.sampled_from(["overwritten", "inserted", "cut", "repeated", "whole"]))
    at, bytes_ = draw(st.integers(0, 120)), draw(st.binary(min_size=1, max_size=6) | st.sampled_from(WORDS))

    def damage(data):
        if kind == "overwritten":
            return data[:at] + bytes_ + data[at + len(bytes_) :]
        if kind == "inserted":
            return data[:at] + bytes_ + data[at:]
        return {"cut": data[:at], "repeated": data + data, "whole": data}[kind]

    return damage


WORDS = [
    b"\r\n",
    b"\r\n\r\n",
    b"200",
    b"250 ",
    b"220 ",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 103 x\r\n\r\n",
    b"\0",
    b"S",
    b"R",
]


def probe(protocol, make, proxy=None):
    endpoint = loopback.endpoint(443, protocol=protocol, starttls=False, paths=["http_proxy" if proxy else "direct"])
    verdict, detail, dummy_trace = scripted_peers.verdict_of(PROTOCOLS[protocol], endpoint, make, CONTEXTS, proxy)
    assert verdict in VERDICTS and (detail is None or detail.isprintable())
    return verdict


def wire(protocol, says, context=TRUSTED, damage=bytes):
    """A function that makes a Wire to a peer with these answers."""
    if protocol in IN_CLEAR:
        return lambda: scripted_peers.ClearWire(says)
    return lambda: scripted_peers.TlsWire(says, context, damage)


def test_every_protocol_is_here():
    assert {*CONVERSATIONS, *SILENT, "ntp"} == set(PROTOCOLS)


@pytest.mark.parametrize("protocol", [*CONVERSATIONS, *SILENT])
def test_the_first_conversation_is_good_and_the_others_are_not(protocol):
    good, *bad = CONVERSATIONS.get(protocol, ([[]],))[0]
    assert probe(protocol, wire(protocol, good)) == "reachable"
    assert "reachable" not in {probe(protocol, wire(protocol, says)) for says in bad}


@pytest.mark.parametrize("protocol", CONVERSATIONS)
@settings(max_examples=60)
@given(data=st.data())
def test_an_answer_is_good_only_if_it_says_so(protocol, data):
    conversations, good = CONVERSATIONS[protocol]
    says = [data.draw(damages())(part) for part in data.draw(st.sampled_from(conversations))]
    says = [part for part in says if part]
    if probe(protocol, wire(protocol, says)) == "reachable":
        assert re.search(good, b"".join(says)), says


@settings(max_examples=60)
@given(st.sampled_from([PAGE, BLOCKED, LOGIN, b"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\n\r\n"]), damages())
def test_a_forwarding_proxy_is_no_endpoint(answer, damage):
    said = damage(answer)
    if probe("http", wire("http", [said]), PROXY) == "reachable":
        assert re.search(HTTP_ANSWER, said)
        heads = [head for head in said.split(b"\r\n\r\n") if not re.match(rb"HTTP/1.\d 1\d\d", head)]
        assert not re.search(rb"(?im)\AHTTP/1.1 (407|511) |^X-Squid-Error:", heads[0])


SECURE = [protocol for protocol in [*CONVERSATIONS, *SILENT] if protocol not in IN_CLEAR]


@pytest.mark.parametrize("why", REFUSED)
@settings(max_examples=25)
@given(st.sampled_from(SECURE), st.integers(0, 3000), st.binary(max_size=4), st.booleans())
def test_no_damage_makes_a_certificate_trusted(why, protocol, at, damage, cut):
    def damaged(flight):
        return flight[:at] if cut else flight[:at] + damage + flight[at + len(damage) :]

    says = CONVERSATIONS.get(protocol, ([[]],))[0][0]
    assert probe(protocol, wire(protocol, says, REFUSED[why], damaged)) != "reachable"


@settings(max_examples=40)
@given(st.sampled_from(list(REFUSED)), damages(), st.integers(0, 2000), st.binary(max_size=4))
def test_no_damage_makes_a_mail_server_trusted_after_starttls(why, damage, at, bytes_):
    def damaged(flight):
        return flight[:at] + bytes_ + flight[at + len(bytes_) :]

    def make():
        secured = scripted_peers.TlsWire([OFFER], REFUSED[why], damaged)
        return scripted_peers.ChangingWire([GREETING, OFFER, damage(READY)], secured)

    endpoint = loopback.endpoint(587, protocol="smtp")
    verdict, dummy_detail, dummy_trace = scripted_peers.verdict_of(PROTOCOLS["smtp"], endpoint, make, CONTEXTS)
    assert verdict in VERDICTS - {"reachable"}


COOKIE, NOW = b"8 bytes.", 1700000000.0
DENIED = b"\x24\0\6\xec" + b"\0" * 8 + b"DENY" + b"\0" * 8 + COOKIE + b"\0" * 16
UNSYNCHRONISED = b"\xe4\x10\6\xec" + b"\0" * 20 + COOKIE + b"\0" * 16


@settings(max_examples=60)
@given(st.sampled_from([DENIED, UNSYNCHRONISED]), damages())
def test_a_time_server_that_refuses_serves_no_time(answer, damage):
    packet = damage(answer)

    def ask(addresses, port, seconds):
        try:
            return ntp_packet.parse(packet, {COOKIE: NOW}, NOW), addresses[0]
        except ntp_packet.NtpError as exc:
            raise verdicts.LayerFailed(verdicts.NO_REPLY, str(exc)) from exc

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ntp.ntp_client, "ask", ask)
        endpoint = loopback.endpoint(123, protocol="ntp")
        verdict, detail, trace = scripted_peers.verdict_of(PROTOCOLS["ntp"], endpoint, None, CONTEXTS)
    if verdict == "reachable":
        assert packet[24:32] == COOKIE and packet[0] & 7 == 4
        # Whoever reads the result is told what is wrong with the time, unless the server says that nothing is.
        assert detail or (0 < packet[1] < 16 and packet[0] >> 6 != 3)
        assert not (packet[1] == 0 and packet[12:16] in (b"DENY", b"RSTR"))
    else:
        assert verdict == "no_reply" and detail.isprintable()


HTTP_REFUSALS = [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"HTTP/1.1 407 x\r\n\r\n"]
SOCKS_REFUSALS = [b"\x05\x00\x05\x02\x00\x01\0\0\0\0\0\0", b"\x05\xff"]
AUTHENTICATED_REFUSALS = [b"\x05\x02\x01\x01", b"\x05\x02\x01\x00\x05\x02\x00\x01\0\0\0\0\0\0"]


@pytest.mark.parametrize(
    "client, proxy, answers, good",
    [
        (http_connect.Client, PROXY, HTTP_REFUSALS, rb"HTTP/1\.\d 2\d\d"),
        (http_connect.Client, KNOWN_TO, HTTP_REFUSALS, rb"HTTP/1\.\d 2\d\d"),
        (socks5.Client, PROXY, SOCKS_REFUSALS, rb"(?s)\A\x05\x00\x05\x00"),
        (
            socks5.Client,
            KNOWN_TO,
            SOCKS_REFUSALS + AUTHENTICATED_REFUSALS,
            rb"(?s)\A\x05(?:\x00|\x02.\x00)\x05\x00",
        ),
    ],
    ids=["http", "http with a password", "socks", "socks with a password"],
)
@settings(max_examples=60)
@given(data=st.data())
def test_a_proxy_that_refuses_opens_no_tunnel(client, proxy, answers, good, data):
    said = data.draw(damages())(data.draw(st.sampled_from(answers)))
    try:
        connection_paths.negotiate(scripted_peers.ClearWire([said]), client(proxy, "logs.example.com", 5044), 0.2)
    except verdicts.LayerFailed as failure:
        assert failure.verdict in VERDICTS and failure.detail.isprintable()
        assert "hunter2" not in failure.detail
    except (OSError, ValueError) as problem:  # connection_paths makes `proxy_broken` of these
        assert str(problem)
    else:
        assert re.search(good, said), said

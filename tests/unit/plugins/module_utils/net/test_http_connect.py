# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import http_connect, proxy_url
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.verdicts import LayerFailed

NOBODY = proxy_url.parse("http://proxy.example.com:3128", "http")
SOMEBODY = proxy_url.parse("http://jo:hunter2@proxy.example.com:3128", "http")
VERDICTS = {"proxy_auth", "proxy_denied", "proxy_failed", "proxy_broken", "blocked"}


def failure(answer, proxy=NOBODY):
    with pytest.raises(LayerFailed) as caught:
        http_connect.Client(proxy, "logs.example.com", 5044).feed(answer)
    return caught.value


def test_the_question():
    assert http_connect.Client(NOBODY, "logs.example.com", 5044).opening() == (
        b"CONNECT logs.example.com:5044 HTTP/1.1\r\nHost: logs.example.com:5044\r\n"
        b"User-Agent: Go-http-client/1.1 (hostprep.runtime_fabric egress_info)\r\nProxy-Connection: Keep-Alive\r\n\r\n"
    )
    assert b"\r\nProxy-Authorization: Basic am86aHVudGVyMg==\r\n" in http_connect.Client(SOMEBODY, "a", 1).opening()
    assert http_connect.Client(NOBODY, "2001:db8::1", 443).opening().startswith(b"CONNECT [2001:db8::1]:443 ")
    assert (
        http_connect.Client(NOBODY, "b\u00fccher.example", 443)
        .opening()
        .startswith(b"CONNECT xn--bcher-kva.example:443")
    )


def test_a_tunnel_and_what_comes_behind_the_answer():
    client = http_connect.Client(NOBODY, "mail.example.com", 25)
    for byte in b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r":
        client.feed(bytes(bytearray([byte])))
        assert not client.done
    client.feed(b"\n220 mail")
    assert client.done and client.rest == b"220 mail"


@pytest.mark.parametrize(
    "answer, verdict, words",
    [
        (
            b"HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n",
            "proxy_denied",
            "answered CONNECT logs.example.com:5044 with 403 Forbidden (ERR_ACCESS_DENIED 0)",
        ),
        (
            b"HTTP/1.0 405 Method Not Allowed\r\n\r\n",
            "proxy_broken",
            "405 Method Not Allowed: this looks like a web server",
        ),
        (b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n", "proxy_broken", "this looks like a web server, not a proxy"),
        # These say that they are proxies.
        (b"HTTP/1.1 405 Not Allowed\r\nVia: 1.1 gw\r\n\r\n", "proxy_denied", "with 405 Not Allowed"),
        (b"HTTP/1.1 400 Bad\r\nX-Squid-Error: ERR_INVALID_URL 0\r\n\r\n", "proxy_denied", "(ERR_INVALID_URL 0)"),
        (
            b'HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n',
            "proxy_auth",
            "a user name and password (Basic",
        ),
        (b"HTTP/1.1 503 \r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n", "proxy_failed", "ERR_DNS_FAIL"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: https://login.example.com/\r\n\r\n",
            "blocked",
            "to https://login.example.com/",
        ),
        (b"HTTP/2 200\r\n\r\n", "proxy_broken", "not HTTP but starts with HTTP/2"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "proxy_broken", "no status line"),
        (b"SSH-2.0-OpenSSH\r\n", "proxy_broken", "starts with SSH-2.0"),
        (b"\x05\xff", "proxy_broken", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10000, "proxy_broken", "longer than"),
    ],
)
def test_answers_that_are_no_tunnel(answer, verdict, words):
    found = failure(answer)
    assert found.verdict == verdict
    assert words in found.detail


@pytest.mark.parametrize(
    "offered, words",
    [
        (b'Basic realm="x"', "rejects the configured user name and password"),
        (b"Negotiate", "requires an authentication scheme other than Basic: Negotiate"),
    ],
)
def test_credentials_that_are_not_taken(offered, words):
    found = failure(b"HTTP/1.1 407 hunter2\r\nProxy-Authenticate: " + offered + b"\r\n\r\n", SOMEBODY)
    assert words in found.detail
    assert "hunter2" not in found.detail


@pytest.mark.parametrize(
    "headers, schemes",
    [
        (["Negotiate", "NTLM", 'Basic realm="x"'], "Negotiate, NTLM, Basic"),
        (['Negotiate, NTLM, Basic realm="a, NTLM b", charset="UTF-8"'], "Negotiate, NTLM, Basic"),
        (['Digest realm="x", nonce="a==", qop="auth"', "basic"], "Digest, basic"),
        (["Negotiate TlRMTVNTUAAB=="], "Negotiate"),
        ([""], "no scheme named"),
    ],
)
def test_every_scheme_of_every_header_counts(headers, schemes):
    """Azure/go-ntlmssp#21 reads the first header only, Catbuttes/axios-ntlm#20 the first scheme of a joined one."""
    answer = "".join(f"Proxy-Authenticate: {value}\r\n" for value in headers)
    found = failure(f"HTTP/1.1 407 Authenticate\r\n{answer}\r\n".encode("ascii"), SOMEBODY)
    rejected = "basic" in schemes.lower() or "named" in schemes
    assert (found.verdict, found.cause) == ("proxy_auth", None if rejected else "no_basic")
    assert ("rejects the configured user name and password" in found.detail) == rejected
    assert rejected or found.detail.endswith(f"other than Basic: {schemes}")


def test_without_credentials_the_schemes_are_named():
    assert (
        "(Negotiate, Basic)"
        in failure(b'HTTP/1.1 407 A\r\nProxy-Authenticate: Negotiate, Basic realm="x"\r\n\r\n').detail
    )
    assert failure(b"HTTP/1.1 407 A\r\nProxy-Authenticate: NTLM\r\n\r\n").cause == "no_basic"


@pytest.mark.parametrize("interim", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_interim_answers_come_before_the_tunnel_and_before_a_refusal(interim):
    """RFC 9110, 15.2: a client must be able to read them, asked for or not (snoyberg/http-client#521)."""
    before = b"HTTP/1.1 " + interim + b"\r\nLink: </a.css>\r\n\r\n"
    client = http_connect.Client(NOBODY, "mail.example.com", 25)
    client.feed(before + before + b"HTTP/1.1 200 OK\r\n\r\n220 mail")
    assert client.done and client.rest == b"220 mail"
    assert failure(before + b"HTTP/1.1 403 Forbidden\r\n\r\n").verdict == "proxy_denied"


def test_interim_answers_do_not_go_on_for_ever():
    assert failure(b"HTTP/1.1 100 Continue\r\n\r\n" * 5000).verdict == "proxy_broken"


def test_text_of_a_proxy_is_printable_and_short():
    found = failure(b"HTTP/1.1 403 \x1b[31m" + b"A" * 5000 + b"\r\n\r\n")
    assert found.detail.isprintable() and len(found.detail) < 400


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from(
                [b"HTTP/1.1 ", b"HTTP/1.0 200 OK", b"407 ", b"\r\n", b"\r\n\r\n", b"X-Squid-Error: ", b"Location: "]
            ),
        ),
        max_size=12,
    )
)
def test_whatever_a_proxy_sends_is_a_tunnel_a_verdict_or_not_enough(chunks):
    client = http_connect.Client(SOMEBODY, "logs.example.com", 5044)
    try:
        for chunk in chunks:
            if not client.done:
                assert client.feed(chunk) == b""
    except LayerFailed as found:
        assert found.verdict in VERDICTS and found.detail.isprintable()
    else:
        assert not client.done or b"".join(chunks).startswith(b"HTTP/1.")

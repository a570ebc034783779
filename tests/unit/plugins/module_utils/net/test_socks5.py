# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import proxy_url, socks5
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.verdicts import LayerFailed

NOBODY = proxy_url.parse("socks5://proxy.example.com:1080", "socks5")
SOMEBODY = proxy_url.parse("socks5://jo:hunter2@proxy.example.com:1080", "socks5")
REQUEST = b"\x05\x01\x00\x03\x10logs.example.com\x13\xb4"
BOUND = {"ipv4": b"\x01\0\0\0\0\0\0", "ipv6": b"\x04" + b"\0" * 18, "name": b"\x03\x02ab\0\0"}


def client(proxy=NOBODY, host="logs.example.com"):
    return socks5.Client(proxy, host, 5044)


def failure(*answers, **arguments):
    one = client(**arguments)
    with pytest.raises(LayerFailed) as caught:
        for answer in answers:
            one.feed(answer)
    return caught.value


@pytest.mark.parametrize("kind", sorted(BOUND))
@pytest.mark.parametrize("size", [1, 100])
def test_a_connection_in_pieces_of_any_size(kind, size):
    one = client(SOMEBODY)
    assert one.opening() == b"\x05\x02\x00\x02"
    assert one.feed(b"\x05\x02") == b"\x01\x02jo\x07hunter2"
    assert one.feed(b"\x01\x00") == REQUEST
    reply = b"\x05\x00\x00" + BOUND[kind]
    for start in range(0, len(reply), size):
        assert not one.done
        assert one.feed(reply[start : start + size]) == b""
    assert one.done and one.rest == b""


def test_a_welcome_of_another_version_is_one():
    """Servers that answer the password with version 5, as curl and others accept: tinyproxy/tinyproxy#174."""
    one = client(SOMEBODY)
    one.feed(b"\x05\x02")
    assert one.feed(b"\x05\x00") == REQUEST


def test_without_a_user_name_none_is_offered():
    one = client()
    assert one.opening() == b"\x05\x01\x00"
    assert one.feed(b"\x05\x00") == REQUEST
    one.feed(b"\x05\x00\x00\x01\0\0\0\0\0\x00220 mail")
    assert one.rest == b"220 mail"


@pytest.mark.parametrize(
    "host, asked",
    [
        ("192.0.2.1", b"\x01\xc0\x00\x02\x01"),
        ("2001:db8::1", b"\x04\x20\x01\x0d\xb8" + b"\0" * 11 + b"\x01"),
        ("a.example.", b"\x03\x09a.example"),
        ("b\u00fccher.example", b"\x03\x15xn--bcher-kva.example"),
    ],
)
def test_addresses_go_as_addresses_and_names_as_names(host, asked):
    assert client(host=host).feed(b"\x05\x00")[3:-2] == asked


@pytest.mark.parametrize(
    "code, verdict, words",
    [
        (1, "proxy_failed", "general failure"),
        (2, "proxy_denied", "ruleset"),
        (3, "proxy_failed", "network unreachable"),
        (4, "proxy_failed", "host unreachable"),
        (5, "proxy_failed", "refused"),
        (6, "proxy_failed", "TTL"),
        (7, "proxy_denied", "CONNECT"),
        (8, "proxy_denied", "address"),
        (9, "proxy_broken", "code 9"),
    ],
)
def test_each_reply_code_has_its_cause(code, verdict, words):
    found = failure(b"\x05\x00", bytes(bytearray([5, code])))
    assert found.verdict == verdict and words in found.detail


@pytest.mark.parametrize(
    "answers, proxy, verdict, words",
    [
        ([b"\x05\xff"], NOBODY, "proxy_auth", "requires authentication"),
        ([b"\x05\x02"], NOBODY, "proxy_auth", "requires authentication"),
        ([b"\x05\xff"], SOMEBODY, "proxy_auth", "does not support authentication by user name"),
        ([b"\x05\x01"], SOMEBODY, "proxy_broken", "method 1"),
        ([b"\x05\x02", b"\x01\x01"], SOMEBODY, "proxy_auth", "rejects the configured"),
        ([b"HTTP/1.1 400 Bad Request"], NOBODY, "proxy_broken", "is not a SOCKS5 proxy"),
        ([b"\x04\x5b"], NOBODY, "proxy_broken", "starts with byte 4"),
        ([b"\x05\x00", b"\x05\x00\x00\x09\x00"], NOBODY, "proxy_broken", "unknown type 9"),
        ([b"\x05\x00", b"HTTP"], NOBODY, "proxy_broken", "is not a SOCKS5 proxy"),
    ],
)
def test_negotiations_that_fail(answers, proxy, verdict, words):
    found = failure(*answers, proxy=proxy)
    assert found.verdict == verdict and words in found.detail
    assert "hunter2" not in found.detail


@given(st.lists(st.binary(max_size=40), max_size=8), st.booleans(), st.booleans())
def test_whatever_a_proxy_sends_is_a_connection_a_verdict_or_not_enough(chunks, credentials, plausible):
    one = client(SOMEBODY if credentials else NOBODY)
    if plausible:
        chunks = [b"\x05\x00", b"\x05\x00\x00"] + chunks
    try:
        for chunk in chunks:
            if not one.done:
                one.feed(chunk)
    except LayerFailed as found:
        assert found.verdict in ("proxy_auth", "proxy_denied", "proxy_failed", "proxy_broken")

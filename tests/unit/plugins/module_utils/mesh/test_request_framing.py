# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import socket
import ssl
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import keyed_proof, request_framing
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh.request_framing import (
    UNFINISHED,
    Request,
    read,
)

KEY, NONCE = b"k" * 32, b"n" * keyed_proof.NONCE_SIZE
ASK = keyed_proof.ask(KEY, NONCE)
VERSION_1 = b"PROXY TCP4 192.0.2.7 192.0.2.9 4711 443\r\n"
VERSION_2 = (
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11"
    + struct.pack(">H", 15)
    + socket.inet_aton("192.0.2.7")
    + socket.inet_aton("192.0.2.9")
    + struct.pack(">HH", 4711, 443)
    + b"\x03\0\0"
)


def greeting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1", request_framing.protocol_name(ASK)])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = context.wrap_bio(incoming, outgoing, server_hostname="lb.example.com")
    with pytest.raises(ssl.SSLWantReadError):
        talk.do_handshake()
    return outgoing.read()


PLAIN = Request(keyed_proof.PROVE, NONCE, None, False)
ANNOUNCED = PLAIN._replace(source=("192.0.2.7", 4711))


@pytest.mark.parametrize(
    "data, expected",
    [
        (ASK, PLAIN),
        (VERSION_1 + ASK, ANNOUNCED),
        (VERSION_2 + ASK, ANNOUNCED),
        (b"PROXY UNKNOWN\r\n" + ASK, PLAIN),
        (greeting(), PLAIN._replace(in_tls=True)),
        (VERSION_2 + greeting(), ANNOUNCED._replace(in_tls=True)),
    ],
)
def test_a_question_is_found_and_waited_for(data, expected):
    assert read(KEY, data) == expected
    assert [read(KEY, data[:end]) for end in range(1, len(data))] == [UNFINISHED] * (len(data) - 1)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x02",
        b"hpQ2" + ASK[4:],
        keyed_proof.ask(b"other" * 4, NONCE),
        b"PROXY TCP4 nonsense\r\nGET /",
        b"PROXY TCP4 " + b"9" * 200,
        VERSION_1 + b"GET",
        b"\x16\x03\x01\xff\xff" + b"x" * 9000,
    ],
)
def test_anything_else_is_none(data):
    assert read(KEY, data) is None


@given(
    st.binary(min_size=1, max_size=200),
    st.sampled_from([b"", VERSION_1, VERSION_2[:16], b"\x16\x03\x01\0\x40", b"PROXY "]),
)
def test_garbage_never_raises(data, head):
    assert read(KEY, head + data) in (None, UNFINISHED)

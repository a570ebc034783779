# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import socket
import ssl
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    certificate_chain,
    stream,
    tls_handshake,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.verdicts import LayerFailed
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

AUTHORITY = loopback.Authority()
STRANGER = loopback.Authority()


def shake(port, name=loopback.NAME, authority=AUTHORITY, seconds=5):
    with authority.pem_file() as path:
        context = tls_handshake.verifying_context(path)
    sock = socket.create_connection(("127.0.0.1", port))
    with contextlib.closing(tls_handshake.handshake(context, stream.Wire(sock), name, seconds)) as secured:
        certificates, dummy_whole = secured.certificates()
        return certificate_chain.described(certificate_chain.read(certificates), secured.version())


def failure(port, **arguments):
    with pytest.raises(LayerFailed) as caught:
        shake(port, **arguments)
    return caught.value


def test_a_good_certificate():
    with AUTHORITY.server() as port:
        told = shake(port)
    assert told["names"] == [loopback.NAME]
    assert "O=Test Authority" in told["issuer"]
    assert told["version"].startswith("TLSv1.")
    assert told["not_before"] < told["not_after"]


def test_nobody_we_trust():
    with AUTHORITY.server() as port:
        assert failure(port, authority=STRANGER).verdict == "tls_untrusted"


def test_another_name():
    with AUTHORITY.server() as port:
        assert failure(port, name="other.example.com").verdict == "tls_name_mismatch"


def test_an_address_is_a_name_too():
    with AUTHORITY.server(AUTHORITY.certificate("127.0.0.1")) as port:
        assert shake(port, name="127.0.0.1")["names"] == ["127.0.0.1"]
        assert failure(port, name="127.0.0.2").verdict == "tls_name_mismatch"


def garbage(sock):
    sock.sendall(b"220 mail.example.com ESMTP\r\n" * 10)
    loopback.linger(sock)


def close(sock):
    sock.recv(65536)


def reset(sock):
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def alert(sock):
    sock.recv(65536)
    sock.sendall(b"\x15\x03\x03\x00\x02\x02\x28")


def tar_pit(sock):
    # The header of a handshake record of 16 kB, then one byte after the other.
    sock.sendall(b"\x16\x03\x03\x40\x00")
    while True:
        sock.sendall(b"\x02")
        time.sleep(0.1)


def flood(sock):
    # A handshake message that says it is 16 MB long, and means it.
    sock.recv(65536)
    sock.sendall(b"\x16\x03\x03\x40\x00" + b"\x0b\xff\xff\xff" + b"\0" * 16380)
    while True:
        sock.sendall(b"\x16\x03\x03\x40\x00" + b"\0" * 16384)


@pytest.mark.parametrize(
    "handle, words",
    [
        (garbage, "handshake failed"),
        (close, "the peer closed the connection"),
        (reset, "cut during the handshake"),
        (alert, "alert handshake failure"),
        (flood, "handshake failed"),
    ],
)
def test_peers_that_do_not_speak_tls(handle, words):
    with loopback.tcp_server(handle) as port:
        found = failure(port)
    assert found.verdict == "tls_failed"
    assert words in found.detail


@pytest.mark.parametrize("handle", [loopback.linger, tar_pit])
def test_a_peer_that_stalls_costs_the_timeout(handle):
    with loopback.tcp_server(handle) as port:
        begun = time.monotonic()
        found = failure(port, seconds=0.5)
    assert time.monotonic() - begun < loopback.PATIENCE
    assert (found.verdict, found.detail) == ("tls_failed", "the handshake did not finish within 0.5 s")


@pytest.mark.parametrize("name", ["x" * 64 + ".example.com", "two..dots", ".leading"])
def test_a_name_that_cannot_be_asked_for(name):
    with AUTHORITY.server() as port:
        assert failure(port, name=name).verdict in ("tls_failed", "tls_name_mismatch")


@pytest.mark.parametrize("content", ["", "not a certificate"])
def test_a_trust_store_without_certificates(content):
    with loopback.text_file(content) as path, pytest.raises(tls_handshake.TrustStoreError) as caught:
        tls_handshake.verifying_context(path)
    assert path in str(caught.value)


def test_a_trust_store_that_is_not_there():
    with pytest.raises(tls_handshake.TrustStoreError):
        tls_handshake.verifying_context("/nonexistent/ca.pem")


class Ended:
    """A channel whose peer has ended it with what OpenSSL says of an alert."""

    def __init__(self, text):
        self._text = text

    def receive(self, dummy_deadline):
        raise ssl.SSLError(1, self._text)


@pytest.mark.parametrize(
    "text, asked",
    [
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2559)", True),
        # As recorded with Go 1.19; Java has the same alert (openjdk/jdk#17645), Mbed TLS another (Mbed-TLS/mbedtls#10720).
        ("[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate (_ssl.c:2559)", True),
        ("[SSL: SSLV3_ALERT_NO_CERTIFICATE] sslv3 alert no certificate (_ssl.c:2559)", True),
        ("[SSL: SSLV3_ALERT_CERTIFICATE_UNKNOWN] sslv3 alert certificate unknown (_ssl.c:2559)", True),
        # A proxy that decrypts, and fails on its own way to the server, ends the connection like this.
        ("[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure (_ssl.c:2559)", False),
        ("[SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error (_ssl.c:2559)", False),
    ],
)
def test_alerts_for_want_of_a_client_certificate(text, asked):
    assert tls_handshake.asked_for_certificate(Ended(text), 1) == asked

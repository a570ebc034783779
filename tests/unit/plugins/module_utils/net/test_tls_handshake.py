# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import socket
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import stream, tls_handshake
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.verdicts import LayerFailed
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

AUTHORITY = loopback.Authority()
STRANGER = loopback.Authority()


def shake(port, name=loopback.NAME, authority=AUTHORITY, seconds=5):
    with authority.pem_file() as path:
        context = tls_handshake.verifying_context(path)
    sock = socket.create_connection(("127.0.0.1", port))
    with contextlib.closing(tls_handshake.handshake(context, stream.Wire(sock), name, seconds)) as secured:
        return tls_handshake.describe(secured)


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
    for _dummy in range(100):
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
    assert time.monotonic() - begun < 1.5
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


def refused(verdict):
    return LayerFailed(verdict, "as OpenSSL says")


ANSWER = {
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2026-12-31T00:00:00Z",
    "names": ["a", "b"],
    "issuer": "CN=X",
    "subject": "CN=a",
}
IN_2025, IN_2026, IN_2027 = "2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z"


@pytest.mark.parametrize(
    "verdict, now, answer, expected, words",
    [
        ("tls_untrusted", IN_2026, ANSWER, "tls_untrusted", "signed by CN=X"),
        # Python 3.6 does not say why the certificate was refused.
        ("tls_untrusted", IN_2027, ANSWER, "tls_expired", "clock says " + IN_2027),
        ("tls_expired", IN_2025, ANSWER, "tls_expired", "valid from 2026-01-01T00:00:00Z"),
        ("tls_name_mismatch", IN_2026, ANSWER, "tls_name_mismatch", "is for a, b"),
        ("tls_name_mismatch", IN_2026, dict(ANSWER, names=[]), "tls_name_mismatch", "is for CN=a"),
        ("tls_untrusted", IN_2026, None, "tls_untrusted", "as OpenSSL says"),
    ],
)
def test_a_refusal_in_the_light_of_the_certificate(verdict, now, answer, expected, words):
    explained = tls_handshake.explained(refused(verdict), answer, tls_handshake.accepting_context(), now)
    assert explained.verdict == expected
    assert words in explained.detail

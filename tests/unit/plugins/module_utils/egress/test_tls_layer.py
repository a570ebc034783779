# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import ssl
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import tls_records
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

VENDOR = "Vendor Trust Services"
AUTHORITY = loopback.Authority(VENDOR)
INSPECTOR = loopback.Authority("Corporate Inspection")
HAS_TLS_1_3 = getattr(ssl, "HAS_TLSv1_3", False)


def versions(lowest, highest):
    """A function that keeps a server's context to these versions of TLS, as far as this Python can."""

    def configure(context):
        if hasattr(ssl, "TLSVersion"):
            context.minimum_version, context.maximum_version = lowest, highest
        elif highest == "TLSv1_2":
            context.options |= getattr(ssl, "OP_NO_TLSv1_3", 0)
        else:
            context.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_1 | ssl.OP_NO_TLSv1

    return configure


def version(name):
    return getattr(ssl.TLSVersion, name) if hasattr(ssl, "TLSVersion") else name


RANGES = {"1.2": ("TLSv1_2", "TLSv1_2")}
if HAS_TLS_1_3:
    RANGES.update({"both": ("TLSv1_2", "TLSv1_3"), "1.3": ("TLSv1_3", "TLSv1_3")})


def server(mode, tls="1.2", authority=AUTHORITY, leaf=None, handle=loopback.linger):
    def configure(context):
        versions(*[version(name) for name in RANGES[tls]])(context)
        context.verify_mode = mode

    return authority.server(leaf, handle, configure)


def probe(port, contexts=None, **fields):
    fields.setdefault("issuers", [VENDOR])
    prober = Prober(2, contexts or AUTHORITY.contexts())
    (row,) = prober.probe_all([loopback.endpoint(port, **fields)], 4, 10, deadlines.Deadline(10))
    return row


@pytest.mark.parametrize("tls", sorted(RANGES))
def test_a_server_that_asks_for_a_certificate_is_the_far_end(tls):
    with server(ssl.CERT_REQUIRED, tls) as port:
        row = probe(port, mutual_tls=True)
    assert (row["verdict"], row["passthrough"]) == ("reachable", "passthrough")
    assert row["tls"]["names"] == [loopback.NAME]
    assert (row["tls"]["issuer_organisation"], row["tls"]["trusted"]) == (VENDOR, True)


def test_a_server_that_asks_but_does_not_insist_is_the_far_end_too():
    with server(ssl.CERT_OPTIONAL) as port:
        assert probe(port, mutual_tls=True)["passthrough"] == "passthrough"


@pytest.mark.parametrize("tls", sorted(RANGES))
def test_a_server_that_does_not_ask_proves_nothing(tls):
    with server(ssl.CERT_NONE, tls) as port:
        row = probe(port, mutual_tls=True)
    assert (row["verdict"], row["passthrough"]) == ("reachable", "inconclusive")


@pytest.mark.parametrize("tls", sorted(RANGES))
@pytest.mark.parametrize("mode", [ssl.CERT_NONE, ssl.CERT_REQUIRED])
def test_a_decrypting_proxy_that_this_host_trusts(mode, tls):
    with server(mode, tls, INSPECTOR) as port:
        row = probe(port, INSPECTOR.contexts(), mutual_tls=True)
    assert (row["verdict"], row["passthrough"], row["layer"]) == ("tls_intercepted", "intercepted", "tls")
    assert row["detail"].startswith("intercepted, and trusted by this host: signed by ")
    assert row["tls"]["trusted"] is True


@pytest.mark.parametrize("mutual_tls", [False, True])
@pytest.mark.parametrize("tls", sorted(RANGES))
def test_a_decrypting_proxy_that_this_host_does_not_trust(mutual_tls, tls):
    with server(ssl.CERT_NONE, tls, INSPECTOR) as port:
        row = probe(port, mutual_tls=mutual_tls)
    assert (row["verdict"], row["passthrough"]) == ("tls_intercepted", "intercepted" if mutual_tls else None)
    assert row["detail"].startswith("intercepted, and not trusted by this host: signed by ")
    assert (row["tls"]["trusted"], row["tls"]["issuer_organisation"]) == (False, "Corporate Inspection")


def test_an_authority_that_this_host_lacks_is_no_interception():
    with server(ssl.CERT_NONE) as port:
        assert probe(port, INSPECTOR.contexts())["verdict"] == "tls_untrusted"


@pytest.mark.parametrize("mode", [ssl.CERT_NONE, ssl.CERT_REQUIRED])
def test_what_is_wrong_with_a_certificate_counts_for_mutual_tls_as_well(mode):
    with server(mode, leaf=AUTHORITY.expired()) as port:
        assert probe(port, mutual_tls=True)["verdict"] == "tls_expired"
    with server(mode) as port:
        row = probe(port, mutual_tls=True, server_name="other.example.com")
    assert row["verdict"] == "tls_name_mismatch"


def test_with_a_client_certificate_the_handshake_is_whole():
    leaf = AUTHORITY.certificate("client.example.com")
    with leaf.private_key_and_cert_chain_pem.tempfile() as pem:
        with server(ssl.CERT_REQUIRED, handle=loopback.http_answer(b"HTTP/1.1 204 Done\r\n\r\n")) as port:
            row = probe(port, protocol="https", mutual_tls=True, client_cert=pem)
    assert (row["verdict"], row["http"]["status"]) == ("reachable", 204)


@pytest.mark.parametrize("tls", sorted(RANGES))
@pytest.mark.parametrize("protocol", ["https", "amqp_wss", "lumberjack"])
def test_a_client_certificate_of_a_stranger_is_refused(protocol, tls):
    answer = loopback.http_answer(b"HTTP/1.1 204 Done\r\n\r\n")
    with INSPECTOR.certificate("client.example.com").private_key_and_cert_chain_pem.tempfile() as pem:
        with server(ssl.CERT_REQUIRED, tls, handle=answer) as port:
            row = probe(port, protocol=protocol, mutual_tls=True, client_cert=pem)
    assert (row["verdict"], row["passthrough"]) == (
        "certificate_refused",
        "passthrough" if row["layer"] != "tls" else ANY,
    )
    assert "unknown ca" in row["detail"]


@pytest.mark.parametrize("protocol", ["https", "wss"])
def test_nginx_refuses_a_client_certificate_with_a_page(protocol):
    page = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html><head><title>400 The SSL certificate error</title>"
    own = INSPECTOR.certificate("client.example.com").private_key_and_cert_chain_pem
    with own.tempfile() as pem, server(ssl.CERT_NONE, handle=loopback.http_answer(page)) as port:
        row = probe(port, protocol=protocol, client_cert=pem)
    assert (row["verdict"], row["detail"]) == (
        "certificate_refused",
        'the answer is the page "400 The SSL certificate error"',
    )


@pytest.mark.parametrize("tls", sorted(RANGES))
def test_a_silent_server_that_goes_away_refuses_and_one_that_stays_does_not(tls):
    with AUTHORITY.certificate("client.example.com").private_key_and_cert_chain_pem.tempfile() as pem:
        with server(ssl.CERT_OPTIONAL, tls, handle=lambda sock: None) as port:
            row = probe(port, protocol="lumberjack", client_cert=pem)
            assert (row["verdict"], row["layer"]) == ("certificate_refused", "tls")
            assert row["detail"].startswith(
                "the connection ended right after the handshake, once the server had the client certificate: "
            )
        with server(ssl.CERT_OPTIONAL, tls) as port:
            assert probe(port, protocol="lumberjack", client_cert=pem)["verdict"] == "reachable"


def test_garbage_at_a_mutual_tls_endpoint():
    with loopback.tcp_server(lambda sock: sock.sendall(b"\x16\x03\x03\x00\x10garbage")) as port:
        assert probe(port, mutual_tls=True)["verdict"] == "tls_failed"


def record(kind, body):
    return bytes(bytearray([kind, 3, 3])) + len(body).to_bytes(2, "big") + body


def message(kind, body):
    return bytes(bytearray([kind])) + len(body).to_bytes(3, "big") + body


def test_messages_may_be_spread_over_records_and_end_where_encryption_begins():
    certificates = b"".join(len(der).to_bytes(3, "big") + der for der in (b"leaf", b"issuing"))
    flight = (
        message(2, b"hello")
        + message(11, len(certificates).to_bytes(3, "big") + certificates)
        + message(13, b"x")
        + message(14, b"")
    )
    data = record(22, flight[:7]) + record(22, flight[7:])
    assert tls_records.read(data) == (True, [b"leaf", b"issuing"], True)
    assert tls_records.read(data[:-9]).asks_for_certificate is False
    assert tls_records.read(record(20, b"\x01") + data) == (False, [], False)


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.builds(record, st.sampled_from([20, 21, 22, 23]), st.binary(max_size=60)),
            st.builds(
                lambda kind, body: record(22, message(kind, body)), st.sampled_from([2, 11, 13]), st.binary(max_size=40)
            ),
        ),
        max_size=8,
    )
)
def test_no_bytes_whatever_make_the_record_reader_raise(pieces):
    data = b"".join(pieces)
    flight = tls_records.read(data)
    assert sum(len(der) for der in flight.certificates) <= len(data)

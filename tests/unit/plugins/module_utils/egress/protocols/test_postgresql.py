# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database servers on the loopback interface that speak as PostgreSQL does, and others that do not."""

import ssl
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import postgresql_messages
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

AUTHORITY = loopback.Authority()
# As PostgreSQL 15 sends them: AuthenticationSASL with one mechanism, and an ErrorResponse with its fields.
SASL = b"R\x00\x00\x00\x17\x00\x00\x00\nSCRAM-SHA-256\x00\x00"
MD5 = b"R\x00\x00\x00\x0c\x00\x00\x00\x05\x01\x02\x03\x04"


def error(code, message):
    body = b"SFATAL\0VFATAL\0C" + code.encode("ascii") + b"\0M" + message.encode("ascii") + b"\0Fauth.c\0L646\0\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


def database(answer, tls=True, heard=None, in_clear=None):
    """A server that answers SSLRequest and then the start-up message; in_clear: its answer to one without TLS, None for `answer`."""

    def handle(sock):
        first = sock.recv(8)
        if first != SSL_REQUEST:
            sock.recv(65536)
            sock.sendall(in_clear or answer)
            loopback.linger(sock)
            return
        sock.sendall(b"S" if tls else b"N")
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            AUTHORITY.certificate("another.example.com").configure_cert(context)
            sock = context.wrap_socket(sock, server_side=True)
        started = sock.recv(65536)
        if heard is not None:
            heard.append(started)
        sock.sendall(answer)
        loopback.linger(sock)

    return handle


def probe(handle, timeout=2):
    with loopback.tcp_server(handle) as port:
        prober = Prober(timeout, AUTHORITY.contexts())
        (row,) = prober.probe_all([loopback.endpoint(port, protocol="postgresql")], 4, 10, deadlines.Deadline(10))
    return row


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("answer, authentication", [(SASL, "sasl"), (MD5, "md5"), (b"R\0\0\0\x08\0\0\0\0", "none")])
def test_a_server_that_asks_for_a_password_is_reached(answer, authentication, tls):
    row = probe(database(answer, tls))
    assert (row["verdict"], row["detail"]) == ("reachable", None)
    assert row["postgresql"] == {"tls": tls, "in_clear": True, "authentication": authentication, "error": None}


def no_entry(encryption):
    return error("28000", f'no pg_hba.conf entry for host "192.0.2.11", user "x", database "x", {encryption}')


@pytest.mark.parametrize(
    "encrypted, in_clear, taken",
    [
        (SASL, no_entry("no encryption"), False),
        (SASL, no_entry("SSL off"), False),  # before PostgreSQL 14
        (SASL, error("08P01", "SSL required"), False),  # PgBouncer
        (SASL, MD5, True),
        (no_entry("SSL encryption"), no_entry("no encryption"), True),  # the user of the probe has no entry at all
        (SASL, error("53300", "sorry, too many clients already"), None),
        (SASL, b"X", None),
    ],
)
def test_a_server_that_takes_only_tls_is_told_from_one_that_does_not_know_the_user(encrypted, in_clear, taken):
    """pgbouncer/pgbouncer#812 and 843, DataDog/datadog-agent#13318, beekeeper-studio/beekeeper-studio#2327, DbUp/DbUp#688."""
    row = probe(database(encrypted, in_clear=in_clear))
    assert (row["verdict"], row["postgresql"]["in_clear"]) == ("reachable", taken)


def test_no_password_is_sent_and_the_version_is_the_protocols():
    heard = []
    probe(database(SASL, heard=heard))
    assert heard[0][4:8] == b"\x00\x03\x00\x00"
    assert heard[0][8:] == b"user\0hostprep\0database\0hostprep\0application_name\0hostprep\0\0"


@pytest.mark.parametrize(
    "code, message",
    [
        ("28000", 'no pg_hba.conf entry for host "192.0.2.11", user "hostprep", database "hostprep", no encryption'),
        ("28000", 'role "hostprep" does not exist'),
        ("3D000", 'database "hostprep" does not exist'),
        # PgBouncer, which stands in front of many servers.
        ("08P01", "no such user: hostprep"),
    ],
)
def test_an_error_on_the_user_of_the_probe_shows_the_server(code, message):
    """zalando/spilo#6, zalando/postgres-operator#964: pg_hba.conf has entries for users, and the probe's is none of them."""
    row = probe(database(error(code, message)))
    assert (row["verdict"], row["detail"]) == ("reachable", f"the server answers: {message}")


@pytest.mark.parametrize(
    "code, message", [("57P03", "the database system is starting up"), ("53300", "sorry, too many clients already")]
)
def test_a_server_that_takes_nobody_is_not_reached(code, message):
    row = probe(database(error(code, message)))
    assert (row["verdict"], row["layer"]) == ("database_failed", "postgresql")
    assert row["detail"] == f"the server refuses the connection: {message} ({code})"


def says(data):
    def handle(sock):
        sock.recv(8)
        sock.sendall(data)
        loopback.linger(sock)

    return handle


@pytest.mark.parametrize(
    "handle, words",
    [
        (says(b"J\0\0\0\n5.5.5-10.11"), "not from PostgreSQL: J"),  # MySQL speaks first
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not from PostgreSQL: HTTP/1.1"),
        (says(b"SX"), "not from PostgreSQL: SX"),  # more than a byte before TLS: CVE-2021-23222
        (says(b""), "no answer of a PostgreSQL server within 1 s"),
        (lambda sock: sock.recv(8), "not from PostgreSQL: the end of the connection"),
        (database(b"X", tls=False), "not from PostgreSQL: it starts with X"),
        (database(b"R\xff\xff\xff\xff", tls=False), "a message of 4294967295 bytes"),
        (database(b"R\0\0\0\x08\0\0\0\x63", tls=False), "authentication 99"),
        (database(b"E\0\0\0\x0fSFATAL\0Mx\0\0", tls=False), "an error without a code"),
        (database(b"E\0\0\0\x16SFATAL\0C57P0\0Mno\0\0", tls=False), "an error without a code"),
        # What follows the end of the fields is none.
        (database(b"E\0\0\0\x16SFAT\0\0C57P03\0Mno\0\0", tls=False), "an error without a message"),
        (database(b"R\0\0", tls=False), "no answer of a PostgreSQL server within 1 s"),
    ],
)
def test_what_is_no_postgresql_server(handle, words):
    row = probe(handle, timeout=1)
    assert (row["verdict"], row["layer"]) == ("database_failed", "postgresql")
    assert words in row["detail"] and row["detail"].isprintable()


@given(st.sampled_from([SASL, MD5, error("57P03", "starting up")]), st.integers(0, 80), st.binary(max_size=6))
def test_no_damage_raises_or_makes_an_error_a_welcome(answer, at, damage):
    data = answer[:at] + damage + answer[at + len(damage) :]
    reader = postgresql_messages.ReplyReader()
    try:
        reply = reader.feed(data)
    except postgresql_messages.PostgresqlError as exc:
        assert str(exc).isprintable()
    else:
        assert reply is None or reply.message is not None or data[:1] == b"R"


@given(st.binary(max_size=200), st.integers(1, 200))
def test_a_reply_is_the_same_whole_or_in_pieces(data, at):
    def read(parts):
        reader = postgresql_messages.ReplyReader()
        try:
            found = [reader.feed(part) for part in parts if part]
        except postgresql_messages.PostgresqlError:
            return "error"
        return next((reply for reply in found if reply is not None), None)

    assert read([data]) == read([data[:at], data[at:]])

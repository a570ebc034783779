# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL: the start of a connection, up to what the server asks for. No password is sent."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.printable import printable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Evidence, Protocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    postgresql_messages,
    tls_handshake,
    verdicts,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.exchange_failures import ExchangeFailures

_USER = "hostprep"
# SQLSTATEs of a server that is there, and takes no connection at the moment.
_NOT_NOW = ("57P03", "53300")
_SECURE, _IN_CLEAR = b"S", b"N"


class Postgresql(Protocol):
    name = "postgresql"
    title = "PostgreSQL"
    outcome = "the authentication that the server asks for. No password is sent, and the certificate is not verified"
    layer = "postgresql"
    evidence = Evidence(
        "postgresql",
        """
description: The answer of the database server. V(null) for other protocols, and if there was no answer.
returned: always
type: dict
contains:
  tls:
    description: Whether the server offers TLS.
    returned: always
    type: bool
    sample: true
  in_clear:
    description:
      - Whether the server also accepts connections without TLS. V(null) if that is not known.
    returned: always
    type: bool
    sample: true
  authentication:
    description: The authentication that the server asks for, such as V(sasl), V(md5) or V(none).
      V(null) if it answers with an error.
    returned: always
    type: str
    sample: sasl
  error:
    description: The error that the server sent, or V(null). An error about the user is expected,
      because the user does not exist.
    returned: always
    type: str
    sample: role "hostprep" does not exist
""",
    )
    failures = {verdicts.DATABASE_FAILED: "the peer is not a PostgreSQL server, or refuses the connection"}

    def converse(self, attempt, stream):
        """See Protocol.converse."""
        with attempt.trace.layer(self.layer):
            secure = _offers_tls(attempt, stream)
        if secure:
            with attempt.trace.layer("tls"):
                # As clients do by default: the certificate is not verified (libpq, sslmode=prefer).
                stream = tls_handshake.handshake(
                    attempt.contexts.accepting, stream, attempt.endpoint.server_name, attempt.seconds
                )
        with attempt.trace.layer(self.layer):
            reply = _start_up(attempt, stream)
            in_clear = _takes_in_clear(attempt, reply) if secure else True
            attempt.trace.note(
                postgresql={
                    "tls": secure,
                    "in_clear": in_clear,
                    "authentication": reply.authentication,
                    "error": reply.message,
                }
            )
            if reply.code in _NOT_NOW:
                raise verdicts.LayerFailed(
                    verdicts.DATABASE_FAILED, f"the server refuses the connection: {reply.message} ({reply.code})"
                )
        return f"the server answers: {reply.message}" if reply.message else None


def _offers_tls(attempt, stream):
    deadline = deadlines.Deadline(attempt.seconds)
    with _failures(attempt):
        stream.send(postgresql_messages.SSL_REQUEST, deadline)
        answer = stream.receive(deadline)
        # Whatever follows the one byte was not sent by the server: it waits for the handshake.
        if answer not in (_SECURE, _IN_CLEAR):
            start = printable(answer[:40]) or "the end of the connection"
            raise postgresql_messages.PostgresqlError(f"the answer to SSLRequest is not from PostgreSQL: {start}")
    return answer == _SECURE


def _start_up(attempt, stream):
    """The Reply to the start-up message."""
    deadline, reader, reply = deadlines.Deadline(attempt.seconds), postgresql_messages.ReplyReader(), None
    with _failures(attempt):
        stream.send(postgresql_messages.start_up(_USER), deadline)
        while reply is None:
            data = stream.receive(deadline)
            if not data:
                raise postgresql_messages.PostgresqlError("the server closed the connection without an answer")
            reply = reader.feed(data)
    return reply


def _takes_in_clear(attempt, encrypted):
    """Whether a server answers a start-up message in clear as it did over TLS; None where that is not known.

    encrypted: its Reply over TLS. An error of another kind is about the one thing that differs, unless it is a passing one.
    """
    try:
        wire = attempt.unrecorded().connect()
        try:
            reply = _start_up(attempt, wire)
        finally:
            wire.close()
    except verdicts.LayerFailed:
        return None
    if reply.code in _NOT_NOW or encrypted.code in _NOT_NOW:
        return None
    return reply.code is None or reply.code == encrypted.code


def _failures(attempt):
    return ExchangeFailures(
        verdicts.DATABASE_FAILED,
        postgresql_messages.PostgresqlError,
        "answer of a PostgreSQL server",
        attempt.seconds,
    )

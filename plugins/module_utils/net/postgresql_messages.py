# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The start of a connection to a PostgreSQL server as bytes (protocol 3.0), up to its request for a password; no sockets here."""

import collections
import re
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.printable import printable

SSL_REQUEST = struct.pack("!II", 8, 80877103)
_PROTOCOL = 3 << 16
# Of a message that a server may send before a password is asked for.
_LONGEST = 16384
_AUTHENTICATION, _ERROR = b"R", b"E"
_METHODS = {
    0: "none",
    2: "kerberos",
    3: "password",
    5: "md5",
    7: "gss",
    9: "sspi",
    10: "sasl",
}

_SQLSTATE = re.compile(r"[0-9A-Z]{5}\Z")

Reply = collections.namedtuple("Reply", ["authentication", "code", "message"])
Reply.__doc__ = (
    """authentication: what the server asks for, None where it sends an error; code: its SQLSTATE; message: its text."""
)


class PostgresqlError(ValueError):
    """The bytes are not those of a PostgreSQL server."""


def start_up(user):
    """The message that names a user and no password."""
    name = user.encode("ascii")
    body = (
        struct.pack("!I", _PROTOCOL)
        + b"user\0"
        + name
        + b"\0database\0"
        + name
        + b"\0application_name\0"
        + name
        + b"\0\0"
    )
    return struct.pack("!I", len(body) + 4) + body


class ReplyReader:
    """Takes bytes until the server's first message is complete."""

    def __init__(self):
        self._data = bytearray()

    def feed(self, data):
        """Take more bytes; the Reply once it is complete, else None. Raises PostgresqlError as soon as it cannot become one."""
        self._data += data
        kind = bytes(self._data[:1])
        if kind not in (_AUTHENTICATION, _ERROR):
            raise PostgresqlError(
                f"the answer is not from PostgreSQL: it starts with {printable(bytes(self._data[:40]))}"
            )
        if len(self._data) < 5:
            return None
        (length,) = struct.unpack_from("!I", self._data, 1)
        if not 8 <= length <= _LONGEST:
            raise PostgresqlError(f"the answer is not from PostgreSQL: a message of {length} bytes")
        if len(self._data) < 1 + length:
            return None
        body = bytes(self._data[5 : 1 + length])
        return _authentication(body) if kind == _AUTHENTICATION else _error(body)


def _authentication(body):
    (method,) = struct.unpack_from("!I", body)
    if method not in _METHODS:
        raise PostgresqlError(f"the answer is not from PostgreSQL: authentication {method}")
    return Reply(_METHODS[method], None, None)


def _error(body):
    fields = {}
    for field in body.split(b"\0"):
        if not field:
            break  # the end of the fields
        fields.setdefault(field[:1], printable(field[1:]))
    if b"M" not in fields:
        raise PostgresqlError("the answer is not from PostgreSQL: an error without a message")
    # Without it, a server that takes no connection looks like one that only does not know the user.
    if not _SQLSTATE.match(fields.get(b"C", "")):
        raise PostgresqlError("the answer is not from PostgreSQL: an error without a code")
    return Reply(None, fields[b"C"], fields[b"M"])

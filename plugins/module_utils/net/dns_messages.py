# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries to a name server and its answers as bytes (RFC 1035); no sockets here."""

import collections
import socket
import struct

A, AAAA = 1, 28
_INTERNET = 1
_HEADER = struct.Struct("!6H")
_ANSWER, _TRUNCATED, _WANT_RECURSION, _RCODE = 0x8000, 0x0200, 0x0100, 0x000F
_POINTER = 0xC0
_LENGTHS = {A: 4, AAAA: 16}
_FAMILIES = {A: socket.AF_INET, AAAA: socket.AF_INET6}
# Far more than a real answer has.
_MOST_RECORDS = 512

Answer = collections.namedtuple("Answer", ["rcode", "truncated", "addresses"])
Answer.__doc__ = (
    """rcode: 0 for success, 3 where the name does not exist; addresses: list of str, in the server's order."""
)


class DnsError(ValueError):
    """The name is not valid, or the bytes are not an answer to the query."""


def query(name, kind, ident):
    """The bytes of a query for the records of `kind` (A or AAAA) of a name. Raises DnsError."""
    return _HEADER.pack(ident, _WANT_RECURSION, 1, 0, 0, 0) + _encoded(name) + struct.pack("!HH", kind, _INTERNET)


def parse(data, asked):
    """The Answer in `data` to the bytes of query() that were sent. Raises DnsError."""
    try:
        return _answer(data, asked)
    except (struct.error, IndexError):
        raise DnsError("the answer is incomplete") from None


def _answer(data, asked):
    ident, flags, questions, answers, dummy_authorities, dummy_extra = _HEADER.unpack_from(data)
    if ident != _HEADER.unpack_from(asked)[0] or not flags & _ANSWER:
        raise DnsError("the packet is not an answer to the query")
    rcode, at = flags & _RCODE, _HEADER.size
    # Servers that refuse or fail may leave the question out.
    if questions == 1:
        at = _HEADER.size + len(asked) - _HEADER.size
        if data[_HEADER.size : at].lower() != asked[_HEADER.size :].lower():
            raise DnsError("the answer does not match the query")
    elif questions or not rcode:
        raise DnsError(f"the answer repeats {questions} questions")
    (kind,) = struct.unpack("!H", asked[-4:-2])
    addresses = []
    for _dummy_number in range(min(answers, _MOST_RECORDS)):
        at = _after_name(data, at)
        found, dummy_class, dummy_ttl, length = struct.unpack_from("!HHIH", data, at)
        at += 10
        if at + length > len(data):
            if flags & _TRUNCATED:
                break
            raise DnsError("a record is longer than the answer")
        if found == kind and length == _LENGTHS[kind]:
            addresses.append(socket.inet_ntop(_FAMILIES[kind], bytes(data[at : at + length])))
        at += length
    return Answer(rcode, bool(flags & _TRUNCATED), addresses)


def _encoded(name):
    """A name as labels; names beyond ASCII are encoded as IDNA."""
    try:
        text = name.rstrip(".").encode("ascii")
    except UnicodeError:
        try:
            text = name.rstrip(".").encode("idna")
        except UnicodeError as exc:
            raise DnsError(f"{name} is not a host name: {exc}") from exc
    labels = text.split(b".")
    if len(text) > 253 or not all(0 < len(label) < 64 for label in labels):
        raise DnsError(f"{name} is not a host name")
    return b"".join(struct.pack("!B", len(label)) + label for label in labels) + b"\0"


def _after_name(data, at):
    """The offset behind a name; its pointers are not followed."""
    while True:
        length = data[at]
        if length & _POINTER == _POINTER:
            return at + 2
        if length & _POINTER:
            raise DnsError("a label of unknown kind")
        at += 1 + length
        if not length:
            return at

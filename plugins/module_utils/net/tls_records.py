# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plain-text start of a server's side of TLS up to 1.2 (RFC 5246): its certificates, and its certificate request.

In TLS 1.3 these are encrypted, and not found here.
"""

import collections

_CHANGE_CIPHER_SPEC, _HANDSHAKE = 20, 22
_CERTIFICATE, _CERTIFICATE_REQUEST, _SERVER_HELLO = 11, 13, 2

Flight = collections.namedtuple("Flight", ["answered", "certificates", "asks_for_certificate"])
Flight.__doc__ = """answered: whether there is a ServerHello; certificates: list of DER, the server's own first."""


def read(data):
    """The Flight in `data`, the first bytes that a server sent. Never raises: incomplete messages are ignored."""
    answered, certificates, asks = False, [], False
    for kind, body in _messages(_handshake_bytes(data)):
        if kind == _SERVER_HELLO:
            answered = True
        elif kind == _CERTIFICATE and not certificates:
            certificates = _certificates(body)
        elif kind == _CERTIFICATE_REQUEST:
            asks = True
    return Flight(answered, certificates, asks)


def _handshake_bytes(data):
    """The content of the handshake records before encryption begins."""
    found, at = bytearray(), 0
    while at + 5 <= len(data):
        kind, length = data[at], _number(data[at + 3 : at + 5])
        if kind == _CHANGE_CIPHER_SPEC:
            break
        if kind == _HANDSHAKE:
            found += data[at + 5 : at + 5 + length]
        at += 5 + length
    return bytes(found)


def _messages(data):
    """(type, body) of each whole handshake message."""
    at = 0
    while at + 4 <= len(data):
        length = _number(data[at + 1 : at + 4])
        if at + 4 + length > len(data):
            return
        yield data[at], data[at + 4 : at + 4 + length]
        at += 4 + length


def _certificates(body):
    found, at = [], 3
    while at + 3 <= len(body):
        length = _number(body[at : at + 3])
        if not length or at + 3 + length > len(body):
            break
        found.append(body[at + 3 : at + 3 + length])
        at += 3 + length
    return found


def _number(data):
    return int.from_bytes(data, "big")

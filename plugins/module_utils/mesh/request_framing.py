# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keyed request as it arrives over TCP: alone, in a TLS ClientHello, or behind a PROXY protocol header.

A ClientHello carries the request as the name of a protocol (ALPN). A load balancer that passes TLS through delivers it
unchanged; one that terminates TLS does not forward it. Pure functions on bytes.
"""

import binascii
import collections
import re
import socket
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import keyed_proof

LIMIT = 8192  # longer than any request
UNFINISHED = object()

# purpose, nonce: of keyed_proof. source: (address, port) of the client as a load balancer announced it, or None.
# in_tls: whether the request arrived in a ClientHello.
Request = collections.namedtuple("Request", "purpose nonce source in_tls")

_PROTOCOL = b"hostprep-"
_IN_GREETING = re.compile(_PROTOCOL + b"([0-9a-f]{%d})" % (2 * keyed_proof.ASK_SIZE))
_TLS_HANDSHAKE = b"\x16\x03"
# https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt
_PROXY_1, _PROXY_2 = b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"
_PROXY_1_LIMIT = 107
_TCP_OVER_IPV4 = 0x11


def protocol_name(request):
    """Return the name of a protocol, for ALPN, that carries a request of keyed_proof."""
    return (_PROTOCOL + binascii.hexlify(request)).decode("ascii")


def read(key, data):
    """Return the Request in the bytes of a connection, None where there is none, or UNFINISHED while it is incomplete."""
    source, rest = _announced(data)
    if rest is None:
        return UNFINISHED if source is UNFINISHED and len(data) < LIMIT else None
    if rest[:2] == _TLS_HANDSHAKE[: len(rest)]:
        return _in_greeting(key, rest, source)
    asked = keyed_proof.read_ask(key, rest)
    if asked is None:
        return UNFINISHED if keyed_proof.may_become_ask(rest) else None
    return Request(asked[0], asked[1], source, False)


def _in_greeting(key, data, source):
    if len(data) < 5 or len(data) < 5 + struct.unpack_from(">H", data, 3)[0]:
        return UNFINISHED if len(data) < LIMIT else None
    found = _IN_GREETING.search(data)
    asked = keyed_proof.read_ask(key, binascii.unhexlify(found.group(1))) if found else None
    return Request(asked[0], asked[1], source, True) if asked else None


def _announced(data):
    """Return (source or None, what follows the header of the PROXY protocol); (UNFINISHED or None, None) without that."""
    if data[: len(_PROXY_2)] == _PROXY_2[: len(data)]:
        return _version_2(data)
    if data[: len(_PROXY_1)] == _PROXY_1[: len(data)]:
        return _version_1(data)
    return None, data


def _version_1(data):
    line, end, rest = data.partition(b"\r\n")
    if not end:
        return (UNFINISHED if len(data) < _PROXY_1_LIMIT else None), None
    words = line.decode("ascii", "replace").split(" ")
    if len(words) != 6 or words[1] != "TCP4":
        return None, rest
    try:
        return (socket.inet_ntoa(socket.inet_aton(words[2])), int(words[4]) & 0xFFFF), rest
    except (OSError, ValueError):
        return None, None


def _version_2(data):
    start = len(_PROXY_2) + 4
    if len(data) < start:
        return UNFINISHED, None
    dummy_command, family, length = struct.unpack_from(">BBH", data, len(_PROXY_2))
    if len(data) < start + length:
        return UNFINISHED, None
    if family != _TCP_OVER_IPV4 or length < 12:
        return None, data[start + length :]
    address, dummy_address, port = struct.unpack_from(">4s4sH", data, start)
    return (socket.inet_ntoa(address), port), data[start + length :]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NTP client packet and the server's reply as bytes (RFC 5905); no sockets here."""

import collections
import os
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import ntp_root_distance

_PACKET = struct.Struct("!BBbb11I")
_CLIENT = 4 << 3 | 3  # version 4, mode 3
_SERVER_MODE = 4
_UNSYNCHRONISED = 3
# Seconds between 1900, where NTP counts from, and 1970.
_EPOCH = 2208988800
_ERA = 1 << 32

# Units of the root delay and the root dispersion.
_SHORT = 1 << 16

Reply = collections.namedtuple("Reply", ["offset", "delay", "stratum", "synchronised", "kiss", "root_distance"])
Reply.__doc__ = """The reply of a time server.

offset: seconds to add to this host's clock; delay: seconds of the round trip;
kiss: the four letters of a refusal ("RATE", "DENY", ...) or None; offset and delay are None then;
root_distance: seconds that the time may be wrong by what the server itself says of its way to a reference clock.
"""


class NtpError(ValueError):
    """The bytes are not a reply to the query."""


def request():
    """(packet, cookie): 48 bytes to send, and the 8 bytes of it that a genuine reply repeats."""
    # A random stamp instead of the time: a reply cannot be forged without it, and it does not disclose this host's clock.
    cookie = os.urandom(8)
    return struct.pack("!B39x", _CLIENT) + cookie, cookie


def parse(packet, questions, received):
    """Read a reply. Returns a Reply, raises NtpError.

    questions: when each query was sent, by its cookie; that and `received`: seconds since 1970 by this host's clock.
    """
    if len(packet) < _PACKET.size:
        raise NtpError(f"{len(packet)} bytes are too short for NTP")
    fields = _PACKET.unpack(packet[: _PACKET.size])
    leap, version, mode, stratum = fields[0] >> 6, fields[0] >> 3 & 7, fields[0] & 7, fields[1]
    if mode != _SERVER_MODE or not 1 <= version <= 4:
        raise NtpError(f"mode {mode} of version {version} is not a server's answer")
    cookie = bytes(packet[24:32])
    if cookie not in questions:
        raise NtpError("the reply does not match the query")
    if stratum == 0:
        return Reply(None, None, 0, False, _letters(packet[12:16]), None)
    sent = questions[cookie]
    arrived, left = _unix(*fields[11:13]), _unix(*fields[13:15])
    offset = ((arrived - sent) + (left - received)) / 2
    delay = (received - sent) - (left - arrived)
    synchronised = leap != _UNSYNCHRONISED and stratum < 16
    root_distance = ntp_root_distance.of(fields[4] / float(_SHORT), fields[5] / float(_SHORT))
    return Reply(offset, delay, stratum, synchronised, None, root_distance)


def _letters(code):
    return "".join(chr(byte) for byte in bytearray(code) if 0x20 < byte < 0x7F)


def _unix(seconds, fraction):
    """A timestamp of 32.32 bits as seconds since 1970; small numbers belong to the era that begins in 2036."""
    if seconds < _EPOCH:
        seconds += _ERA
    return seconds - _EPOCH + fraction / float(_ERA)

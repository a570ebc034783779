# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datagrams shaped like those of an overlay network (VXLAN, RFC 7348): an Ethernet frame with UDP over IPv4 in it.

Devices on the path treat them otherwise than other UDP to the same port: hypervisors take them for their own overlay. Pure
functions on bytes.
"""

import socket
import struct

# The valid-VNI flag, and the network identifier that flannel uses.
_HEADER = struct.pack("!BxxxI", 0x08, 1 << 8)
# Locally administered addresses, and IPv4.
_ETHERNET = b"\x02\0\0\0\0\x02" + b"\x02\0\0\0\0\x01" + b"\x08\x00"
_IP = struct.Struct("!BBHHHBBH4s4s")
_UDP = struct.Struct("!HHHH")
# Addresses for documentation (RFC 5737), and the discard port: such packets are neither routed nor answered.
_SOURCE, _DESTINATION, _PORT = socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2"), 9
_PROTOCOL_UDP = 17

OVERHEAD = len(_HEADER) + len(_ETHERNET) + _IP.size + _UDP.size


def wrap(payload):
    """The content of a VXLAN datagram whose inner packet carries `payload`."""
    udp = _UDP.pack(_PORT, _PORT, _UDP.size + len(payload), 0)
    return _HEADER + _ETHERNET + _ip_header(len(udp) + len(payload)) + udp + payload


def unwrap(data):
    """The payload in a datagram of wrap(), as long as its inner packet says, or None for anything else."""
    if data[: len(_HEADER)] != _HEADER or len(data) < OVERHEAD:
        return None
    at = len(_HEADER) + len(_ETHERNET)
    (length,) = struct.unpack_from("!H", data, at + _IP.size + 4)
    end = at + _IP.size + length
    if data[at] != 0x45 or data[at + 9] != _PROTOCOL_UDP or not OVERHEAD <= end <= len(data):
        return None
    return data[OVERHEAD:end]


def _ip_header(length):
    fields = [0x45, 0, _IP.size + length, 0, 0, 64, _PROTOCOL_UDP, 0, _SOURCE, _DESTINATION]
    fields[7] = _checksum(_IP.pack(*fields))
    return _IP.pack(*fields)


def _checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

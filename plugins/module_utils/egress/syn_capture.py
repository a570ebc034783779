# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which packets that open TCP connections leave this host, and with which source: seen on all interfaces, changed nowhere.

Translation of addresses changes the source of a packet, and perhaps its port, never its sequence number. By that a packet is
known again on each interface.
"""

import collections
import ctypes
import socket
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable

_ALL_PROTOCOLS, _IPV4 = 0x0003, 0x0800
_OUTGOING = 4  # PACKET_OUTGOING of packet(7)
_SO_ATTACH_FILTER = 26
_SYN, _SYN_ACK = 0x02, 0x12
_MOST = 4096

# source, target: addresses. port, sequence: numbers. outgoing: whether it leaves by the interface.
Opening = collections.namedtuple("Opening", "interface outgoing source target port sequence")
# entered: interfaces by which the packets came in. left: [(interface, source)] with which they went out.
Departure = collections.namedtuple("Departure", "entered left")


class Tap:
    """Hears packets to some addresses (texts, IPv4), until the end of a `with`. Raises OSError where that is not permitted."""

    def __init__(self, targets):
        self._targets = sorted(set(targets))
        self.openings = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL_PROTOCOLS))
        try:
            _attach(self._socket, _filter(self._targets))
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, problem, traceback):
        self._socket.close()

    def listen_until(self, other, seconds):
        """Collect openings until `other` has something to read, and what has come in by then."""
        deadline = deadlines.Deadline(seconds)
        while not deadline.expired():
            ready = readable([self._socket, other], deadline.remaining())
            if self._socket in ready:
                self._read()
            elif other in ready:
                return

    def _read(self):
        for _dummy_number in range(_MOST):
            try:
                data, (interface, protocol, kind) = _received(self._socket)
            except OSError:
                return  # nothing more to read by now
            if protocol == _IPV4 and len(self.openings) < _MOST:
                opening = parse(data, interface, kind == _OUTGOING)
                if opening is not None and opening.target in self._targets:
                    self.openings.append(opening)


def _received(sock):
    data, address = sock.recvfrom(128)
    return data, address[:3]


def parse(data, interface, outgoing):
    """The Opening of an IPv4 packet, None for a packet that opens no TCP connection."""
    if len(data) < 20 or data[0] >> 4 != 4 or data[9] != socket.IPPROTO_TCP:
        return None
    start = (data[0] & 0x0F) * 4
    if len(data) < start + 14 or data[start + 13] & _SYN_ACK != _SYN:
        return None
    port, sequence = struct.unpack_from("!HI", data, start + 2)
    source, target = (socket.inet_ntoa(bytes(data[at : at + 4])) for at in (12, 16))
    return Opening(interface, outgoing, source, target, port, sequence)


def of_source(openings, source, target, port):
    """The Departure of what a source sent to a target and port."""
    mine = [one for one in openings if (one.target, one.port) == (target, port)]
    sequences = {one.sequence for one in mine if one.source == source}
    known = [one for one in mine if one.sequence in sequences]
    entered = [one.interface for one in known if not one.outgoing]
    left = [(one.interface, one.source) for one in known if one.outgoing]
    return Departure(list(collections.OrderedDict.fromkeys(entered)), list(collections.OrderedDict.fromkeys(left)))


def _filter(targets):
    """A program of the classic packet filter that passes IPv4 packets to these addresses: nothing else wakes this process."""
    count = len(targets)
    program = [(0x20, 0, 0, 16)]  # load the destination
    for number, target in enumerate(targets):
        (value,) = struct.unpack("!I", socket.inet_aton(target))
        program.append((0x15, count - number, 0, value))  # equal: to the end
    return program + [(0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFF)]


def _attach(sock, program):
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener's side of a bandwidth measurement: receive and count bytes, or send as many as were ordered."""

import errno
import select
import socket
import struct
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import keyed_proof

LONGEST = 60.0  # seconds that a stream may take, whatever the other side does
MOST_BYTES = 10**12  # of a stream, whatever was ordered; as many as bandwidth_info takes at most
MOST_STREAMS = 8  # at the same time; a run measures one pair of nodes at a time
SLICE = 0.1  # seconds in which bytes are counted together
_BLOCK = 256 * 1024
_TURNS = 16  # blocks in a row before the next socket has its turn


class Meter:
    """Counts bytes in slices of time from the first byte on."""

    def __init__(self):
        self._begun, self._slices = None, []

    def add(self, size):
        now = time.monotonic()
        self._begun = now if self._begun is None else self._begun
        number = int((now - self._begun) / SLICE)
        self._slices += [0] * (number + 1 - len(self._slices))
        self._slices[number] += size

    def numbers(self):
        """Bytes in each slice."""
        return list(self._slices)


def stream_for(key, request, sock, size, begun):
    """Return the stream for a request of keyed_proof.STREAMS on a connection.

    size: bytes that were ordered. begun: the bytes of the stream that arrived together with the order.
    """
    if request.purpose == keyed_proof.SWALLOW:
        return _Swallow(key, request.nonce, sock, len(begun))
    return _Pour(sock, min(size, MOST_BYTES))


class _Swallow:
    """Receives until the sender has finished, and then reports how many bytes arrived when."""

    events = select.EPOLLIN

    def __init__(self, key, nonce, sock, begun):
        self._key, self._nonce, self._sock = key, nonce, sock
        self._meter, self._buffer = Meter(), bytearray(_BLOCK)
        if begun:
            self._meter.add(begun)
        self._deadline = deadlines.Deadline(LONGEST)

    def step(self):
        """Whether there is more to do."""
        for _dummy in range(_TURNS):
            try:
                size = self._sock.recv_into(self._buffer)
            except OSError as problem:
                return problem.errno == errno.EAGAIN
            if not size:
                self._tell()
                return False
            self._meter.add(size)
        return True

    def _tell(self):
        try:
            # The report must not be lost in a reset.
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
            self._sock.send(keyed_proof.count(self._key, self._nonce, self._meter.numbers()))
        except OSError:
            return  # the client is gone

    def overdue(self):
        return self._deadline.expired()


class _Pour:
    """Sends as many bytes as were ordered, or until the client closes the connection."""

    events = select.EPOLLOUT

    def __init__(self, sock, size):
        self._sock, self._block, self._left = sock, memoryview(b"\0" * _BLOCK), size
        self._deadline = deadlines.Deadline(LONGEST)

    def step(self):
        """Whether there is more to do."""
        for _dummy in range(_TURNS):
            try:
                self._left -= self._sock.send(self._block[: self._left])
            except OSError as problem:
                return problem.errno == errno.EAGAIN
            if not self._left:
                return False
        return True

    def overdue(self):
        return self._deadline.expired()

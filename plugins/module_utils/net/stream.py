# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connected socket that is read and written against a deadline for the whole exchange."""

import socket

_CHUNK = 16384
# settimeout(0) would mean not to wait at all, and fail with another exception than a timeout.
_SHORTEST_WAIT = 0.001


class Wire:
    """Bytes over TCP. send() and receive() raise OSError, and among them socket.timeout when `deadline` passes."""

    def __init__(self, sock):
        self._sock = sock
        self._early = b""

    def send(self, data, deadline):
        self._arm(deadline)
        self._sock.sendall(data)

    def receive(self, deadline):
        """The next bytes, at most a chunk of them; b"" when the peer has closed its side."""
        if self._early:
            data, self._early = self._early, b""
            return data
        self._arm(deadline)
        return self._sock.recv(_CHUNK)

    def unread(self, data):
        """Put back bytes that were read too early: the next receive() returns them first."""
        self._early = bytes(data) + self._early

    def waiting(self):
        """Bytes that were put back and not yet read."""
        return self._early

    def end(self, deadline):
        """Shut down this side, and wait until the peer has closed the other one."""
        self._arm(deadline)
        self._sock.shutdown(socket.SHUT_WR)
        while self.receive(deadline):
            pass

    def close(self):
        self._sock.close()

    def _arm(self, deadline):
        remaining = deadline.remaining()
        if remaining <= 0:
            raise socket.timeout("timed out")
        self._sock.settimeout(max(_SHORTEST_WAIT, remaining))

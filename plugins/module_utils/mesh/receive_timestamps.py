# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a datagram arrived, by the kernel, however late the process reads it."""

import socket
import struct
import time

_SO_TIMESTAMPNS = 35  # linux/socket.h; Python has no name for it
_MOMENT = struct.Struct("@ll")  # struct timespec

ROOM = socket.CMSG_SPACE(_MOMENT.size)  # for recvmsg()


def stamp_arrivals(sock):
    """Have the kernel record when datagrams arrive. Where it refuses, arrived_at() returns the time of reading."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        return True
    except OSError:
        return False


def arrived_at(ancillary):
    """Seconds since the epoch, from the ancillary data of recvmsg()."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) >= _MOMENT.size:
            seconds, nanoseconds = _MOMENT.unpack_from(data)
            return seconds + nanoseconds / 1e9
    return time.time()

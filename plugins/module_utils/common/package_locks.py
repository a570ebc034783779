# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a package manager is at work on this host, by the locks that dpkg and rpm hold meanwhile.

A program may be there, and even its service run, while the package manager still configures what it needs: one that an
interrupted run of Ansible has started goes on without it.
"""

import fcntl
import os
import struct
import time

LOCKS = (
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/lock",
    "/var/lib/rpm/.rpm.lock",
    "/usr/lib/sysimage/rpm/.rpm.lock",
)
_POLL = 0.5
_FLOCK = "hhlli"  # struct flock of 64-bit Linux: type, whence, start, length, process


def holder(path):
    """Return the process that holds the lock on a file, 0 where none does or the file is not there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, dummy, dummy, dummy, process = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    except OSError:
        return 0
    finally:
        os.close(descriptor)
    return 0 if kind == fcntl.F_UNLCK else process


def wait(seconds):
    """Wait until no package manager is at work, for so long at most; return whether none is."""
    end = time.monotonic() + seconds
    while any(holder(path) for path in LOCKS):
        if time.monotonic() >= end:
            return False
        time.sleep(_POLL)
    return True

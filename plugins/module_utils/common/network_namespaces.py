# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network namespaces of this host: which one a process or a file stands for, and how to enter it.

Python has setns() from 3.12 on; the C library has it on every host.
"""

import ctypes
import os

OF_HOST = "/proc/1/ns/net"
OWN = "/proc/self/ns/net"
_CLONE_NEWNET = 0x40000000


def identity(path):
    """What two paths of the same namespace have in common, and no two namespaces; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def enter(path, expected=None):
    """Move the calling thread, and those it starts later, to the network namespace at a path.

    expected: its identity. Raises OSError, also where a path by now stands for another namespace.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if expected is not None and (found.st_dev, found.st_ino) != expected:
            raise OSError(f"{path} now belongs to another namespace")
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(descriptor, _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{path}: {os.strerror(number)}")
    finally:
        os.close(descriptor)

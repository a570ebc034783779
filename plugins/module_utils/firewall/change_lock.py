# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One change of the firewall at a time on a host: a lock that the kernel releases whenever its holder ends.

The script that rolls a change back takes the same lock with flock(1).
"""

import errno
import fcntl
import json
import os
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError

PATH = "/run/hostprep-runtime-fabric-firewall.lock"
POLL = 0.25  # seconds between two attempts


class Busy(FirewallError):
    """Another change of the firewall is under way, or waits to be confirmed. pending: that change, None while it is being made."""

    def __init__(self, message, pending=None):
        super().__init__(message)
        self.pending = pending


class Lock:
    """holder: a few words that identify the holder. path: a file in a directory that only root can write to."""

    def __init__(self, holder, path=PATH):
        self.holder, self.path, self._descriptor = holder, path, None

    def acquire(self, deadline):
        """Take the lock, waiting until a deadline. Raises Busy, which names the holder, when that has passed."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(self.path, flags, 0o600)
        except OSError as problem:
            raise FirewallError(f"{self.path}: {os.strerror(problem.errno)}") from problem
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as problem:
                if problem.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    os.close(descriptor)
                    raise FirewallError(f"{self.path}: {os.strerror(problem.errno)}") from problem
            if deadline.expired():
                os.close(descriptor)
                raise Busy(f"{self._named()} is changing the firewall of this host right now. Nothing was changed")
            time.sleep(min(POLL, max(0.0, deadline.remaining())))
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "holder": self.holder}).encode("utf-8"))
        self._descriptor = descriptor

    def release(self):
        """Release the lock, where it is held."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _named(self):
        try:
            found = json.loads(read_text(self.path))
            return "process {} ({})".format(found["pid"], found["holder"])
        except (Unreadable, ValueError, KeyError, TypeError):
            return "a rollback of an earlier change"

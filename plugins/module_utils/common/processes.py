# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes identified by id and start time: an id alone may belong to another process by the time of a signal."""

import collections
import errno
import os
import signal
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines

# born: when the kernel started it, in its own ticks since the boot.
Process = collections.namedtuple("Process", "pid born")


def process(pid, proc="/proc"):
    """Return the Process with this id that runs now, or None; one that is dead and awaits its parent does not run."""
    fields = _stat(pid, proc)
    return Process(pid, int(fields[19])) if fields and fields[0] not in "ZX" else None


def is_running(pid):
    """Whether a process with this id runs."""
    return process(pid) is not None


def is_stopped(pid):
    """Whether a process with this id was stopped, as by SIGSTOP or by a debugger."""
    fields = _stat(pid)
    return bool(fields) and fields[0] in "Tt"


def name_of(pid):
    """The kernel's name of a process, bytes; empty where there is none."""
    try:
        with open(f"/proc/{pid}/comm", "rb") as stream:
            return stream.read().rstrip(b"\n")
    except OSError:
        return b""


def holds_socket(pid, inode):
    """Whether a process has the socket with this inode open."""
    folder, wanted = f"/proc/{pid}/fd", f"socket:[{inode}]"
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(_target(f"{folder}/{name}") == wanted for name in names)


def kill(victim, seconds):
    """Kill a Process and wait until it is gone, `seconds` at most. A later process with its id is left alone."""
    if process(victim.pid) != victim:
        return
    try:
        os.kill(victim.pid, signal.SIGKILL)
    except OSError as problem:
        if problem.errno != errno.ESRCH:
            raise
    wait_until_gone(victim, seconds)


def wait_until_gone(victim, seconds):
    """Wait until a Process is gone, `seconds` at most."""
    deadline = deadlines.Deadline(seconds)
    while process(victim.pid) == victim and not deadline.expired():
        time.sleep(0.01)


def _stat(pid, proc="/proc"):
    """The fields of /proc/PID/stat from the state on, or None."""
    try:
        with open(f"{proc}/{pid}/stat", "rb") as stream:
            return stream.read().rpartition(b")")[2].decode("ascii").split()
    except OSError:
        return None


def _target(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""  # closed in the meantime

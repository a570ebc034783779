# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name for the process that runs a task on this controller, and whether such a process is gone.

A name is only ever compared on the machine, and in the process namespace, that it is from. Elsewhere, and where there is
no /proc, nothing is known about the process, and it counts as one that may still run.
"""

from __future__ import annotations

import os

PROC = "/proc"


def own(pid: int | None = None, proc: str = PROC) -> str:
    """Return the name of a process, by default this one; "" where the system tells too little."""
    pid = os.getpid() if pid is None else pid
    started = _started(pid, proc)
    return "" if started is None else f"{_machine(proc)} {pid} {started}"


def is_gone(name: str | None, proc: str = PROC) -> bool:
    """Whether a process with this name ran here and no longer does."""
    words = (name or "").split()
    if len(words) != 4 or not words[2].isdigit() or " ".join(words[:2]) != _machine(proc):
        return False
    return _started(int(words[2]), proc) != words[3]


def _machine(proc: str) -> str:
    try:
        with open(os.path.join(proc, "sys/kernel/random/boot_id"), encoding="ascii") as stream:
            boot = stream.read(64).strip()
        return f"{boot} {os.stat(os.path.join(proc, 'self/ns/pid')).st_ino}"
    except OSError:
        return ""


def _started(pid: int, proc: str) -> str | None:
    """When a process started, in ticks since boot as text; None where there is no such process or it is dead."""
    try:
        with open(os.path.join(proc, str(pid), "stat"), encoding="utf-8", errors="replace") as stream:
            fields = stream.read(4096).rpartition(")")[2].split()
        return None if fields[0] in ("Z", "X") else fields[19]
    except (OSError, IndexError):
        return None

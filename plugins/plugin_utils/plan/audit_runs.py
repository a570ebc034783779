# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run of Ansible listeners belong to, whether that run is over, and how to name one that is in the way."""

from __future__ import annotations

import datetime
import getpass
import os
import socket
import time
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import processes


def this_run(run_id):
    """Return the option `run` of port_listener for the run of Ansible whose worker this process is."""
    return {
        "id": run_id,
        "started": time.time(),
        "controller": socket.gethostname(),
        "user": _user(),
        "process": _identity(os.getppid()),
    }


def is_over(theirs, ours):
    """Whether another run is known to be over: its process, on this machine, is gone, or is that of this very run.

    theirs, ours: as this_run returns them. A run does one thing after another, so what it began before it has ended, too.
    """
    if not theirs or not theirs.get("process") or not ours.get("process"):
        return False
    if theirs["process"] == ours["process"]:
        return True
    machine, dummy, pid = theirs["process"].rpartition("/")[0].rpartition("/")
    if machine != ours["process"].rsplit("/", 2)[0]:
        return False
    return _identity(int(pid)) != theirs["process"]


def in_the_way(results):
    """Return `{node: [status of a listener of another run]}`. results: `{node: result of port_listener, or None}`."""
    found = {node: ((result or {}).get("listening") or {}).get("held_by") for node, result in results.items()}
    return {node: holders for node, holders in found.items() if holders}


def sentence(holders):
    """Say in one line which other runs are in the way. holders: what in_the_way returned, not empty."""
    by_run = {}
    for node, statuses in holders.items():
        for status in statuses:
            by_run.setdefault(_whose(status), []).append(node)
    whose = "; and ".join(f"on {', '.join(dict.fromkeys(nodes))}, {who}" for who, nodes in by_run.items())
    ends = [
        status["ends_in"] for statuses in holders.values() for status in statuses if status.get("ends_in") is not None
    ]
    rest = f" If it was interrupted, its listeners end within {max(ends):.0f} s." if ends else ""
    return (
        f"Another audit uses the ports {whose}. Nothing was judged. Run this one again when the other has ended.{rest}"
    )


def _whose(status):
    run = status.get("run")
    if not run:
        return f"with a listener of which only the process is known (pid {status['pid']})"
    begun = datetime.datetime.fromtimestamp(run["started"], datetime.timezone.utc)
    return f"run by {run['user']} on {run['controller']} since {begun:%Y-%m-%d %H:%M:%S} UTC"


def _user():
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"  # one without an entry, as in some containers


def _identity(pid):
    """Return the boot of this machine, its space of process ids, a pid and when that process began; empty where unknown."""
    found = processes.process(pid)
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
    return f"{boot}/{space}/{pid}/{found.born}" if found else ""

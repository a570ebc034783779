# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of audits that have listeners: this one, whether another one is over, and how to name one that holds ports."""

from __future__ import annotations

import datetime
import getpass
import os
import socket
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import process_identity

Run = Mapping[str, Any]


def this_run(run_id: str) -> dict[str, Any]:
    """Return the option `run` of port_listener for the run of Ansible whose worker this process is."""
    return {
        "id": run_id,
        "started": time.time(),
        "controller": socket.gethostname(),
        "user": _user(),
        "process": process_identity.own(os.getppid()),
    }


def is_over(theirs: Run | None, ours: Run) -> bool:
    """Whether another run is known to be over: its process, on this machine, is gone, or is that of this run.

    theirs, ours: as this_run returns them. A run does one thing after another, so what it began before it has ended, too.
    """
    process = (theirs or {}).get("process")
    return bool(process) and (process == ours.get("process") or process_identity.is_gone(process))


def in_the_way(results: Mapping[str, Mapping[str, Any] | None]) -> dict[str, list[dict[str, Any]]]:
    """Return `{node: [status of a listener of another run]}`. results: `{node: result of port_listener, or None}`."""
    found = {node: ((result or {}).get("listening") or {}).get("held_by") or [] for node, result in results.items()}
    return {node: holders for node, holders in found.items() if holders}


def sentence(holders: Mapping[str, list[dict[str, Any]]]) -> str:
    """Say in one line which other runs are in the way. holders: what in_the_way returned, not empty."""
    by_run: dict[str, list[str]] = {}
    for node, statuses in holders.items():
        for status in statuses:
            by_run.setdefault(_whose(status), []).append(node)
    whose = "; and ".join(f"on {', '.join(dict.fromkeys(nodes))}, {who}" for who, nodes in by_run.items())
    ends = [
        status["ends_in"] for statuses in holders.values() for status in statuses if status.get("ends_in") is not None
    ]
    rest = f" If it was interrupted, its listeners end within {max(ends):.0f} s." if ends else ""
    return f"Another audit uses the ports {whose}. Nothing was judged. Wait until it has ended, then run this audit again.{rest}"


def _whose(status: Mapping[str, Any]) -> str:
    run = status.get("run")
    if not run:
        return f"with a listener of unknown origin (pid {status['pid']})"
    begun = datetime.datetime.fromtimestamp(run["started"], datetime.timezone.utc)
    return f"run by {run['user']} on {run['controller']} since {begun:%Y-%m-%d %H:%M:%S} UTC"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"  # without an entry in the user database, as in some containers

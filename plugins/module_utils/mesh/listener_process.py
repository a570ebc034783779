# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, find and stop the listener of a run: a separate process that answers on many ports.

Two runs cannot use the same ports of a host. The listener of a finished run is stopped by the next one. Of two active
runs, the one that began first keeps the ports, and the other one gets the status of its listener.
"""

import json
import os
import socket
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import (
    deadlines,
    detached_process,
    port_ranges,
    processes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener as port_listening
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener_commands, listener_lifetime

START_SECONDS = 30.0
YIELD_SECONDS = 30.0  # for a run that began later to release its ports


def find(key, command=listener_commands.STATUS):
    """Return the reply of the listener of this key to a command of listener_commands, or None without a listener.

    A listener that does not reply is killed, and its status is then `{"pid", "hung": True}`.
    """
    found = listener_commands.ask(listener_commands.address_of(key), command)
    if found is None:
        return None
    if found.status.get("hung"):
        listener_commands.kill(found)
    elif command == listener_commands.STOP:
        processes.wait_until_gone(found.process, listener_commands.REPLY_SECONDS)
    return found.status


def start(key, name, places, lifetime, quiet=None, run=None, over=()):
    """Start the listener; return its status `{"pid", "name", "lifetime", "places", ...}`. Raises NotStarted.

    Where other runs hold some of the ports, nothing is started, and `{"held_by": [status of their listeners]}` is returned.

    key: bytes. places: list of listener.Place. quiet: seconds without a sign of life of its run after which it
    ends, or None. run: a dictionary with `id` and `started`, or None. over: ids of runs that are known to be over.
    """
    deadline = deadlines.Deadline(YIELD_SECONDS)
    while True:
        rivals = _overlapping(key, places)
        if not rivals:
            status = _launch(key, name, places, lifetime, quiet, run)
            rivals = _holding(key, status)  # of a run that began at the same moment
            if not rivals:
                return status
            find(key, listener_commands.STOP)
        living = [rival for rival in rivals if not _end_if_over(rival, over)]
        first = [rival for rival in living if not _began_later(rival.status.get("run"), run)]
        for rival in () if first else living:
            processes.wait_until_gone(rival.process, deadline.remaining())
        if first or (living and deadline.expired()):
            return {"held_by": [rival.status for rival in living]}


def _overlapping(key, places):
    """Return the listeners of other runs (as Found) that have ports of these places by their own status."""
    wanted = {
        (place.address, transport): set(ports)
        for place in places
        for transport, ports in (("tcp", place.tcp), ("udp", place.udp))
    }
    found = []
    for rival in listener_commands.others(key, START_SECONDS):
        theirs = [
            ((place["address"], transport), port_ranges.numbers(place[transport]["bound"]))
            for place in rival.status.get("places") or ()
            for transport in ("tcp", "udp")
        ]
        if any(not wanted.get(where, set()).isdisjoint(ports) for where, ports in theirs):
            found.append(rival)
    return found


def _holding(key, status):
    """Return the listeners of other runs (as Found) that hold ports which the listener with this status lacks."""
    pids = {
        holder["pid"]
        for place in status["places"]
        for transport in ("tcp", "udp")
        for holder in place[transport]["occupied"]
    }
    return (
        [found for found in listener_commands.others(key, START_SECONDS) if found.process.pid in pids] if pids else []
    )


def _end_if_over(rival, over):
    """Stop the listener of a run that is over, or one whose process is stopped; return whether it was one of these."""
    stopped = rival.status.get("hung") and processes.is_stopped(rival.process.pid)
    if stopped or (rival.status.get("run") or {}).get("id") in over:
        listener_commands.end(rival)
        return True
    return False


def _began_later(theirs, ours):
    """Whether another run began later than this one. Where the start of either is unknown, the existing one stays."""
    return bool(theirs and ours) and (theirs["started"], theirs["id"]) > (ours["started"], ours["id"])


def _launch(key, name, places, lifetime, quiet, run):
    def work(report_status):
        _name_process()
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        control.bind(listener_commands.address_of(key))
        control.listen(8)
        sockets, report = port_listening.bind_all(places)
        status = {
            "pid": os.getpid(),
            "name": name,
            "lifetime": lifetime,
            "quiet": quiet,
            "run": run,
            "since": time.time(),
            "places": report,
        }
        lease = listener_lifetime.Lease(quiet)
        listener = port_listening.Listener(key, name, sockets, control, status, lease)
        report_status(json.dumps(status).encode("ascii"))
        listener.serve()

    try:
        report = detached_process.start(work, lifetime, min(START_SECONDS, lifetime))
    except detached_process.NotStarted:
        find(key, listener_commands.STOP)  # one that starts too late must not block the next one
        raise
    return json.loads(report.decode("ascii"))


def _name_process():
    """Set the name that tools such as ss and top show."""
    with open("/proc/self/comm", "wb") as stream:
        stream.write(listener_commands.PROCESS_NAME)

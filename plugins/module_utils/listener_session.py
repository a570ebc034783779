# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, find and stop the listener of a run: a process of its own that answers on many ports.

It is found again by the key of the run, over a Unix socket without a file, so nothing of it is left on disk.
"""

import hashlib
import hmac
import json
import os
import signal
import socket
import struct
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import bounded_process, deadlines, port_listening

START_SECONDS = 30.0
REPLY_SECONDS = 5.0
PROCESS_NAME = b"hostprep-listen"


def find(key, word="status"):
    """Return what the listener of this key says to a word, "status" or "stop", or None where there is no listener.

    A listener that does not reply is killed, and its status is then `{"pid", "hung": True}`.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with sock:
        sock.settimeout(REPLY_SECONDS)
        try:
            sock.connect(_address(key))
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        pid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        try:
            sock.sendall(word.encode("ascii"))
            status = json.loads(_read_all(sock).decode("ascii"))
        except (OSError, ValueError):
            _kill(pid)
            return {"pid": pid, "hung": True}
    if word == "stop":
        _wait_until_gone(pid)
    return status


def start(key, name, places, lifetime):
    """Start the listener; return its status `{"pid", "name", "lifetime", "places"}`. Raises NotStarted.

    key: bytes. places: list of port_listening.Place.
    """

    def work(say):
        _name_process()
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        control.bind(_address(key))
        control.listen(8)
        sockets, report = port_listening.bind_all(places)
        status = {"pid": os.getpid(), "name": name, "lifetime": lifetime, "places": report}
        listener = port_listening.Listener(key, name, sockets, control, status)
        say(json.dumps(status).encode("ascii"))
        listener.serve()

    return json.loads(bounded_process.start(work, lifetime, min(START_SECONDS, lifetime)).decode("ascii"))


def _address(key):
    return b"\0hostprep-listener-" + hmac.new(key, b"session", hashlib.sha256).hexdigest()[:32].encode("ascii")


def _name_process():
    """Let tools such as ss and top tell what this is."""
    with open("/proc/self/comm", "wb") as stream:
        stream.write(PROCESS_NAME)


def _read_all(sock):
    chunks = []
    while True:
        chunk = sock.recv(65536)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def _kill(pid):
    if pid <= 0:  # of a process namespace that this one cannot see
        return
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    _wait_until_gone(pid)


def _wait_until_gone(pid):
    deadline = deadlines.Deadline(REPLY_SECONDS)
    while is_running(pid) and not deadline.expired():
        time.sleep(0.01)


def is_running(pid):
    """Whether a process runs; one that is dead and only waits for its parent to notice does not."""
    try:
        with open("/proc/%d/stat" % pid) as stream:
            return stream.read(4096).rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False

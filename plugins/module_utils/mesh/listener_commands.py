# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find listeners on this host, send them commands, and end those that do not reply.

Each listener has a control socket: a Unix socket without a file, so nothing is left on the disk, and one that has no
process cannot be found. Its name is derived from the key of its run. The names of all such sockets are listed by the
kernel, so listeners of other runs are found without their keys. A name proves nothing: any user may take one. A process
counts as a listener only if all of this is true, according to the kernel:
* the process that listens on the control socket belongs to root, or to the current user,
* it bears the name of a listener, and
* it has that very socket open (checked before it is killed).
It is killed only if it also started when that process did; a later process with its id is left alone.
"""

import collections
import hashlib
import hmac
import json
import os
import socket
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, processes

REPLY_SECONDS = 5.0
PROCESS_NAME = b"hostprep-listen"
# Commands: report the status; stop; the run is alive; the run has lost its controller on this host.
STATUS, STOP, SIGN, HANGUP = "status", "stop", "sign", "hangup"

_PREFIX = b"hostprep-listener-"
_SLICE = 0.5  # seconds after which a process that does not reply is checked for being stopped
_ACCEPTS = 0x10000  # the flag of a Unix socket that listens

# status: the listener's reply; `{"pid", "hung": True}` where it did not reply.
Found = collections.namedtuple("Found", "address process status")


def address_of(key):
    """The address of the control socket of a run. key: bytes."""
    return b"\0" + _PREFIX + hmac.new(key, b"session", hashlib.sha256).hexdigest()[:32].encode("ascii")


def others(key, seconds):
    """Return a Found for each listener of another run than that of this key; one that starts may take `seconds` to reply."""
    own = address_of(key)
    found = [ask(address, STATUS, seconds) for address in sorted(_control_sockets()) if address != own]
    return [one for one in found if one is not None]


def ask(address, command=STATUS, seconds=None):
    """Send a command to the listener with this control socket; return a Found, or None if no listener answers.

    seconds: for its reply, REPLY_SECONDS by default. A process that is stopped is not waited for.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with sock:
        sock.settimeout(_SLICE)
        try:
            sock.connect(address)
        except OSError:
            return None
        owner = _listener_behind(sock)
        if owner is None:
            return None
        try:
            sock.sendall(command.encode("ascii"))
            status = json.loads(_read_all(sock, owner, REPLY_SECONDS if seconds is None else seconds).decode("ascii"))
        except socket.timeout:
            status = {"pid": owner.pid, "hung": True}
        except (OSError, ValueError):
            # It closes the connection without a reply when it ends.
            processes.wait_until_gone(owner, REPLY_SECONDS)
            if processes.process(owner.pid) != owner:
                return None
            status = {"pid": owner.pid, "hung": True}
    return Found(address, owner, status)


def end(found):
    """Stop the listener of a Found, and kill it if it does not reply."""
    latest = found if found.status.get("hung") else ask(found.address, STOP)
    if latest is None or latest.process != found.process:
        return  # it ended in the meantime
    if latest.status.get("hung"):
        kill(latest)
    else:
        processes.wait_until_gone(latest.process, REPLY_SECONDS)


def kill(found):
    """Kill the listener of a Found, if it is still the same process."""
    inode = _control_sockets().get(found.address)
    if inode is not None and processes.holds_socket(found.process.pid, inode):
        processes.kill(found.process, REPLY_SECONDS)


def _listener_behind(sock):
    """Return the listening Process at the other end of a socket, or None where it is not a listener."""
    pid, uid, dummy_gid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid not in (0, os.geteuid()) or pid <= 0:  # 0: of a process namespace that this one cannot see
        return None
    return processes.process(pid) if processes.name_of(pid) == PROCESS_NAME else None


def _control_sockets():
    """Return `{address: inode}` of all sockets with the name of a listener."""
    found = {}
    with open("/proc/net/unix", "rb") as stream:
        for line in stream:
            fields = line.split()
            if len(fields) == 8 and fields[7].startswith(b"@" + _PREFIX) and int(fields[3], 16) & _ACCEPTS:
                found[b"\0" + fields[7][1:]] = int(fields[6])
    return found


def _read_all(sock, owner, seconds):
    deadline, chunks = deadlines.Deadline(seconds), []
    while True:
        try:
            chunk = sock.recv(65536)
        except socket.timeout:
            if deadline.expired() or processes.is_stopped(owner.pid):
                raise
            continue
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)

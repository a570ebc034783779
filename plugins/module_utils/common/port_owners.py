# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process holds a port of this host, according to /proc."""

import collections
import errno
import os
import pwd
import re
import socket
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
)

# process, pid, user: None where the kernel itself holds the port, or where this user may not see the process.
Holder = collections.namedtuple("Holder", "transport port address state process pid user")

_TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6")}
_STATES = {1: "connected", 2: "connecting", 3: "connecting", 7: "bound", 10: "listening"}
_HELD = ("bound", "listening")
_TIME_WAIT = 6  # no process owns such a socket, and a new listener can still bind its port
_NOT_TO_BE_SEEN = frozenset([errno.ENOENT, errno.ESRCH, errno.EACCES, errno.EPERM])
TABLE_LIMIT = 256 * 1024 * 1024  # bytes; a table of more than a million sockets
_SOCKET = re.compile(r"socket:\[([0-9]+)\]\Z")


def holders(transport, ports, address, root="/proc"):
    """Return a list of Holder for those of the `ports` that are taken, by port. transport: "tcp" or "udp".

    Only holders that conflict with the IPv4 address (text) count: the same port of another address of the host does not.
    """
    in_the_way = _in_the_way(address)
    return _holders(transport, ports, lambda local, dummy_state: local in in_the_way, root)


def holders_beside(transport, ports, address, root="/proc"):
    """As holders, but those of the same port on another address of the host, loopback for example.

    They do not conflict with a program on this address, but with one that binds the port on all addresses.
    """
    in_the_way = _in_the_way(address)
    return _holders(transport, ports, lambda local, state: local not in in_the_way and state in _HELD, root)


def _in_the_way(address):
    return {address, "0.0.0.0", "::", "::ffff:" + address}


def _holders(transport, ports, counts, root):
    wanted, entries = set(ports), []
    for table in _TABLES[transport]:
        lines = read_table(_lines(os.path.join(root, "net", table)))
        entries += [entry for entry in lines if entry[1] in wanted and counts(entry[0], entry[2])]
    owners = _owners({inode for dummy, dummy_too, dummy_three, inode in entries}, root)
    found = {}
    for address, port, state, inode in entries:
        process, pid, user = owners.get(inode, (None, None, None))
        # A listener is more relevant than one of its connections.
        if port not in found or state == "listening":
            found[port] = Holder(transport, port, address, state, process, pid, user)
    return [found[port] for port in sorted(found)]


def read_table(lines):
    """Return `[(address, port, state, inode)]` of the lines of /proc/net/tcp and its like."""
    entries = []
    for line in lines[1:]:
        fields = line.split()
        if len(fields) < 10:
            continue
        packed, dummy, port = fields[1].partition(":")
        code = int(fields[3], 16)
        if code != _TIME_WAIT:
            entries.append((_address(packed), int(port, 16), _STATES.get(code, "ending"), fields[9]))
    return entries


def _address(packed):
    """The kernel prints addresses as 32-bit words in the byte order of the machine."""
    words = [int(packed[start : start + 8], 16) for start in range(0, len(packed), 8)]
    data = b"".join(struct.pack("=I", word) for word in words)
    return socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)


def _lines(path):
    try:
        return read_text(path, TABLE_LIMIT).splitlines()
    except Unreadable:
        # A kernel without IPv6 has no table for it.
        return []


def _owners(inodes, root):
    """Return `{inode: (process, pid, user)}` for the sockets that some process has open."""
    owners = {}
    for name in os.listdir(root) if inodes - {"0"} else ():
        if not name.isdigit():
            continue
        folder = os.path.join(root, name)
        held = inodes.intersection(_sockets(os.path.join(folder, "fd")))
        process = _process(folder, int(name)) if held else None
        for inode in held:
            # Of processes that share a socket the one that was there first opened it.
            if inode not in owners or int(name) < owners[inode][1]:
                owners[inode] = process
    return owners


def _sockets(folder):
    """The inodes of the sockets in a folder of links; those that vanish meanwhile or belong to other users are left out."""
    try:
        numbers = os.listdir(folder)
    except OSError as problem:
        if problem.errno not in _NOT_TO_BE_SEEN:
            raise
        return
    for number in numbers:
        try:
            match = _SOCKET.match(os.readlink(os.path.join(folder, number)))
        except OSError as problem:
            if problem.errno not in _NOT_TO_BE_SEEN:
                raise
            continue
        if match:
            yield match.group(1)


def _process(folder, pid):
    comm = _lines(os.path.join(folder, "comm"))
    try:
        uid = os.stat(folder).st_uid
    except OSError:
        return (comm[0] if comm else None, pid, None)
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return (comm[0] if comm else None, pid, user)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The largest packet that passes to a listener and back without fragmentation.

Packets with the "don't fragment" bit are sent, and their answers have the same length: this also finds routers that drop
long packets without an ICMP message, which the kernel's path MTU discovery does not.
"""

import errno
import socket
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files, host_programs
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable, writable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import keyed_proof, tcp_probes

HEADERS = 28  # of IPv4 and UDP
SMALLEST = 576  # that every host must accept (RFC 791)
SHORTEST = HEADERS + keyed_proof.ASK_SIZE
_LARGEST = 65535  # of IPv4; some interfaces claim more

_IP_MTU_DISCOVER, _IP_PMTUDISC_DONT, _IP_PMTUDISC_PROBE = 10, 0, 3  # linux/in.h
_ATTEMPTS = 5
_PAUSE = 0.2  # seconds after each attempt
_STEPS = 24  # sizes that are tried at the same time


def forbid_fragments(sock):
    """Forbid fragmentation of datagrams of a socket, whatever path MTU the kernel has cached."""
    sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)


def allow_fragments(sock):
    """Allow fragmentation of datagrams of a socket on their path, as tunnels of the kernel do."""
    sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT)


def interface_to(address):
    """Return (name, MTU) of the interface by which packets to an address leave, or (None, None)."""
    try:
        words = host_programs.run_text(["ip", "-4", "route", "get", address]).split()
    except host_files.Unreadable:
        return None, None
    if "dev" not in words[:-1]:
        return None, None
    name = words[words.index("dev") + 1]
    try:
        return name, min(int(host_files.read_text(f"/sys/class/net/{name}/mtu")), _LARGEST)
    except (host_files.Unreadable, ValueError):
        return name, None


def find(key, address, port, most, deadline):
    """Return `{"mtu", "arrives", "icmp"}` of the path to a listener.

    mtu: the size of the largest IP packet up to `most` that passes both ways, None where not even small ones do.
    arrives: whether packets of `most` bytes reach the listener, even if their answers are lost; None where that is not
    known, because the time was over or nothing was answered. icmp: whether a router reported that a packet was too long,
    which TCP and tunnels need to send shorter ones.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        forbid_fragments(sock)
        sock.connect((address, port))
        sock.setblocking(False)
        search = _Search(key, sock, deadline)
        if search.passing([most]):
            return {"mtu": most, "arrives": True, "icmp": False}
        passed, failed = max(search.passing([SMALLEST]) or [0]), most
        while passed and failed - passed > 1 and not deadline.expired():
            step = max(1, (failed - passed) // (_STEPS + 1))
            sizes = list(range(passed + step, failed, step))
            found = max(search.passing(sizes) or [passed])
            failed = min([size for size in sizes if size > found] or [failed])
            passed = found
        # The shortest request shows whether the length is the reason for the silence.
        there = search.passing([SHORTEST, most], keyed_proof.PROVE)
        known = SHORTEST in there and not deadline.expired()
        return {"mtu": passed or None, "arrives": most in there if known else None, "icmp": search.icmp}


class _Search:
    def __init__(self, key, sock, deadline):
        self._key, self._sock, self._deadline = key, sock, deadline
        self._nonces = tcp_probes.new_nonces()
        self.icmp = False

    def passing(self, sizes, purpose=keyed_proof.ECHO):
        """Return the sizes that were answered: by an answer as long as the request, or with PROVE by a short one."""
        waiting, found = {}, []
        left = set(sizes)
        for _dummy in range(_ATTEMPTS):
            for size in sorted(left):
                nonce = next(self._nonces)
                waiting[nonce] = size
                request = keyed_proof.ask(self._key, nonce, purpose)
                self._send(request + b"\0" * (size - HEADERS - len(request)))
            until = time.monotonic() + min(_PAUSE, self._deadline.remaining())
            while left and time.monotonic() < until:
                for size, length in self._arrived(waiting, until):
                    if size in left and (length == size or purpose == keyed_proof.PROVE):
                        left.discard(size)
                        found.append(size)
            if not left:
                break
        return found

    def _send(self, data):
        try:
            self._sock.send(data)
        except OSError as problem:
            # Too long for the interface, refused, or no buffer space: counts as lost, and is tried again.
            self._note(problem)
            if problem.errno == errno.EAGAIN:
                writable([self._sock], 0.05)

    def _arrived(self, waiting, until):
        """Yield (size of a request, size of the answer that arrived)."""
        readable([self._sock], max(0.0, until - time.monotonic()))
        while True:
            try:
                data = self._sock.recv(65535)
            except OSError as problem:
                if problem.errno == errno.EAGAIN:
                    return
                self._note(problem)
                continue
            nonce = keyed_proof.nonce_of_answer(data)
            if nonce in waiting and keyed_proof.read_answer(self._key, nonce, data):
                yield waiting[nonce], len(data) + HEADERS

    def _note(self, problem):
        """An ICMP error for an earlier packet is the error of the next call."""
        self.icmp = self.icmp or problem.errno == errno.EMSGSIZE

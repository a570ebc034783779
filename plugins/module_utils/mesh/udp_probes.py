# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request a proof from thousands of UDP ports, and repeat requests before a port counts as dropped.

A target without proof is expected not to answer: it is sent a DNS query, and any answer counts.
"""

import collections
import errno
import socket
import struct
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable, writable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    keyed_proof,
    path_mtu,
    port_verdicts,
    tcp_probes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import dns_messages

# From linux/in.h, linux/socket.h and linux/errqueue.h; Python does not have them all.
_IP_RECVERR = 11
_MSG_ERRQUEUE = 0x2000
_SO_RCVBUFFORCE = 33
_ICMP = 2
_NAME = "localhost"
_LONGEST = 65535  # bytes of a datagram

_FIRST_PAUSE = 0.1  # seconds until the first repetition; each pause is longer than the one before
_LONGEST_PAUSE = 0.4
_STRANGERS = 1.0  # seconds for targets that are expected not to answer
_BATCH = 32  # requests that are sent before answers are read: no buffer has to hold thousands


class UdpProber:
    """Sends to each target until it answers, an ICMP error arrives, or no other has answered for `timeout` seconds.

    One socket serves all of them; the kernel's error queue identifies the target of an ICMP error. `outcomes` is
    `{(peer, port): (verdict, reason)}` when it is over.

    shape: None, or how datagrams are shaped, an object with wrap(key, nonce, address), which returns a request, and unwrap(data),
    which returns what may be an answer, or None.
    """

    def __init__(self, key, targets, timeout, deadline, shape=None):
        self._shape = shape
        self._key, self._timeout, self._deadline = key, timeout, deadline
        nonces = tcp_probes.new_nonces()
        self._open = collections.OrderedDict((next(nonces), target) for target in targets)
        self._requests = {nonce: self._request(nonce, target) for nonce, target in self._open.items()}
        self._by_place = {(target.address, target.port): nonce for nonce, target in self._open.items()}
        self._last_answer = 0.0
        self.outcomes = {}

    def _request(self, nonce, target):
        if self._shape is not None:
            return self._shape.wrap(self._key, nonce, target.address)
        return keyed_proof.ask(self._key, nonce) if target.proof else dns_messages.query(_NAME, dns_messages.A, 1)

    def run(self, timeout=None):
        """Another round for the targets that have not answered, perhaps because a host is busy."""
        timeout = min(timeout or self._timeout, self._deadline.remaining())
        if self.outcomes and (timeout <= 0 or not any(target.proof for target in self._open.values())):
            return
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sock:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
            _enlarge(sock)
            if self._shape is not None:
                path_mtu.allow_fragments(sock)
            pause = _FIRST_PAUSE
            self._last_answer = began = time.monotonic()
            while (
                self._goes_on(began) and not self._deadline.expired() and time.monotonic() < self._last_answer + timeout
            ):
                self._ask_all(sock)
                self._hear(sock, time.monotonic() + pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
        over = self._deadline.expired()
        for target in self._open.values():
            verdict = port_verdicts.UNTESTED if over else port_verdicts.DROPPED
            reason = "the deadline passed" if over else f"no answer within {self._timeout:g} s"
            self.outcomes[target.peer, target.port] = (verdict, reason)

    def _goes_on(self, began):
        """Whether any answer is still outstanding."""
        return any(target.proof for target in self._open.values()) or (
            self._open and time.monotonic() < began + _STRANGERS
        )

    def _ask_all(self, sock):
        for number, nonce in enumerate(list(self._open)):
            if number % _BATCH == 0:
                self._take(sock)
            if nonce in self._open:
                self._ask(sock, nonce)

    def _ask(self, sock, nonce):
        target = self._open[nonce]
        for _dummy in range(3):
            try:
                sock.sendto(self._requests[nonce], (target.address, target.port))
                return
            except OSError as problem:
                number = problem.errno
            if number == errno.EAGAIN:
                writable([sock], 0.05)
            elif not self._take_errors(sock):
                # Not the late error of another request: this one cannot be sent.
                self._settle(nonce, *port_verdicts.verdict_of(number))
                return

    def _hear(self, sock, until):
        while self._open:
            pause = min(until - time.monotonic(), self._deadline.remaining())
            if pause <= 0 or not readable([sock], pause):
                return
            self._take(sock)

    def _take(self, sock):
        """Read everything that has arrived."""
        while True:
            try:
                data, peer = sock.recvfrom(_LONGEST)
            except OSError as problem:
                if problem.errno == errno.EAGAIN and not self._take_errors(sock):
                    return
                self._take_errors(sock)
                continue
            if self._shape is not None:
                data = self._shape.unwrap(data) or b""
            nonce = keyed_proof.nonce_of_answer(data)
            if nonce in self._open:
                proof = keyed_proof.read_answer(self._key, nonce, data)
                if proof is not None:
                    self._last_answer = time.monotonic()
                    self._settle(nonce, *tcp_probes.judge_answer(proof, self._open[nonce]))
                continue
            place = self._by_place.get(tuple(peer[:2]))
            if place in self._open and not self._open[place].proof:
                self._settle(place, port_verdicts.LIVE, None)

    def _take_errors(self, sock):
        """Take the ICMP errors out of the socket's queue; return how many there were."""
        count = 0
        while True:
            try:
                dummy, ancillary, dummy_flags, place = sock.recvmsg(128, 512, _MSG_ERRQUEUE)
            except OSError:
                return count
            count += 1
            for level, kind, data in ancillary:
                if level == socket.IPPROTO_IP and kind == _IP_RECVERR:
                    number, origin = struct.unpack_from("=IB", data)
                    nonce = self._by_place.get(tuple(place[:2]))
                    if origin == _ICMP and nonce in self._open:
                        self._settle(nonce, *port_verdicts.verdict_of(number))

    def _settle(self, nonce, verdict, reason):
        target = self._open.pop(nonce)
        self.outcomes[target.peer, target.port] = (verdict, reason)


def _enlarge(sock):
    for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            sock.setsockopt(socket.SOL_SOCKET, option, 4 * 1024 * 1024)
            return
        except OSError:
            continue  # only root may go beyond the limit of the host

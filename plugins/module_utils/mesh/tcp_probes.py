# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe thousands of TCP ports at the same time and request a proof from each listener."""

import collections
import errno
import os
import select
import socket
import struct
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import keyed_proof, port_verdicts

_BATCH = 256  # connections that are begun, and events that are handled, in one go
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


_ROUNDS = 3  # how often a port is tried that accepts the connection and then does not answer


class TcpProber:
    """All targets in one go; `outcomes` is `{(peer, port): (verdict, reason)}` when it is over.

    A connection has `timeout` seconds to open, and as many again for its proof, counted from the last proof of any other:
    a listener with thousands of requests is slow, not silent. Where both hosts are so busy that even that is not enough,
    ports that accepted the connection are tried again at the end.
    """

    def __init__(self, key, targets, timeout, concurrency, deadline):
        self._key, self._timeout, self._concurrency, self._deadline = key, timeout, concurrency, deadline
        self._waiting = collections.deque(targets)
        self._epoll = select.epoll()
        self._running = {}  # file number -> [socket, target, nonce, end]; no nonce before the connection is open
        self._ends = collections.deque()  # (moment, file number, socket), in the order of the moments
        self._nonces = new_nonces()
        self._last_proof = time.monotonic()
        self._mute = []  # targets that were connected and gave no proof, nor anything else
        self.outcomes = {}

    def run(self):
        for _dummy in range(_ROUNDS):
            self._try_all()
            if not self._mute or self._deadline.expired():
                break
            self._waiting.extend(self._mute)
            del self._mute[:]
        self._epoll.close()

    def _try_all(self):
        while (self._waiting or self._running) and not self._deadline.expired():
            for _dummy in range(_BATCH):
                if not self._waiting or len(self._running) >= self._concurrency:
                    break
                self._start(self._waiting.popleft())
            before = time.monotonic()
            events = self._epoll.poll(self._pause(), _BATCH)
            for number, _dummy in events:
                self._go_on(number)
            if len(events) < _BATCH:
                # All that had arrived was read: what is due by now is really late, however long this process slept.
                self._expire(before)
        for sock, target, _dummy, _dummy_end in list(self._running.values()):
            self._settle(sock, target, port_verdicts.UNTESTED, "the deadline passed")
        for target in self._waiting:
            self.outcomes[target.peer, target.port] = (port_verdicts.UNTESTED, "the deadline passed")
        self._waiting.clear()

    def _start(self, target):
        """Begin a connection, or put it back when this host cannot have more at the moment."""
        try:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        except OSError as problem:
            if problem.errno in (errno.EMFILE, errno.ENFILE) and self._running:
                self._waiting.appendleft(target)
                self._concurrency = len(self._running)
                return
            self.outcomes[target.peer, target.port] = port_verdicts.verdict_of(problem.errno)
            return
        sock.setblocking(False)
        # A reset ends the connection at both ends at once: thousands in TIME_WAIT would block real ones.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        code = sock.connect_ex((target.address, target.port))
        if code not in (0, errno.EINPROGRESS):
            self.outcomes[target.peer, target.port] = port_verdicts.verdict_of(code)
            sock.close()
            return
        self._epoll.register(sock.fileno(), select.EPOLLOUT)
        self._running[sock.fileno()] = [sock, target, None, self._end_of(sock, time.monotonic())]

    def _end_of(self, sock, since):
        end = since + self._timeout
        self._ends.append((end, sock.fileno(), sock))
        return end

    def _pause(self):
        if self._waiting and len(self._running) < self._concurrency:
            return 0.0
        if not self._ends:
            return min(0.05, self._deadline.remaining())
        return max(0.0, min(self._ends[0][0] - time.monotonic(), self._deadline.remaining()))

    def _go_on(self, number):
        entry = self._running.get(number)
        if entry is None:
            return
        sock, target, nonce, dummy_end = entry
        if nonce is None:
            self._connected(entry)
            return
        try:
            data = sock.recv(4096)
        except OSError as problem:
            if problem.errno != errno.EAGAIN:
                self._mute.append(target)
                self._settle(sock, target, *_cut(problem))
            return
        self._last_proof = time.monotonic()
        self._settle(sock, target, *_judge(self._key, nonce, data, target))

    def _connected(self, entry):
        sock, target = entry[0], entry[1]
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code != 0:
            self._settle(sock, target, *port_verdicts.verdict_of(code))
            return
        if not target.proof:
            self._settle(sock, target, port_verdicts.LIVE, None)
            return
        entry[2] = next(self._nonces)
        try:
            sock.send(keyed_proof.ask(self._key, entry[2]))
        except OSError as problem:
            self._mute.append(target)
            self._settle(sock, target, *_cut(problem))
            return
        self._epoll.modify(sock.fileno(), select.EPOLLIN)
        entry[3] = self._end_of(sock, time.monotonic())

    def _settle(self, sock, target, verdict, reason):
        self.outcomes[target.peer, target.port] = (verdict, reason)
        del self._running[sock.fileno()]
        sock.close()

    def _expire(self, now):
        while self._ends and self._ends[0][0] <= now:
            dummy, number, sock = self._ends.popleft()
            entry = self._running.get(number)
            if entry is None or entry[0] is not sock or entry[3] > now:
                continue  # over already, or further by now
            if entry[2] is None:
                self._settle(sock, entry[1], port_verdicts.DROPPED, f"no answer within {self._timeout:g} s")
            elif self._last_proof + self._timeout > now:
                entry[3] = self._end_of(sock, self._last_proof)
            else:
                reason = f"connected, but no proof within {self._timeout:g} s"
                self._mute.append(entry[1])
                self._settle(sock, entry[1], port_verdicts.UNPROVEN, reason)


def new_nonces():
    """Unique nonces: a random start and a count."""
    start, count = os.urandom(keyed_proof.NONCE_SIZE - 8), 0
    while True:
        count += 1
        yield start + struct.pack(">Q", count)


def _cut(problem):
    return port_verdicts.UNPROVEN, f"the connection was cut: {os.strerror(problem.errno)}"


def _judge(key, nonce, data, target):
    """Return (verdict, reason) for the data received."""
    if not data:
        return port_verdicts.UNPROVEN, "the connection was closed without a proof"
    found = keyed_proof.read_answer(key, nonce, data)
    if found is None:
        return port_verdicts.UNPROVEN, "another program answers"
    return judge_answer(found, target)


def judge_answer(found, target):
    """Return (verdict, reason) for a genuine answer, which must come from the expected host and port."""
    if found.name != target.name or found.port != target.port:
        return port_verdicts.UNPROVEN, f"port {found.port} of {found.name} answers instead"
    return port_verdicts.OPEN, None

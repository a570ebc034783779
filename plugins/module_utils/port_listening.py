# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listen on many ports at once and prove to keyed questions, and to nothing else, that they arrived here.

Where a port cannot be had, the process that holds it is named. Everything runs in one thread on one epoll.
"""

import collections
import errno
import json
import os
import select
import socket
import struct
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import (
    file_limit,
    incoming_questions,
    kernel_clock,
    keyed_proof,
    listener_streams,
    path_mtu,
    port_holders,
    port_ranges,
)

SPARE_FILES = 16384  # for connections: some peers with thousands each
IDLE_SECONDS = 30.0  # a connection that says nothing for so long is closed
_BATCH = 64  # what one socket may get done before it is another's turn
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

# address: IPv4 address, text. tcp, udp: port numbers.
Place = collections.namedtuple("Place", "address tcp udp")


def bind_all(places):
    """Bind every port of every Place; return (sockets, report).

    sockets: `[(transport, socket)]`. report: a list, for each Place `{"address", "tcp", "udp"}`, where each transport
    is `{"bound": [range], "occupied": [who holds what], "beside": [who holds what], "failed": [{"ports", "reason"}]}`.
    beside: who holds ports of the place on other addresses of this host, where a program that listens on all addresses
    could not have them; nothing for loopback, which is asked for by programs that want it alone.
    """
    file_limit.raise_file_limit(sum(len(place.tcp) + len(place.udp) for place in places) + SPARE_FILES)
    sockets, report = [], []
    for place in places:
        entry = {"address": place.address}
        for transport, ports in (("tcp", place.tcp), ("udp", place.udp)):
            beside = [] if _is_loopback(place.address) else port_holders.holders_beside(transport, ports, place.address)
            bound, occupied, failed = [], [], collections.OrderedDict()
            for port in ports:
                try:
                    sockets.append((transport, _bind(transport, place.address, port)))
                    bound.append(port)
                except OSError as problem:
                    if problem.errno == errno.EADDRINUSE:
                        occupied.append(port)
                    else:
                        failed.setdefault(os.strerror(problem.errno), []).append(port)
            entry[transport] = {
                "bound": port_ranges.texts(bound),
                "occupied": _who_holds(transport, occupied, place.address),
                "beside": _together([holder.port for holder in beside], {holder.port: holder for holder in beside}),
                "failed": [
                    {"ports": port_ranges.texts(numbers), "reason": reason} for reason, numbers in failed.items()
                ],
            }
        report.append(entry)
    return sockets, report


def _is_loopback(address):
    return address.startswith("127.")


def _bind(transport, address, port):
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(socket.AF_INET, kind)
    try:
        sock.setblocking(False)
        if transport == "tcp":
            # Connections of before that only wait for stragglers are in nobody's way. For UDP the same option would
            # let two programs have one port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            kernel_clock.stamp_arrivals(sock)
            path_mtu.forbid_fragments(sock)
        sock.bind((address, port))
        if transport == "tcp":
            sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def _who_holds(transport, ports, address):
    known = {holder.port: holder for holder in port_holders.holders(transport, ports, address)} if ports else {}
    return _together(ports, known)


def _together(ports, known):
    """Return `[{"ports", "process", "pid", "user", "address", "state"}]`, ports of the same holder together."""
    groups = collections.OrderedDict()
    for port in ports:
        holder = known.get(port)
        who = holder._replace(transport=None, port=None) if holder else None
        groups.setdefault(who, []).append(port)
    return [
        {
            "ports": port_ranges.texts(numbers),
            "process": who.process if who else None,
            "pid": who.pid if who else None,
            "user": who.user if who else None,
            "address": who.address if who else None,
            "state": who.state if who else None,
        }
        for who, numbers in groups.items()
    ]


class Listener(object):
    """Serves bound sockets until it is told to stop over `control`, a listening Unix socket."""

    def __init__(self, key, name, sockets, control, status):
        """key: bytes. name: what this host is called. status: what `control` is told, a dictionary."""
        self._key, self._name, self._status = key, name, status
        self._epoll = select.epoll()
        self._handlers = {}
        # socket -> since when, oldest first: those that have not asked yet, and those that have their answer.
        self._asking, self._answered = collections.OrderedDict(), collections.OrderedDict()
        self._heard = {}  # socket -> the part of a question that has come
        self._streams = {}  # socket -> listener_streams.Stream
        self._proven = {"tcp": 0, "udp": 0}
        self._stopping = False
        for transport, sock in sockets:
            self._watch(sock, self._accept if transport == "tcp" else self._datagrams)
        self._sockets = [sock for dummy, sock in sockets]
        self._control = control
        self._watch(control, self._be_told)

    def serve(self):
        """Answer until told to stop."""
        while not self._stopping:
            for number, dummy_events in self._epoll.poll(1.0, 256):
                handler = self._handlers.get(number)
                if handler:
                    handler[0](handler[1])
            self._close_idle()

    def _watch(self, sock, handle):
        self._handlers[sock.fileno()] = (handle, sock)
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def _datagrams(self, sock):
        for dummy in range(_BATCH):
            try:
                data, ancillary, dummy_flags, peer = sock.recvmsg(65535, kernel_clock.ROOM)
            except OSError:
                # Nothing more, or the echo of an answer that could not be delivered.
                return
            asked = keyed_proof.read_ask(self._key, data)
            if asked is None or asked[0] not in (keyed_proof.PROVE, keyed_proof.ECHO):
                continue
            reply = self._proof("udp", asked[1], sock, peer, kernel_clock.arrived_at(ancillary))
            if asked[0] == keyed_proof.ECHO:
                reply += b"\0" * (len(data) - len(reply))
            try:
                sock.sendto(reply, peer)
            except OSError:
                continue  # as good as lost on the way; the other side asks again

    def _accept(self, listener):
        for dummy in range(_BATCH):
            try:
                sock, dummy_peer = listener.accept()
            except OSError as problem:
                if problem.errno in (errno.EMFILE, errno.ENFILE) and self._answered:
                    self._drop(next(iter(self._answered)))
                    continue
                # Nothing more; or no room, and the kernel keeps the connection until there is.
                return
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._asking[sock] = time.monotonic()
            self._watch(sock, self._question)

    def _question(self, sock):
        """Answer one question a connection, then wait for the other side to hang up: no port is left in TIME_WAIT."""
        try:
            data = sock.recv(4096)
            heard = self._heard.pop(sock, b"") + data
            question = incoming_questions.read(self._key, heard) if data else None
            if question is incoming_questions.UNFINISHED:
                self._heard[sock] = heard
                return
            if question is not None:
                self._answer(sock, question)
                return
        except OSError as problem:
            if problem.errno == errno.EAGAIN:
                return
        self._drop(sock)

    def _answer(self, sock, question):
        source = question.source or sock.getpeername()
        sock.send(self._proof("tcp", question.nonce, sock, source, time.time(), question.source is not None))
        self._asking.pop(sock, None)
        stream = listener_streams.stream_for(self._key, question, sock)
        if stream is None:
            self._answered[sock] = time.monotonic()
            return
        self._streams[sock] = stream
        self._handlers[sock.fileno()] = (self._go_on, sock)
        self._epoll.modify(sock.fileno(), stream.events)

    def _go_on(self, sock):
        """Let a stream do a bit of its work."""
        if self._streams[sock].step():
            return
        del self._streams[sock]
        self._answered[sock] = time.monotonic()
        self._handlers[sock.fileno()] = (self._question, sock)
        self._epoll.modify(sock.fileno(), select.EPOLLIN)

    def _proof(self, transport, nonce, sock, peer, received, announced=False):
        self._proven[transport] += 1
        port = sock.getsockname()[1]
        said = keyed_proof.Answer(self._name, port, peer[0], peer[1], received, time.time(), announced)
        return keyed_proof.answer(self._key, nonce, said)

    def _drop(self, sock):
        self._asking.pop(sock, None)
        self._answered.pop(sock, None)
        self._heard.pop(sock, None)
        self._streams.pop(sock, None)
        self._handlers.pop(sock.fileno(), None)
        sock.close()

    def _close_idle(self):
        horizon = time.monotonic() - IDLE_SECONDS
        for connections in (self._asking, self._answered):
            while connections and next(iter(connections.values())) < horizon:
                self._drop(next(iter(connections)))
        for sock in [sock for sock, stream in self._streams.items() if stream.overdue()]:
            self._drop(sock)

    def _be_told(self, control):
        """A word over the control socket: "status" or "stop"; only root and the user of this process are heard."""
        try:
            sock, dummy = control.accept()
        except OSError:
            return
        with sock:
            sock.settimeout(5)
            try:
                if _uid_of(sock) not in (0, os.geteuid()):
                    return
                self._stopping = sock.recv(16).startswith(b"stop")
                if self._stopping:
                    self._close_all()
                sock.sendall(json.dumps(dict(self._status, proven=self._proven)).encode("ascii"))
            except OSError:
                return

    def _close_all(self):
        for sock in [*self._asking, *self._answered, *self._streams]:
            self._drop(sock)
        for sock in self._sockets:
            sock.close()
        self._control.close()


def _uid_of(sock):
    return struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]

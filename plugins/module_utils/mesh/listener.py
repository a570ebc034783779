# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listen on many ports at once, and answer keyed requests, and nothing else, with a proof that they arrived here.

Where a port is taken, the process that holds it is named. Everything runs in one thread on one epoll.
"""

import collections
import errno
import json
import os
import select
import socket
import struct
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import (
    open_file_limit,
    port_owners,
    port_ranges,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    keyed_proof,
    listener_commands,
    listener_connections,
    listener_streams,
    path_mtu,
    receive_timestamps,
    request_framing,
    vxlan_frames,
)

SPARE_FILES = 16384  # for connections: some peers with thousands each
_BATCH = 64  # of one socket before the next one has its turn
_NO_ROOM_PAUSE = 0.05  # seconds
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

# address: IPv4 address, text. tcp, udp: port numbers.
Place = collections.namedtuple("Place", "address tcp udp")


def bind_all(places):
    """Bind every port of every Place; return (sockets, report).

    sockets: `[(transport, socket)]`. report: a list, for each Place `{"address", "tcp", "udp"}`, where each transport
    is `{"bound": [range], "occupied": [holder], "beside": [holder], "failed": [{"ports", "reason"}]}`.
    beside: holders of ports of the place on other addresses of this host, which a program that listens on all addresses
    could not bind; nothing for loopback, which programs bind by itself.
    """
    open_file_limit.raise_file_limit(sum(len(place.tcp) + len(place.udp) for place in places) + SPARE_FILES)
    sockets, report = [], []
    for place in places:
        entry = {"address": place.address}
        for transport, ports in (("tcp", place.tcp), ("udp", place.udp)):
            beside = [] if _is_loopback(place.address) else port_owners.holders_beside(transport, ports, place.address)
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
            # Old connections in TIME_WAIT do not prevent a new listener. For UDP the same option would
            # let two programs have one port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            receive_timestamps.stamp_arrivals(sock)
            path_mtu.forbid_fragments(sock)
        sock.bind((address, port))
        if transport == "tcp":
            sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def _who_holds(transport, ports, address):
    known = {holder.port: holder for holder in port_owners.holders(transport, ports, address)} if ports else {}
    return _together(ports, known)


def _together(ports, known):
    """Return `[{"ports", "process", "pid", "user", "address", "state"}]`, ports of the same holder together."""
    groups = collections.OrderedDict()
    for port in ports:
        holder = known.get(port)
        group = holder._replace(transport=None, port=None) if holder else None
        groups.setdefault(group, []).append(port)
    return [
        {
            "ports": port_ranges.texts(numbers),
            "process": group.process if group else None,
            "pid": group.pid if group else None,
            "user": group.user if group else None,
            "address": group.address if group else None,
            "state": group.state if group else None,
        }
        for group, numbers in groups.items()
    ]


class Listener:
    """Serves bound sockets until its lease is over, or until it is stopped over `control`, a listening Unix socket."""

    def __init__(self, key, name, sockets, control, status, lease):
        """key: bytes. name: of this host. status: the reply over `control`, a dictionary. lease: a Lease."""
        self._key, self._name, self._status, self._lease = key, name, status, lease
        self._epoll = select.epoll()
        self._handlers = {}
        self._connections = listener_connections.Connections(
            open_file_limit.room_beside(len(sockets), SPARE_FILES),
            sum(transport == "tcp" for transport, dummy in sockets),
        )
        self._no_room = False
        self._received = {}  # socket -> the part of a request or of an order that has arrived
        self._orders = {}  # socket -> (Request for a stream, the answer to it)
        self._streams = {}  # socket -> listener_streams.Stream
        self._proven = {"tcp": 0, "udp": 0}
        self._stopping = False
        for transport, sock in sockets:
            self._watch(sock, self._accept if transport == "tcp" else self._datagrams)
        self._sockets = [sock for dummy, sock in sockets]
        self._control = control
        self._watch(control, self._obey_command)

    def serve(self):
        """Serve until stopped."""
        while not self._stopping:
            for number, _dummy_events in self._epoll.poll(1.0, 256):
                handler = self._handlers.get(number)
                if handler and not self._stopping:
                    handler[0](handler[1])
            self._close_idle()
            if self._lease.over():
                self._stop()
            if self._no_room:
                # The kernel keeps the connections until there is room again, and would report them without a pause.
                time.sleep(_NO_ROOM_PAUSE)
                self._no_room = False

    def _watch(self, sock, handle):
        self._handlers[sock.fileno()] = (handle, sock)
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def _handle(self, sock, handle, events=select.EPOLLIN):
        """Handle a connection with another method from now on."""
        self._handlers[sock.fileno()] = (handle, sock)
        self._epoll.modify(sock.fileno(), events)

    def _datagrams(self, sock):
        for _dummy in range(_BATCH):
            try:
                data, ancillary, dummy_flags, peer = sock.recvmsg(65535, receive_timestamps.ROOM)
            except OSError:
                # Nothing more, or the echo of an answer that could not be delivered.
                return
            inner = vxlan_frames.unwrap(data)
            request = data if inner is None else inner
            asked = keyed_proof.read_ask(self._key, request)
            if asked is None or asked[0] not in (keyed_proof.PROVE, keyed_proof.ECHO):
                continue
            reply = self._proof("udp", asked[1], sock, peer, receive_timestamps.arrived_at(ancillary))
            if asked[0] == keyed_proof.ECHO:
                reply += b"\0" * (len(request) - len(reply))
            try:
                if inner is None:
                    sock.sendto(reply, peer)
                else:
                    path_mtu.allow_fragments(sock)
                    sock.sendto(vxlan_frames.wrap(reply), peer)
                    path_mtu.forbid_fragments(sock)
            except OSError:
                continue  # counts as lost; the client sends it again

    def _accept(self, listener):
        for _dummy in range(_BATCH):
            if self._no_room or not self._make_room():
                return
            try:
                sock, peer = listener.accept()
            except OSError as problem:
                self._no_room = problem.errno in (errno.EMFILE, errno.ENFILE)
                if self._no_room:
                    self._drop_all(self._connections.oldest())
                return
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._watch(sock, self._request)
            self._drop_all(self._connections.add(sock, peer[0]))

    def _make_room(self):
        """Whether there is room for another connection."""
        if self._connections.full():
            self._drop_all(self._connections.oldest(listener_connections.FRESH_SECONDS))
            self._no_room = self._connections.full()
        return not self._no_room

    def _request(self, sock):
        """Answer one request per connection, then wait for the client to close it: no port is left in TIME_WAIT."""
        data = self._receive(sock)
        if data is None:
            return
        request = request_framing.read(self._key, data) if data else None
        if request is request_framing.UNFINISHED:
            self._received[sock] = data
        elif request is None or not self._answer(sock, request):
            self._drop(sock)

    def _receive(self, sock):
        """Return what has arrived of a message, empty where the connection has ended; None where nothing new arrived."""
        try:
            data = sock.recv(4096)
        except OSError as problem:
            return None if problem.errno == errno.EAGAIN else b""
        return self._received.pop(sock, b"") + data if data else b""

    def _answer(self, sock, request):
        """Return whether the answer was sent."""
        try:
            source = request.source or sock.getpeername()
            reply = self._proof("tcp", request.nonce, sock, source, time.time(), request.source is not None)
            sock.send(reply)
        except OSError:
            return False
        if request.purpose in keyed_proof.STREAMS:
            self._orders[sock] = (request, reply)
            self._handle(sock, self._order)
        else:
            self._connections.answered(sock)
        return True

    def _order(self, sock):
        """Begin a stream once its order has arrived."""
        data = self._receive(sock)
        if data is None:
            return
        if data and len(data) < keyed_proof.ORDER_SIZE:
            self._received[sock] = data
            return
        request, reply = self._orders.pop(sock)
        size = keyed_proof.read_order(self._key, reply, data)
        if size is None or len(self._streams) >= listener_streams.MOST_STREAMS:
            self._drop(sock)
            return
        self._connections.working(sock)
        stream = listener_streams.stream_for(self._key, request, sock, size, data[keyed_proof.ORDER_SIZE :])
        self._streams[sock] = stream
        self._handle(sock, self._go_on, stream.events)

    def _go_on(self, sock):
        """Continue a stream for one turn."""
        if self._streams[sock].step():
            return
        del self._streams[sock]
        self._connections.answered(sock)
        self._handle(sock, self._request)

    def _proof(self, transport, nonce, sock, peer, received, announced=False):
        self._lease.sign()
        self._proven[transport] += 1
        port = sock.getsockname()[1]
        values = keyed_proof.Answer(self._name, port, peer[0], peer[1], received, time.time(), announced)
        return keyed_proof.answer(self._key, nonce, values)

    def _drop(self, sock):
        self._connections.remove(sock)
        for parts in (self._received, self._orders, self._streams):
            parts.pop(sock, None)
        self._handlers.pop(sock.fileno(), None)
        sock.close()

    def _drop_all(self, socks):
        for sock in socks:
            self._drop(sock)

    def _close_idle(self):
        self._drop_all(self._connections.idle())
        self._drop_all([sock for sock, stream in self._streams.items() if stream.overdue()])

    def _obey_command(self, control):
        """Handle a command of listener_commands, from root and from the user of this process only."""
        try:
            sock, dummy = control.accept()
        except OSError:
            return
        with sock:
            sock.settimeout(5)
            try:
                if _uid_of(sock) not in (0, os.geteuid()):
                    return
                command = sock.recv(16).decode("ascii", "replace")
                if command == listener_commands.SIGN:
                    self._lease.sign()
                elif command == listener_commands.HANGUP:
                    self._lease.hangup()
                elif command == listener_commands.STOP:
                    self._stop()
                sock.sendall(json.dumps(self._now()).encode("ascii"))
            except OSError:
                return

    def _now(self):
        return dict(
            self._status, proven=self._proven, silent_for=self._lease.silent_for(), ends_in=self._lease.remaining()
        )

    def _stop(self):
        self._stopping = True
        for sock in [*self._connections.all(), *self._sockets, self._control]:
            sock.close()


def _uid_of(sock):
    return struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]

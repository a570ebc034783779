# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the network namespace of a host of the lab: listens on many ports, tries many, or holds one connection.

The standard library only, and nothing of the collection: what is measured here must not be measured with itself.
Usage: `packet_agent.py listen|probe|serve|hold`; requests come as lines of JSON on standard input, answers leave as such
lines on standard output. The program ends with its input, and in any case after LIFETIME seconds.
"""

import concurrent.futures
import errno
import json
import multiprocessing
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time

LIFETIME = 900
# An NTP query, so that an NTP server answers it just like the listener here does.
DATAGRAM = b"\x23" + bytes(47)
BURST = 100  # what is sent before answers are read
# Linux knows them, Python's module does not.
IP_BIND_ADDRESS_NO_PORT = 24
SO_RCVBUFFORCE = 33
ROOM_FOR_ANSWERS = 1 << 23
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def say(answer):
    print(json.dumps(answer), flush=True)


def requests():
    return (json.loads(line) for line in sys.stdin)


def listen(request):
    """Listen on `{"tcp": [...], "udp": [...]}` of all addresses; answer {} once all is there.

    A TCP port on which another process listens is left to it. A handshake needs no process of ours; datagrams are sent
    back as they came.
    """
    held = []
    for port in request["tcp"]:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("", port))
            sock.listen(128)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            sock.close()
            continue
        held.append(sock)
    poll = select.epoll()
    echoing = {}
    for port in request["udp"]:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("", port))
        sock.setblocking(False)
        echoing[sock.fileno()] = sock
        poll.register(sock, select.EPOLLIN)
    for work, arguments in ((echo, (poll, echoing)), (accept, (held,))):
        multiprocessing.get_context("fork").Process(target=until_the_end, args=(work, *arguments), daemon=True).start()
    say({})


def until_the_end(work, *arguments):
    signal.alarm(LIFETIME)
    work(*arguments)


def echo(poll, sockets):
    while True:
        for number, _dummy in poll.poll():
            try:
                data, sender = sockets[number].recvfrom(2048)
                sockets[number].sendto(data, sender)
            except OSError:
                continue


def accept(listening):
    """Keep the queues of the listening sockets empty."""
    poll = select.epoll()
    by_number = {sock.fileno(): sock for sock in listening}
    for sock in listening:
        sock.setblocking(False)
        poll.register(sock, select.EPOLLIN)
    while True:
        for number, _dummy in poll.poll():
            try:
                by_number[number].accept()[0].close()
            except OSError:
                continue


def probe(request):
    """Try `{"source": address or "", "targets": [[address, tcp ports, udp ports], ...], "patience": s}`.

    Answers [[open TCP ports, open UDP ports], ...] in the order of the targets. It waits until `patience` seconds have
    gone by without news.
    """
    source, patience = request["source"], request["patience"]
    ends = [[(target[0], port) for target in request["targets"] for port in target[place]] for place in (1, 2)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        work = [pool.submit(act, source, wanted, patience) for act, wanted in zip((connected, echoed), ends)]
        found = [one.result() for one in work]
    say(
        [
            [sorted(port for address, port in one if address == target[0]) for one in found]
            for target in request["targets"]
        ]
    )


def connected(source, ends, patience):
    """The (address, port) that take a TCP connection."""
    found, pending = set(), {}
    poll = select.epoll()
    last = time.monotonic()

    def look(seconds):
        news = False
        for number, _dummy in poll.poll(seconds):
            end, sock = pending.pop(number)
            poll.unregister(number)
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (0, errno.ECONNRESET):
                found.add(end)
            sock.close()
            news = True
        return news

    for count, end in enumerate(ends):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        if source:
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source, 0))
        error = sock.connect_ex(end)
        if error == errno.EINPROGRESS:
            pending[sock.fileno()] = end, sock
            poll.register(sock, select.EPOLLOUT)
        elif not error:
            found.add(end)
        if count % BURST == BURST - 1 and look(0):
            last = time.monotonic()
    while pending and time.monotonic() < last + patience:
        if look(0.1):
            last = time.monotonic()
    for _dummy, sock in pending.values():
        sock.close()
    return found


def echoed(source, ends, patience):
    """The (address, port) that send a datagram back; each is asked three times."""
    found = set()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM_FOR_ANSWERS)
    sock.bind((source, 0))

    def drain(seconds):
        while select.select([sock], [], [], seconds)[0]:
            found.add(sock.recvfrom(2048)[1])

    for _dummy in range(3):
        for count, end in enumerate(end for end in ends if end not in found):
            try:
                sock.sendto(DATAGRAM, end)
            except OSError:
                continue
            if count % BURST == BURST - 1:
                drain(0)
        if found.issuperset(ends):
            break
        drain(patience / 3)
    return found


def serve(request):
    """Echo lines to whoever connects to `{"port": ...}`; answer {} once it listens."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", request["port"]))
    server.listen(1)
    say({})

    def work():
        connection = server.accept()[0]
        while True:
            data = connection.recv(1000)
            if not data:
                return
            connection.sendall(data)

    threading.Thread(target=work, daemon=True).start()


class Held:
    """One connection, made by the first request and kept."""

    sock = None

    def hold(self, request):
        """Connect to `{"address", "port"}`, then send each `{"text"}` and answer {"text": the answer or null}."""
        if self.sock is None:
            self.sock = socket.create_connection((request["address"], request["port"]), 5)
            self.sock.settimeout(5)
            say({})
            return
        text = request["text"].encode()
        answer = b""
        try:
            self.sock.sendall(text)
            while len(answer) < len(text):
                data = self.sock.recv(1000)
                if not data:
                    break
                answer += data
        except OSError:
            pass
        say({"text": answer.decode() or None})


def main(mode):
    signal.alarm(LIFETIME)
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    act = {"listen": listen, "probe": probe, "serve": serve, "hold": Held().hold}[mode]
    for request in requests():
        act(request)


if __name__ == "__main__":
    main(sys.argv[1])

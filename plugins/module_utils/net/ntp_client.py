# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query a time server over UDP."""

import selectors
import socket
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import ntp_packet, tcp_connect, verdicts

# Seconds after which the query is repeated: one lost packet is not a closed port.
_REPEAT_AFTER = 1.0
# A reply is 48 bytes, a little more with extensions; the rest is cut off.
_LONGEST_ANSWER = 2048


def ask(addresses, port, seconds):
    """Query all `addresses` at once; the first valid reply within `seconds` counts.

    Returns (ntp_packet.Reply, address). Raises LayerFailed: refused or rejected on an ICMP error, else no_reply.
    """
    return _Survey(addresses, port, seconds).run()


class _Survey:
    """Sockets that wait for a reply, and the reasons of those that have failed."""

    def __init__(self, addresses, port, seconds):
        self._addresses = addresses
        self._port = port
        self._seconds = seconds
        self._deadline = deadlines.Deadline(seconds)
        self._selector = selectors.DefaultSelector()
        self._questions = {}  # when each was sent, by its cookie
        self._failures = []  # (verdict, sentence)
        self._invalid = {}  # why a packet was not a reply, by address

    def run(self):
        try:
            for address in self._addresses:
                self._open(address)
            while self._open_sockets() and not self._deadline.expired():
                self._ask_all()
                answer = self._listen(deadlines.Deadline(min(_REPEAT_AFTER, self._deadline.remaining())))
                if answer is not None:
                    return answer
            self._give_up()
        finally:
            for sock, _dummy_address in self._open_sockets():
                sock.close()
            self._selector.close()

    def _open_sockets(self):
        return [(key.fileobj, key.data) for key in self._selector.get_map().values()]

    def _open(self, address):
        """A connected socket receives packets of this peer only, and its ICMP errors."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.connect(tcp_connect.sockaddr(address, self._port, family))
        except OSError as exc:
            sock.close()
            self._failed(address, exc)
            return
        self._selector.register(sock, selectors.EVENT_READ, address)

    def _ask_all(self):
        for sock, address in self._open_sockets():
            packet, cookie = ntp_packet.request()
            self._questions[cookie] = time.time()
            try:
                sock.send(packet)
            except OSError as exc:
                self._drop(sock, address, exc)

    def _listen(self, pause):
        while self._open_sockets() and not pause.expired():
            for key, _dummy_events in self._selector.select(pause.remaining()):
                reply = self._read(key.fileobj, key.data)
                if reply is not None:
                    return reply, key.data
        return None

    def _read(self, sock, address):
        try:
            packet = sock.recv(_LONGEST_ANSWER)
        except OSError as exc:
            self._drop(sock, address, exc)
            return None
        try:
            return ntp_packet.parse(packet, self._questions, time.time())
        except ntp_packet.NtpError as exc:
            self._invalid[address] = str(exc)
            return None

    def _drop(self, sock, address, exc):
        self._selector.unregister(sock)
        sock.close()
        self._failed(address, exc)

    def _failed(self, address, exc):
        self._failures.append((tcp_connect.verdict_of(exc.errno), self._sentence(address, exc.strerror)))

    def _sentence(self, address, reason):
        return f"{address} port {self._port}/udp: {reason}"

    def _give_up(self):
        silent = []
        for _dummy_sock, address in self._open_sockets():
            reason = self._invalid.get(address, f"no answer within {self._seconds:g} s")
            silent.append((verdicts.NO_REPLY, self._sentence(address, reason)))
        # Silence counts more than an error of another address, which may only mean that this host has no IPv6.
        failures = silent + self._failures
        raise verdicts.LayerFailed(failures[0][0], "; ".join(sentence for dummy, sentence in failures))

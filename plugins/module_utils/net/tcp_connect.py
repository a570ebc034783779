# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP connections to the first of several addresses that answers, with the reason for each that did not."""

import errno
import os
import selectors
import socket
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdicts

# Seconds after which the next address is tried in parallel.
HEAD_START = 0.25

# This host has no route to the address, which says nothing about the endpoint.
_NO_ROUTE = frozenset([errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
# An ICMP error of a firewall or router, or this host's own packet filter.
_REJECTIONS = frozenset([errno.EHOSTUNREACH, errno.EACCES, errno.EPERM, errno.ENETDOWN, errno.EHOSTDOWN]) | _NO_ROUTE


def verdict_of(error_number):
    """The verdict that an errno of connect() or of a connected UDP socket stands for."""
    if error_number == errno.ECONNREFUSED:
        return verdicts.REFUSED
    if error_number in _REJECTIONS:
        return verdicts.REJECTED
    if error_number == errno.ETIMEDOUT:
        return verdicts.DROPPED
    return verdicts.ERROR


def dial(addresses, port, seconds, segment=None):
    """Connect to `port` of the first of `addresses` that accepts, all of them within `seconds`.

    segment: how many bytes of data a packet may have at most, in either direction.
    Returns (socket, address); the socket is blocking, with `seconds` as its timeout.
    Raises LayerFailed with the verdict of the most telling address and the reasons of all.
    """
    return _Race(addresses, port, seconds, segment).run()


class _Race:
    """Connection attempts in parallel; the first that succeeds wins and the others are closed."""

    def __init__(self, addresses, port, seconds, segment):
        self._segment = segment
        self._waiting = list(addresses)
        self._port = port
        self._seconds = seconds
        self._deadline = deadlines.Deadline(seconds)
        self._selector = selectors.DefaultSelector()
        self._failures = []

    def run(self):
        try:
            return self._first()
        finally:
            for key in list(self._selector.get_map().values()):
                key.fileobj.close()
            self._selector.close()

    def _first(self):
        next_start = time.monotonic()
        while (self._waiting or self._selector.get_map()) and not self._deadline.expired():
            none_pending = not self._selector.get_map()
            if self._waiting and (none_pending or time.monotonic() >= next_start):
                self._start(self._waiting.pop(0))
                next_start = time.monotonic() + HEAD_START
            pause = self._deadline.remaining()
            if self._waiting:
                pause = min(pause, max(0.0, next_start - time.monotonic()))
            # An empty epoll would sleep the whole pause although the next address could start at once.
            for key, _dummy_events in self._selector.select(pause) if self._selector.get_map() else ():
                winner = self._settle(key.fileobj, key.data)
                if winner is not None:
                    return winner
        return self._give_up()

    def _start(self, address):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = None
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            if self._segment is not None:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, self._segment)
            code = sock.connect_ex(sockaddr(address, self._port, family))
        except OSError as exc:
            if sock is not None:
                sock.close()
            self._failed(address, exc.errno, str(exc))
            return
        if code in (0, errno.EINPROGRESS):
            self._selector.register(sock, selectors.EVENT_WRITE, address)
            return
        sock.close()
        self._failed(address, code, os.strerror(code))

    def _settle(self, sock, address):
        self._selector.unregister(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            sock.settimeout(self._seconds)
            return sock, address
        sock.close()
        self._failed(address, code, os.strerror(code))
        return None

    def _failed(self, address, code, text):
        self._failures.append((address, verdict_of(code), code in _NO_ROUTE, text))

    def _give_up(self):
        silent = [key.data for key in self._selector.get_map().values()] + self._waiting
        for address in silent:
            self._failures.append((address, verdicts.DROPPED, False, f"no answer within {self._seconds:g} s"))
        telling = [failure for failure in self._failures if not failure[2]] or self._failures
        reasons = [f"{address} port {self._port}: {text}" for address, dummy, dummy_too, text in self._failures]
        raise verdicts.LayerFailed(telling[0][1], "; ".join(reasons))


def sockaddr(address, port, family):
    """The tuple connect() wants; getaddrinfo turns a scope id such as `%eth0` into its number, without asking DNS."""
    return socket.getaddrinfo(address, port, family, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)[0][4]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connections a listener keeps: a bounded number in all and of each peer, and the oldest make room for new ones.

A peer that only connects, however often, does not delay one that asks its question, which takes a round trip from the
beginning of the connection: to make room, connections are closed in the order in which they began, after those that have
their answer.
"""

import collections
import itertools
import time

IDLE_SECONDS = 10.0  # a connection that asks nothing, or does not end after its answer, is closed after so long
FRESH_SECONDS = 3.0  # one that began less than so long ago may have a question that a busy listener has not read yet
_LEAST_OF_PEER = 256


class Connections:
    """most: how many there may be. ports: on how many a listener listens; a peer may have two connections to each.

    What is returned as to be closed is still to be removed.
    """

    def __init__(self, most, ports, clock=time.monotonic):
        self._most, self._clock = most, clock
        self._most_of_peer = min(most, max(_LEAST_OF_PEER, 2 * ports))
        # socket -> since when, oldest first: those that have not asked yet, and those that have their answer.
        self._asking, self._answered = collections.OrderedDict(), collections.OrderedDict()
        self._working = set()
        self._of_peer = {}  # address -> its sockets, oldest first
        self._peers = {}  # socket -> address

    def add(self, sock, address):
        """Keep one; return those that are to be closed because the peer has too many."""
        self._asking[sock] = self._clock()
        self._peers[sock] = address
        theirs = self._of_peer.setdefault(address, collections.OrderedDict())
        theirs[sock] = True
        excess = len(theirs) - self._most_of_peer
        if excess <= 0:
            return []
        oldest = itertools.islice(theirs, excess + len(self._working))
        return [one for one in oldest if one not in self._working][:excess]

    def full(self):
        """Whether there is no room for another one."""
        return len(self._peers) >= self._most

    def oldest(self, age=0.0):
        """Return the one, in a list, that can best be spared: it has its answer, or began at least `age` seconds ago."""
        for kept, least in ((self._answered, 0.0), (self._asking, age)):
            sock = next(iter(kept), None)
            if sock is not None and kept[sock] <= self._clock() - least:
                return [sock]
        return []

    def answered(self, sock):
        """One has its answer, and has nothing left but to end."""
        self._asking.pop(sock, None)
        self._working.discard(sock)
        self._answered[sock] = self._clock()

    def working(self, sock):
        """One does not idle, until it is answered."""
        self._asking.pop(sock, None)
        self._working.add(sock)

    def idle(self):
        """Return those that have idled for too long."""
        horizon, found = self._clock() - IDLE_SECONDS, []
        for kept in (self._asking, self._answered):
            for sock, since in kept.items():
                if since >= horizon:
                    break
                found.append(sock)
        return found

    def remove(self, sock):
        """One is closed."""
        for kept in (self._asking, self._answered):
            kept.pop(sock, None)
        self._working.discard(sock)
        address = self._peers.pop(sock, None)
        if address is not None:
            theirs = self._of_peer[address]
            del theirs[sock]
            if not theirs:
                del self._of_peer[address]

    def all(self):
        """Return all that are kept."""
        return list(self._peers)

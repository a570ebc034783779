# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connections a listener keeps: a bounded number in all and for each peer; the oldest make room for new ones.

A peer that only connects, however often, does not delay one that sends its request, which takes one round trip from the
beginning of the connection: to make room, answered connections are closed first, then the oldest ones.
"""

import collections
import itertools
import time

IDLE_SECONDS = 10.0  # after which a connection without a request, or that does not end after its answer, is closed
FRESH_SECONDS = 3.0  # a younger connection may have a request that a busy listener has not read yet
_LEAST_OF_PEER = 256


class Connections:
    """most: the limit in all. ports: the number of ports of the listener; a peer may have two connections to each.

    Connections that are returned to be closed still have to be removed.
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
        """Keep a connection; return those to be closed because the peer has too many."""
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
        """Whether the limit is reached."""
        return len(self._peers) >= self._most

    def oldest(self, age=0.0):
        """Return the connection to close first, in a list: it is answered, or began at least `age` seconds ago."""
        for kept, least in ((self._answered, 0.0), (self._asking, age)):
            sock = next(iter(kept), None)
            if sock is not None and kept[sock] <= self._clock() - least:
                return [sock]
        return []

    def answered(self, sock):
        """A connection is answered, and only has to end."""
        self._asking.pop(sock, None)
        self._working.discard(sock)
        self._answered[sock] = self._clock()

    def working(self, sock):
        """A connection is busy until it is answered."""
        self._asking.pop(sock, None)
        self._working.add(sock)

    def idle(self):
        """Return the connections that were idle for too long."""
        horizon, found = self._clock() - IDLE_SECONDS, []
        for kept in (self._asking, self._answered):
            for sock, since in kept.items():
                if since >= horizon:
                    break
                found.append(sock)
        return found

    def remove(self, sock):
        """A connection was closed."""
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
        """Return all connections."""
        return list(self._peers)

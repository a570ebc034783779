# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers in memory that say one thing after the other, in clear or over TLS, whatever they are asked; no sockets."""

import contextlib
import ssl

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.attempt import Attempt
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Network
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import stream, verdicts


class ClearWire(stream.Wire):
    """A Wire to a peer that sends each of `says` once it is asked for more, and then closes the connection."""

    def __init__(self, says):
        super().__init__(None)
        self._says = list(says)

    def send(self, data, deadline):
        """Take what the client sends."""

    def receive(self, deadline):
        return self._says.pop(0) if self._says else b""

    def end(self, deadline):
        """The peer closes its side, too."""

    def close(self):
        """Nothing is open."""


class TlsWire(ClearWire):
    """The same over TLS. context: the server's. damaged: what becomes of the bytes of each of its flights, as a function."""

    def __init__(self, says, context, damaged):
        super().__init__(says)
        self._damaged, self._open = damaged, False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def send(self, data, deadline):
        self._incoming.write(data)

    def receive(self, deadline):
        if not self._open:
            flight = self._shake_hands()
            if flight:
                return self._damaged(flight)
            if not self._open:
                raise TimeoutError("timed out")  # both sides wait
        if not self._says:
            return b""
        self._ssl.write(self._says.pop(0))
        return self._damaged(self._outgoing.read())

    def _shake_hands(self):
        """The server's next flight; the alert, or nothing, where it ends the handshake."""
        with contextlib.suppress(ssl.SSLError):
            self._ssl.do_handshake()
            self._open = True
        return self._outgoing.read()


class ChangingWire(ClearWire):
    """In clear at first, then over TLS once the client begins its handshake. before: what the peer says in clear."""

    def __init__(self, before, secured):
        super().__init__(before)
        self._secured, self._is_secure = secured, False

    def send(self, data, deadline):
        self._is_secure = self._is_secure or data[:2] == b"\x16\x03"
        if self._is_secure:
            self._secured.send(data, deadline)

    def receive(self, deadline):
        return self._secured.receive(deadline) if self._is_secure else super().receive(deadline)


class _Routes:
    """Every connection leads to a fresh Wire of `make`. proxy: the one that forwards HTTP, None for no proxy."""

    def __init__(self, make, proxy):
        self._make, self._proxy = make, proxy

    def open(self, path, host, port, trace):
        return self._make()

    def forwarding(self, path):
        return self._proxy

    def open_proxy(self, proxy, trace):
        return self._make()


class _Names:
    """Each name has one address."""

    def resolve(self, host, seconds):
        return ["192.0.2.1"]


def verdict_of(protocol, endpoint, make, contexts, proxy=None):
    """(verdict, detail, Trace) of a Protocol at peers that `make` returns the Wires of; exceptions of others are not caught."""
    trace = verdicts.Trace()
    trace.start()
    attempt = Attempt(endpoint, endpoint.paths[0], trace, Network(0.2, contexts, _Names(), _Routes(make, proxy)))
    try:
        return verdicts.REACHABLE, protocol.probe(attempt), trace
    except verdicts.LayerFailed as failure:
        return failure.verdict, failure.detail, trace

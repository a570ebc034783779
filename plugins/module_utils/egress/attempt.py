# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One attempt: an endpoint over one of its paths, with the means that a protocol has to probe it."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import idle_connection
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdicts

HOLD_LAYER = "idle"


class Attempt:
    """endpoint: an Endpoint. path: one of its paths. trace: a verdicts.Trace. network: a Network."""

    def __init__(self, endpoint, path, trace, network):
        self.endpoint = endpoint
        self.trace = trace
        self.seconds = network.seconds
        self.contexts = network.contexts
        self._path = path
        self._network = network

    def unrecorded(self):
        """An Attempt at the same endpoint over the same path whose layers are not part of the result."""
        return Attempt(self.endpoint, self._path, verdicts.Trace(), self._network)

    def resolve(self):
        """The addresses of the endpoint. Raises LayerFailed(unresolved)."""
        with self.trace.layer("dns"):
            addresses = self._network.resolver.resolve(self.endpoint.host, self.seconds)
        self.trace.note(addresses=addresses)
        return addresses

    def connect(self):
        """A Wire to the endpoint over the path. Raises LayerFailed."""
        return self._network.routes.open(self._path, self.endpoint.host, self.endpoint.port, self.trace)

    def forwarding_proxy(self):
        """The Proxy that forwards HTTP in clear on this path, None where requests go to the endpoint itself."""
        return self._network.routes.forwarding(self._path)

    def connect_to_proxy(self, proxy):
        """A Wire to the proxy, to which nothing was sent yet. Raises LayerFailed."""
        return self._network.routes.open_proxy(proxy, self.trace)

    def hold(self, stream):
        """Hold the connection idle for as long as the endpoint asks. Raises LayerFailed(idle_cut)."""
        if self.endpoint.idle:
            with self.trace.layer(HOLD_LAYER):
                idle_connection.hold(stream, self.endpoint.idle, self.seconds)

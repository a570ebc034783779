# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all protocols over TLS have in common: a handshake that proves who answers, before anything else is sent."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import late_imports
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import tls_layer
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Protocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import verdict_causes


class TlsProtocol(Protocol):
    """silent: whether neither side sends anything after the handshake until the client has data."""

    silent = False

    def probe(self, attempt):
        """See Protocol.probe."""
        return self.over_tls(attempt, self.open(attempt))

    def open(self, attempt):
        """A Wire at the point where TLS begins. Raises LayerFailed."""
        return attempt.connect()

    def over_tls(self, attempt, wire):
        """The layers from TLS on."""
        with attempt.trace.layer("tls"):
            channel, intercepted = self.secure(attempt, attempt.contexts, wire)
            if intercepted is not None:
                raise self._interception(attempt, channel, intercepted)
        if channel is None:
            return None
        try:
            return self.converse(attempt, channel)
        finally:
            channel.close()

    def secure(self, attempt, contexts, wire):
        """(what TlsCheck.secure returns, its `intercepted`). contexts: a tls_layer.Contexts. Raises LayerFailed."""
        check = tls_layer.TlsCheck(
            contexts,
            attempt.endpoint,
            lambda: self.open(attempt.unrecorded()),
            attempt.seconds,
            attempt.trace,
            self.silent,
        )
        return check.secure(wire), check.intercepted

    def diagnose(self, attempt, cause):
        """See Protocol.diagnose."""
        if cause != verdict_causes.NO_TLS_ANSWER:
            return None
        with late_imports.LOCK:
            from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import sni_filter

        return sni_filter.tell(attempt, lambda: self.open(attempt.unrecorded()))

    def _interception(self, attempt, channel, intercepted):
        """The LayerFailed of an intercepted connection, which may be blocked besides."""
        if channel is None:
            return intercepted
        try:
            return self.explain_interception(attempt, channel, intercepted)
        finally:
            channel.close()

    def explain_interception(self, attempt, channel, intercepted):
        """The LayerFailed `intercepted`, or a more exact one that the protocol can find out over the Channel."""
        return intercepted

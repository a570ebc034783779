# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every protocol of an endpoint offers: the one interface between the prober and a protocol.

A protocol is one file of the folder protocols with one class, registered in protocol_registry.py. It keeps nothing
between two probes: what belongs to one of them is in its Attempt.
"""

import collections

Evidence = collections.namedtuple("Evidence", ["name", "documentation"])
Evidence.__doc__ = (
    """A field of the result that a protocol fills in, None until it does: its name, and its entry in RETURN."""
)


class Protocol:
    """One protocol over TCP, in clear.

    name: the value of the option `protocol`. title: what a report calls it. outcome: how the documentation ends the sentence
    `V(name) ends with`. layer: the layer that it adds behind TCP and TLS, "" for none. evidence: the Evidence of that
    layer, None for none. failures: {verdict: meaning} of what only this protocol can report. transport: tcp or udp.
    carrier: the kind of proxy that usually lets it through. in_catalogue: whether rows of the catalogue and of a site may
    name it; it then needs no option of its own. long_lived: whether clients keep its connections open for hours.
    """

    name = title = outcome = layer = ""
    evidence = None
    failures = {}
    transport = "tcp"
    carrier = "socks5"
    in_catalogue = False
    long_lived = False

    def probe(self, attempt):
        """Go through every layer of an Attempt. Returns a remark on what was reached, or None. Raises LayerFailed."""
        wire = attempt.connect()
        try:
            return self.converse(attempt, wire)
        finally:
            wire.close()

    def diagnose(self, attempt, cause):
        """(cause, sentence) of what further probes find out of a failure, None for nothing. cause: of the LayerFailed.

        Called once everything else is probed.
        """
        return

    def converse(self, attempt, stream):
        """Use the open connection, a Wire or Channel. Returns a remark or None. Raises LayerFailed."""
        return attempt.hold(stream)

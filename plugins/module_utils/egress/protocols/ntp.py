# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NTP: a query to a time server over UDP."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Evidence, Protocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import ntp_client, verdicts


class Ntp(Protocol):
    name = "ntp"
    title = "NTP"
    outcome = "the reply to an NTP query"
    layer = "ntp"
    evidence = Evidence(
        "ntp",
        """
description: The reply of the time server. V(null) for other protocols and without a reply.
returned: always
type: dict
contains:
  offset:
    description: Seconds that this host's clock is behind the server, V(null) when the server refuses to serve time.
    returned: always
    type: float
    sample: -0.0012
  stratum:
    description: The server's distance from a reference clock.
    returned: always
    type: int
    sample: 2
""",
    )
    failures = {verdicts.NO_REPLY: "no valid reply from the time server"}
    transport = "udp"

    def probe(self, attempt):
        """See Protocol.probe."""
        addresses = attempt.resolve()
        with attempt.trace.layer(self.layer):
            reply, address = ntp_client.ask(addresses, attempt.endpoint.port, attempt.seconds)
        attempt.trace.note(address=address, ntp={"offset": reply.offset, "stratum": reply.stratum})
        if reply.kiss is not None:
            return f"the server refuses to serve time ({reply.kiss})"
        if not reply.synchronised:
            return f"the server answers but is not synchronised itself (stratum {reply.stratum})"
        return None

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NTP: a query to a time server over UDP."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocol import Evidence, Protocol
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    ntp_client,
    ntp_root_distance,
    verdict_causes,
    verdicts,
)

# RFC 5905, 7.4: the client must stop asking this server.
REFUSALS = ("DENY", "RSTR")
_TOO_OFTEN = "RATE"


class Ntp(Protocol):
    name = "ntp"
    title = "NTP"
    outcome = "the reply to an NTP query"
    layer = "ntp"
    evidence = Evidence(
        "ntp",
        """
description: The reply of the time server. V(null) for other protocols, and if there was no reply.
returned: always
type: dict
contains:
  offset:
    description: How many seconds this host's clock is behind the server. V(null) if the server refuses
      to serve time.
    returned: always
    type: float
    sample: -0.0012
  stratum:
    description: The server's distance from a reference clock.
    returned: always
    type: int
    sample: 2
  kiss:
    description: The kiss code with which the server refuses to serve time. V(null) if it does not
      refuse.
    returned: always
    type: str
    sample: DENY
  root_distance:
    description:
      - The root distance of the server, that is, by how many seconds its time may be wrong according to
        the server itself. V(null) if the server refuses to serve time.
    returned: always
    type: float
    sample: 0.012
""",
    )
    failures = {verdicts.NO_REPLY: "no valid reply from the time server"}
    transport = "udp"

    def probe(self, attempt):
        """See Protocol.probe."""
        addresses = attempt.resolve()
        with attempt.trace.layer(self.layer):
            reply, address = ntp_client.ask(addresses, attempt.endpoint.port, attempt.seconds)
            attempt.trace.note(address=address, ntp=_described(reply))
            if reply.kiss in REFUSALS:
                raise verdicts.LayerFailed(
                    verdicts.NO_REPLY,
                    f"{address} refuses to serve time to this host ({reply.kiss})",
                    verdict_causes.REFUSES_TIME,
                )
        if reply.kiss == _TOO_OFTEN:
            return f"the server asks this host to send fewer queries ({reply.kiss})"
        if reply.kiss is not None:
            return f"the server does not serve time ({reply.kiss or 'stratum 0'})"
        if not reply.synchronised:
            return f"the server answers but is not synchronised itself (stratum {reply.stratum})"
        return ntp_root_distance.warning(reply.root_distance)


def _described(reply):
    return {
        "offset": reply.offset,
        "stratum": reply.stratum,
        "kiss": reply.kiss,
        "root_distance": None if reply.root_distance is None else round(reply.root_distance, 6),
    }

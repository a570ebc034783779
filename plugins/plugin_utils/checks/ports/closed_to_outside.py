# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ports.outside: ports for nodes only are closed to a host outside the cluster."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("ports.outside")
def outside(subject: Subject, evidence: Evidence) -> Finding:
    """Ports between nodes are closed to a host that is not a node, and so are others that it may not use."""
    found = part(evidence, "outside")
    # Whether a port of these rows may be reached is for ports.inbound, or not known.
    allowed = {
        (row["transport"], port)
        for row in evidence.get("inbound") or ()
        if row["may"] is not False
        for port in port_ranges.numbers(row["ports"])
    }
    expected = "ports for nodes only are not reachable from outside"
    reached = {
        transport: port_ranges.texts(
            port
            for port in port_ranges.numbers(
                [text for verdict in ("open", "live") for text in found[transport]["ports"].get(verdict, ())]
            )
            if (transport, port) not in allowed
        )
        for transport in ("tcp", "udp")
    }
    texts = [f"{transport.upper()} {joined_first(ports, ', ')}" for transport, ports in reached.items() if ports]
    if not texts:
        return Finding(PASS, expected, f"none of {found['tcp']['asked'] + found['udp']['asked']} ports answered")
    return Finding(
        FAIL,
        expected,
        "; ".join(texts),
        (
            f"Allow these ports of {subject.node} only from the addresses of the nodes, on the node or in the network in "
            "front of it."
        ),
        reached,
    )

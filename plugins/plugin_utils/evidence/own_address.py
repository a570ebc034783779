# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IPv4 addresses of a node and its default route, from its evidence. Pure functions."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part


def address_entry(address: str, evidence: Evidence) -> Row | None:
    """As node_address; address: the inventory's, or ""."""
    addresses = ipv4_addresses(evidence)
    for entry in addresses:
        if entry["address"] == address:
            return entry
    route = the_default_route(evidence)
    candidates = [entry for entry in addresses if not route or entry["interface"] == route.get("interface")]
    return candidates[0] if len(candidates) == 1 else None


def the_default_route(evidence: Evidence) -> dict[str, str]:
    """`{interface, gateway, protocol}`, empty where the node has none."""
    network = part(evidence, "host", "network")
    return part(evidence, "host", "network", "default_route") if network.get("default_route") else {}


def ipv4_addresses(evidence: Evidence) -> list[Row]:
    """The IPv4 addresses of the node's interfaces but loopback."""
    return [entry for entry in part(evidence, "host", "network", "addresses") if entry["family"] == "ipv4"]


def prefix_of(address: str, evidence: Evidence) -> int | None:
    """The prefix of an address as the node itself has it; None where the node does not have this address."""
    return next((entry["prefix"] for entry in ipv4_addresses(evidence) if entry["address"] == address), None)

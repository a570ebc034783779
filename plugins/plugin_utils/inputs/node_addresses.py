# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which addresses the inventory gives the nodes, and whether a firewall can be configured with them. Pure functions."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple


def address_of(variables: Mapping[str, Any]) -> str:
    """Return the IPv4 address that the inventory gives a node, or "" where it only gives names.

    variables: the node's `rtf_node_address` and `ansible_host`, where set.
    """
    for name in ("rtf_node_address", "ansible_host"):
        try:
            return str(ipaddress.IPv4Address(str(variables.get(name, ""))))
        except ValueError:
            continue
    return ""


IPV6_ADDRESS = "rtf_node_ipv6_address"


OF_THE_NODE = ("rtf_node_address", "ansible_host", IPV6_ADDRESS)


class Addresses(NamedTuple):
    """name: the inventory's; role: controller | worker; ipv4, ipv6: its addresses, "" where the inventory gives none."""

    name: str
    role: str
    ipv4: str
    ipv6: str = ""


def addresses_of(name: str, role: str, variables: Mapping[str, Any]) -> Addresses:
    """Return the Addresses of a node; variables: `{name: value}` with names of OF_THE_NODE."""
    return Addresses(name, role, address_of(variables), str(variables.get(IPV6_ADDRESS, "")))


def problems(nodes: Sequence[Addresses], internal_networks: Iterable[str]) -> list[str]:
    """Return sentences about Addresses that no rule can be made of, each with the variable to correct."""
    found = []
    missing = [node.name for node in nodes if not node.ipv4]
    if missing:
        found.append(
            f"rtf_node_address: not set for {', '.join(missing)}, and ansible_host is not an IPv4 address there; "
            "the firewalls of the other nodes need the address"
        )
    return found + outside(nodes, internal_networks)


def outside(nodes: Sequence[Addresses], internal_networks: Iterable[str]) -> list[str]:
    """Return a sentence for each node whose address lies in none of the internal networks, where these are stated."""
    networks = [ipaddress.ip_network(text) for text in internal_networks]
    found = []
    for node in nodes:
        for address in filter(None, (node.ipv4, node.ipv6)):
            same = [network for network in networks if network.version == ipaddress.ip_address(address).version]
            if same and not any(ipaddress.ip_address(address) in network for network in same):
                found.append(
                    f"rtf_internal_networks: {address} of {node.name} is in none of "
                    f"{', '.join(str(network) for network in same)}; name the nodes' own network, too"
                )
    return found

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.same_subnet and subnet_headroom: the subnet of the nodes, and its free addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.addresses import own_network
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.own_address import (
    ipv4_addresses,
    the_default_route,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

HOST_PREFIX = 32  # some clouds give a VM its address alone, and route everything through a gateway


@check("net.same_subnet")
def same_subnet(subject: Subject, evidence: Evidence) -> Finding:
    """Nodes of one subnet are near each other; the vendor does not support regions apart."""
    network = own_network(subject, evidence)
    cluster = part(evidence, "cluster")
    expected = "all nodes in one subnet"
    others = {node: entry for node, entry in cluster.items() if entry.get("address")}
    outside = [
        f"{node} ({entry['address']})"
        for node, entry in others.items()
        if ipaddress.ip_address(entry["address"]) not in network
    ]
    if network.prefixlen == HOST_PREFIX:
        return Finding(
            UNKNOWN,
            expected,
            f"{network} has the prefix /{HOST_PREFIX}, which says nothing about the subnet",
            "Compare the subnets of the nodes in the cloud's console.",
            outside,
        )
    prefixes = {node: entry["prefix"] for node, entry in others.items() if entry.get("prefix")}
    differing = {node: prefix for node, prefix in _of_subnets(prefixes).items() if prefix != network.prefixlen}
    if differing and _one_subnet(network, others, prefixes):
        listed = ", ".join(f"/{prefix} on {node}" for node, prefix in differing.items())
        return Finding(
            FAIL,
            expected,
            f"the prefixes differ: /{network.prefixlen} here, {listed}",
            "Give the addresses of all nodes the same prefix, that of their subnet, in the files that set them.",
            {"prefixes": {**_of_subnets(prefixes), subject.node: network.prefixlen}},
        )
    if not outside:
        return Finding(PASS, expected, f"all in {network}")
    remedy = (
        "Make sure that all nodes are in one region and near each other, which net.latency measures, then waive this."
    )
    return Finding(FAIL, expected, f"{', '.join(outside)} not in {network}", remedy, outside)


def _of_subnets(prefixes: Mapping[str, int]) -> dict[str, int]:
    return {node: prefix for node, prefix in prefixes.items() if prefix != HOST_PREFIX}


def _one_subnet(network: ipaddress.IPv4Network, others: Mapping[str, Row], prefixes: Mapping[str, int]) -> bool:
    """Whether the widest network that a node has contains the addresses of all, so that only prefixes differ."""
    networks = [
        ipaddress.IPv4Interface(f"{others[node]['address']}/{prefix}").network for node, prefix in prefixes.items()
    ]
    widest = min([network, *networks], key=lambda one: one.prefixlen)
    return all(ipaddress.ip_address(entry["address"]) in widest for entry in others.values())


@check("net.subnet_headroom")
def subnet_headroom(subject: Subject, evidence: Evidence) -> Finding:
    """Addresses of the subnet that no node has, nor any host that an ARP sweep found."""
    network = own_network(subject, evidence)
    expected = f"{subject.input('rtf_spare_addresses')} or more free addresses"
    if network.prefixlen == HOST_PREFIX:
        return Finding(
            UNKNOWN,
            expected,
            f"{network} has the prefix /{HOST_PREFIX}, which says nothing about the subnet",
            "Look up in the cloud's console how many addresses of the subnet are free.",
            # Nothing on the node can ever answer this, so it stops no installation.
            severity="recommended",
        )
    cluster, route = part(evidence, "cluster"), the_default_route(evidence)
    used = {entry["address"]: node for node, entry in cluster.items() if entry.get("address")}
    used.update({entry["address"]: subject.node for entry in ipv4_addresses(evidence)})
    if route.get("gateway"):
        used[route["gateway"]] = "gateway"
    swept = part(evidence, "host", "network").get("neighbours")
    if isinstance(swept, dict) and "addresses" in swept:
        used.update({address: used.get(address, "another host") for address in swept["addresses"]})
    here = [address for address in used if ipaddress.ip_address(address) in network]
    size = network.num_addresses - (2 if network.prefixlen < 31 else 0)
    free = size - len(here)
    known = "according to an ARP sweep" if swept else "according to the inventory"
    observed = f"{max(free, 0)} of {size} in {network} free, {known}"
    if free >= subject.input("rtf_spare_addresses"):
        return Finding(PASS, expected, observed, evidence=sorted(here))
    remedy = f"Ask the network team for a larger subnet than {network}, or free addresses in it, before VMs are added."
    return Finding(FAIL, expected, observed, remedy, sorted(here))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the host firewall of a node has to let in: rows of the port table x inventory x role x phase. Pure functions."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.quoting import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.packet_rules import for_role, rules, unstated
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.topology import (
    ANYWHERE,
    Node,
    Site,
    address_of,
    openings,
)

BACKENDS = ("auto", "firewalld", "nftables", "ufw", "iptables")
IPV6_ADDRESS = "rtf_node_ipv6_address"
OF_THE_NODE = ("rtf_node_address", "ansible_host", IPV6_ADDRESS)
_COMMENT_LENGTH = 120  # nft lets a comment be 128 characters long
_DURATION = re.compile(r"([1-9][0-9]*)([smhd])\Z")
# What a row calls the machines of a role.
# The side of a row that an input says.
SIDE_OF_INPUT = {"rtf_internal_networks": "internal_network", "rtf_ingress_sources": "internet"}
EXTRA_PORTS = "rtf_extra_ports"
ANYBODY = "anybody"
OWN_SIDES = {"controller": ("nodes", "controllers"), "worker": ("nodes",)}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Addresses(NamedTuple):
    """name: the inventory's; role: controller | worker; ipv4, ipv6: its addresses, "" where the inventory gives none."""

    name: str
    role: str
    ipv4: str
    ipv6: str = ""


def seconds(text):
    """Return the seconds of a duration such as "24h", "90m" or "7d". Raises ValueError with a sentence."""
    match = _DURATION.match(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"{quoted(text)} is no duration; write a number and s, m, h or d, such as 24h")
    return int(match[1]) * _SECONDS[match[2]]


def addresses_of(name, role, variables):
    """Return the Addresses of a node; variables: `{name: value}` with names of OF_THE_NODE."""
    return Addresses(name, role, address_of(variables), str(variables.get(IPV6_ADDRESS, "")))


def problems(nodes, internal_networks):
    """Return sentences about Addresses by which no rule can be made, each with the variable that would say better."""
    found = []
    missing = [node.name for node in nodes if not node.ipv4]
    if missing:
        found.append(
            f"rtf_node_address: not set for {', '.join(missing)}, and ansible_host is no IPv4 address there; "
            "the firewalls of the other nodes must know it"
        )
    return found + outside(nodes, internal_networks)


def denying(release):
    """Return a sentence where all that no rule opens may not be denied; release: an entry of releases.yml."""
    if release["line"] == "appliance":
        return []
    return [
        f"rtf_firewall_default_deny: refused with rtf_release {release['id']}. The catalogue does not list the ports that a "
        "self-managed Kubernetes uses between its nodes, so the nodes would be cut off from each other. Leave it unset, and "
        "deny at the network"
    ]


def outside(nodes, internal_networks):
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


def firewall(catalogue, scope, nodes, role, internal_networks, ingress_sources):
    """Return `{"sets", "rules", "left_out"}` for a node of a role, as the module firewall_rules takes the first two.

    catalogue: a Catalog with the site's rows. scope: (release, phase). nodes: Addresses of the whole cluster.
    left_out: `{variable: [row id]}`, the rows for which nobody said from where.
    """
    rows = catalog.select_ports(catalogue, *scope)
    # Topology knows IPv4 alone, and no rule below depends on an address: they name the sets.
    site = Site(
        nodes=[Node(node.name, node.role, node.ipv4) for node in nodes],
        internal_networks=internal_networks,
        ingress_sources=ingress_sources,
    )
    found = openings(rows, [], [], site)
    phases = {row["id"]: row["phase"] for row in rows}
    inbound = [rule for rule in for_role(rules(found), role) if rule.direction == "in"]
    missing = unstated([one for one in found if one.row["to"] in OWN_SIDES[role]])
    return {"sets": sets(nodes), "rules": [_rule(rule, phases) for rule in inbound], "left_out": missing}


def with_former(found, former, scope, catalogue, unset):
    """Return found with those rules of a former run that are for inputs which are not set now, and with "taken_away".

    found: as firewall() returns it. former: `[rule]` that the node holds. scope: (release, phase). catalogue: a Catalog
    with the site's rows. unset: names of inputs, those of SIDE_OF_INPUT and EXTRA_PORTS. taken_away: `[text]`, what the node
    let in and no longer does.
    """
    sides = [SIDE_OF_INPUT[name] for name in unset if name in SIDE_OF_INPUT]
    open_ids = {row["id"] for row in catalogue.ports if row["from"] in sides}
    known = {row["id"] for row in catalogue.ports}

    def stays(rule):
        ids = ids_of(rule)
        of_the_site = EXTRA_PORTS in unset and not ids & known
        return (of_the_site or ids & open_ids) and not (rule["expires"] and scope[1] == "operate")

    kept = [rule for rule in former if stays(rule)]
    said = {one for rule in kept for one in ids_of(rule)}
    rules_ = [rule for rule in found["rules"] if not ids_of(rule) <= said] + kept
    if sorted(rules_, key=repr) == sorted(former, key=repr):
        rules_ = former  # another order would be a change
    left_out = {name: [one for one in ids if one not in said] for name, ids in found["left_out"].items()}
    now = {text for rule in rules_ for text in texts(rule)}
    return {
        **found,
        "rules": rules_,
        "left_out": {name: ids for name, ids in left_out.items() if ids},
        "taken_away": [text for rule in former for text in texts(rule) if not {text, _from_anybody(text)} & now],
    }


def ids_of(rule):
    """Return the ids of the rows that a rule is for."""
    return set(rule["comment"].split(","))


def texts(rule):
    """Return what a rule lets in, a text for each range of ports and each source."""
    sources = rule["networks"] or [rule["from_set"] or ANYBODY]
    return [f"{ports}/{rule['transport']} from {source}" for ports in rule["ports"] for source in sources]


def _from_anybody(text):
    return f"{text.partition(' from ')[0]} from {ANYBODY}"


def sets(nodes):
    """Return the addresses of all nodes, and of the controllers."""

    def addresses(members):
        return [address for node in members for address in (node.ipv4, node.ipv6) if address]

    return {
        "nodes": addresses(nodes),
        "controllers": addresses([node for node in nodes if node.role == "controller"]),
    }


def _rule(rule, phases):
    return {
        "comment": comment(rule.ids),
        "transport": rule.transport,
        "ports": [str(first) if first == last else f"{first}-{last}" for first, last in rule.ports],
        "from_set": rule.peer,
        "networks": [] if ANYWHERE in rule.networks else list(rule.networks),
        "expires": all(phases[row_id] == "install" for row_id in rule.ids),
    }


def comment(ids):
    """Return the ids of rows as one word, shortened where they are many."""
    text = ",".join(ids)
    kept = list(ids)
    while len(text) > _COMMENT_LENGTH:
        kept.pop()
        text = ",".join([*kept, f"and-{len(ids) - len(kept)}-more"])
    return text

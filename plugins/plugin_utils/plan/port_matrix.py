# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who listens on which ports, and who probes whom. Pure functions of catalogue rows and nodes."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.topology import Node

LOCALHOST = "127.0.0.1"
INGRESS = 443  # where controllers wait for what comes through the load balancer
TRANSPORTS = ("tcp", "udp")
# Over UDP silence proves nothing, but of these ports it is known what their servers answer: DNS.
ANSWERED = {53}

_SIDES = {"controller": ("nodes", "controllers"), "worker": ("nodes",)}


class Absent(NamedTuple):
    """Why a node takes no part. status: unknown, or skipped where it was left out on purpose."""

    status: str
    reason: str


class Plan(NamedTuple):
    """rows: those that the matrix proves. closed: rows whose ports other nodes must not reach. nodes: Nodes that take
    part. absent: `{name: Absent}` of the other nodes of the cluster. most_peers: how many others a node probes at most.
    operating: whether a cluster runs on the nodes, so that services of its own live on their ports. balanced: whether
    a load balancer in front of the controllers is to reach them. public: rows that others than nodes may use.
    """

    rows: list[dict[str, Any]]
    closed: list[dict[str, Any]]
    nodes: list[Node]
    absent: dict[str, Absent]
    most_peers: int
    operating: bool
    balanced: bool = False
    public: tuple[dict[str, Any], ...] = ()


def plan_for(catalogue, release, phase, nodes, absent, most_peers, balanced=False):
    """Return the Plan for a release and phase of a Catalog."""
    rows = provable(catalog.select_ports(catalogue, release, phase))
    installation = provable(catalog.select_ports(catalogue, release, "install"))
    public = tuple(
        row
        for row in catalog.select_ports(catalogue, release, phase)
        if row["to"] in ("nodes", "controllers") and row["from"] not in ("nodes", "controllers", "localhost")
    )
    return Plan(rows, to_be_closed(installation, rows), nodes, absent, most_peers, phase == "operate", balanced, public)


def provable(rows):
    """Return the port rows that nodes can prove among themselves: between nodes, or within one."""
    sides = ("nodes", "controllers")
    return [row for row in rows if row["direction"] == "local" or (row["from"] in sides and row["to"] in sides)]


def to_be_closed(installation, rows):
    """Return the rows whose ports must not be reached from another node.

    installation: the provable rows of the phase install. rows: those of the phase in question.
    """
    here = {row["id"] for row in rows}
    return [row for row in installation if row["direction"] == "local" or row["id"] not in here]


def dials(row, role):
    """Whether a node of this role dials the ports of a row."""
    return row["direction"] == "local" or row["from"] in _SIDES[role]


def serves(row, role):
    """Whether a node of this role offers the ports of a row to other nodes."""
    return row["direction"] != "local" and row["to"] in _SIDES[role]


def ports_between(rows, source, destination):
    """Return `{transport: set of ports}` that one Node asks of another, or of itself."""
    local = source.name == destination.name
    found = {transport: set() for transport in TRANSPORTS}
    for row in rows:
        asked = row["direction"] == "local" if local else dials(row, source.role) and serves(row, destination.role)
        if asked:
            found[row["transport"]].update(port_ranges.numbers(row["ports"]))
    return found


def listening(plan, node):
    """Return what port_listener listens on at a Node: `[{"address", "tcp", "udp"}]`."""
    offered = {transport: set() for transport in TRANSPORTS}
    for row in plan.rows:
        if serves(row, node.role):
            offered[row["transport"]].update(port_ranges.numbers(row["ports"]))
    if plan.balanced and node.role == "controller":
        offered["tcp"].add(INGRESS)
    within = ports_between(plan.rows, node, node)
    return [
        {"address": address, **{transport: port_ranges.texts(ports[transport]) for transport in TRANSPORTS}}
        for address, ports in ((node.address, offered), (LOCALHOST, within))
    ]


def peers_of(plan, node):
    """Return the Nodes that a Node probes, in the order in which it does.

    With few nodes these are all others. With many it is a sample that is the same in every run: each node probes, and is
    probed by, equally many others, evenly spread, and at least one controller is among those it probes.
    """
    names = [other.name for other in plan.nodes]
    place, others = names.index(node.name), len(names) - 1
    if others <= plan.most_peers:
        steps = list(range(1, others + 1))
    else:
        steps = [1 + number * others // plan.most_peers for number in range(plan.most_peers)]
    # Everybody starts with the next one in line: no listener is stormed by all at once.
    found = [plan.nodes[(place + step) % len(names)] for step in steps]
    controllers = [other for other in plan.nodes if other.role == "controller" and other.name != node.name]
    if controllers and not any(other.role == "controller" for other in found):
        found.append(controllers[place % len(controllers)])
    return found


def probes(plan, node, held):
    """Return `{"peers": what port_probe_info takes, "left_out": {name: {"status", "reason"}}, "sampled"}` for a Node.

    sampled: whether there are others besides, which are not in its sample of peers.
    held: `{name: {address: {transport: set of ports}}}`, the ports on which a service of a node's own lives.
    """
    sampled = peers_of(plan, node)
    peers = [_peer(plan, node, other, other.address, held) for other in sampled]
    if any(row["direction"] == "local" for row in plan.rows):
        peers.append(_peer(plan, node, node, LOCALHOST, held))
    left_out = {name: why._asdict() for name, why in plan.absent.items()}
    return {"peers": peers, "left_out": left_out, "sampled": len(sampled) < len(plan.nodes) - 1}


def from_outside(plan, held):
    """Return what port_probe_info takes to try, from a host that is no node, the ports that are for nodes alone.

    Those that the page opens to users or to the internal network are left out. held: as for probes.
    """
    peers = []
    for node in plan.nodes:
        asked = {transport: set() for transport in TRANSPORTS}
        for row in (*plan.rows, *plan.closed):
            if row["direction"] == "local" or serves(row, node.role):
                asked[row["transport"]].update(port_ranges.numbers(row["ports"]))
        for row in plan.public:
            if row["to"] in _SIDES[node.role]:
                asked[row["transport"]] -= set(port_ranges.numbers(row["ports"]))
        taken = held.get(node.name, {}).get(node.address, {})
        listened = {transport: set() for transport in TRANSPORTS}
        for place in listening(plan, node):
            if place["address"] == node.address:
                for transport in TRANSPORTS:
                    listened[transport].update(port_ranges.numbers(place[transport]))
        proven = {
            transport: asked[transport] & listened[transport] - taken.get(transport, set()) for transport in TRANSPORTS
        }
        peers.append(
            {
                "name": node.name,
                "address": node.address,
                **{transport: port_ranges.texts(ports) for transport, ports in proven.items()},
                "connect": port_ranges.texts(asked["tcp"] - proven["tcp"]),
                "query": port_ranges.texts((asked["udp"] - proven["udp"]) & ANSWERED),
            }
        )
    return peers


def _peer(plan, node, other, address, held):
    asked = ports_between(plan.rows, node, other)
    taken = held.get(other.name, {}).get(address, {})
    connect, query = asked["tcp"] & taken.get("tcp", set()), set()
    if other.name != node.name:
        connect |= closed_ports(plan, node, other, "tcp")
        query = closed_ports(plan, node, other, "udp") & ANSWERED
    return {
        "name": other.name,
        "address": address,
        # What is held cannot be proven over UDP, and a live service is not to be spoken to.
        "tcp": port_ranges.texts(asked["tcp"] - connect),
        "udp": port_ranges.texts(asked["udp"] - taken.get("udp", set())),
        "connect": port_ranges.texts(connect),
        "query": port_ranges.texts(query),
    }


def closed_ports(plan, node, other, transport):
    """Return the ports at which one Node must not reach another."""
    found = set()
    for row in plan.closed:
        if row["transport"] == transport and (row["direction"] == "local" or serves(row, other.role)):
            found.update(port_ranges.numbers(row["ports"]))
    return found - ports_between(plan.rows, node, other)[transport]

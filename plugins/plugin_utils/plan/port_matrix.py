# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The port matrix: who listens on which ports, and who probes whom. Pure functions of catalogue rows and nodes.

`plan_ports` is computed once, before anything is collected. Who of its nodes takes part, and where, is evidence:
participants.py makes a Plan of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import UNCHANGED, given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.matrix_times import Times, times
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node

LOCALHOST = "127.0.0.1"
RING, ALL, NONE = "ring", "all", "none"  # which pairs measure their bandwidth
INGRESS = 443  # where controllers wait for what comes through the load balancer
TRANSPORTS = ("tcp", "udp")
# Over UDP silence proves nothing, but of these ports it is known what their servers answer: DNS.
ANSWERED = {53}
# Rows of this application get datagrams of its shape.
SHAPED = "VXLAN"

_SIDES = {"controller": ("nodes", "controllers"), "worker": ("nodes",)}
# Names of evidence for which the ports of peers are probed: links and bandwidth are measured over ports that are open.
_BY_PROBES = {"probes", "links", "bandwidth"}

Ports = dict[str, set[int]]
# {name of a node: {address: {transport: ports}}}
HeldPorts = Mapping[str, Mapping[str, Mapping[str, set[int]]]]


class LoadBalancer(TypedDict):
    """Where the load balancer in front of the controllers is. given: as the input names it."""

    given: str
    host: str
    port: int


class PortRows(TypedDict):
    """Rows of the port table, by what a matrix proves of them.

    rows: those that nodes prove among themselves. closed: rows whose ports other nodes must not reach. public: rows that
    others than nodes may use.
    """

    rows: list[Row]
    closed: list[Row]
    public: list[Row]


class PortPlan(PortRows):
    """The plan of the port matrix as plain data, with its PortRows.

    sources: `{side of a public row: networks that the site set for it}`. nodes: `{"name", "role", "address"}`
    of the whole inventory, with an empty address where it has only a name. most_peers: how many others a node probes at
    most. operating: whether a cluster runs on the nodes, so that services of its own live on their ports. own_cluster: whether
    the site brings its own Kubernetes, which may run in either phase. probe, links: whether ports are probed, and links are
    measured. outside_host: the host that probes the nodes from outside, "" for none. bandwidth: ring, all or none.
    """

    sources: dict[str, list[str]]
    nodes: list[dict[str, str]]
    most_peers: int
    operating: bool
    own_cluster: bool
    load_balancer: LoadBalancer | None
    probe: bool
    outside_host: str
    links: bool
    bandwidth: str
    times: Times


class Absent(NamedTuple):
    """Why a node takes no part. status: unknown, or skipped where it was left out on purpose."""

    status: str
    reason: str


class Plan(NamedTuple):
    """A PortPlan with the nodes that take part.

    nodes: Nodes that take part. absent: `{name: Absent}` of the other nodes of the cluster. balanced: whether a load
    balancer in front of the controllers is to reach them. outside: whether a host outside the cluster probes them. The
    other fields are those of PortPlan.
    """

    rows: list[Row]
    closed: list[Row]
    nodes: list[Node]
    absent: dict[str, Absent]
    most_peers: int
    operating: bool
    balanced: bool = False
    public: tuple[Row, ...] = ()
    outside: bool = False
    own_cluster: bool = False


def plan_ports(
    catalogue: catalog.Catalog, inputs: Mapping[str, Any], nodes: Sequence[Node], needed: set[str], forks: int
) -> PortPlan | None:
    """Return the PortPlan of an audit, None where the matrix is switched off or nothing of it is needed.

    inputs: those of the role rtf_preflight. nodes: of the whole inventory. needed: names of evidence, as checks name it.
    forks: on how many nodes Ansible works at a time.
    """
    links = inputs["links"] and "links" in needed
    bandwidth = inputs["bandwidth"] if inputs["links"] and "bandwidth" in needed else NONE
    switched_off = set() if inputs["links"] else {"links"}
    switched_off |= set() if bandwidth != NONE else {"bandwidth"}
    probe = bool(_BY_PROBES & needed - switched_off)
    outside_host = inputs["outside_host"] if "outside" in needed else ""
    balancer = _load_balancer(inputs["load_balancer"]) if "load_balancer" in needed else None
    if not inputs["port_matrix"] or not (probe or "listeners" in needed or outside_host or balancer):
        return None
    return {
        **rows_of(catalogue, inputs["release"], inputs["phase"]),
        "sources": {
            side: list(given(inputs.get(name, UNCHANGED)) or ())
            for side, name in (("internet", "ingress_sources"), ("internal_network", "internal_networks"))
        },
        "nodes": [node._asdict() for node in nodes],
        "most_peers": inputs["port_matrix_peers"],
        "operating": inputs["phase"] == "operate",
        "own_cluster": catalog.release_of(catalogue, inputs["release"])["line"] == "self_managed",
        "load_balancer": balancer,
        "probe": probe,
        "outside_host": outside_host,
        "links": links,
        "bandwidth": bandwidth,
        "times": times(inputs, bandwidth, len(nodes), forks),
    }


def rows_of(catalogue: catalog.Catalog, release: str, phase: str) -> PortRows:
    """Return the PortRows of a release in a phase."""
    asked = catalog.select_ports(catalogue, release, phase)
    rows = provable(asked)
    return {
        "rows": rows,
        "closed": to_be_closed(provable(catalog.select_ports(catalogue, release, "install")), rows),
        "public": [
            row
            for row in asked
            if row["to"] in ("nodes", "controllers") and row["from"] not in ("nodes", "controllers", "localhost")
        ],
    }


def with_participants(ports: PortPlan, nodes: list[Node], absent: dict[str, Absent]) -> Plan:
    """Return the Plan for the nodes that take part. absent: `{name: Absent}` of the others."""
    return Plan(
        ports["rows"],
        ports["closed"],
        nodes,
        absent,
        ports["most_peers"],
        ports["operating"],
        ports["load_balancer"] is not None,
        tuple(ports["public"]),
        bool(ports["outside_host"]),
        ports["own_cluster"],
    )


def _load_balancer(text: str) -> LoadBalancer | None:
    """text: `host[:port]`, or "" for none."""
    host, _colon, port = text.partition(":")
    return {"given": text, "host": host, "port": int(port or INGRESS)} if host else None


def provable(rows: Iterable[Row]) -> list[Row]:
    """Return the port rows that nodes can prove among themselves: between nodes, or within one."""
    sides = ("nodes", "controllers")
    return [row for row in rows if row["direction"] == "local" or (row["from"] in sides and row["to"] in sides)]


def to_be_closed(installation: Iterable[Row], rows: Iterable[Row]) -> list[Row]:
    """Return the rows whose ports must not be reached from another node.

    installation: the provable rows of the phase install. rows: those of the phase in question.
    """
    here = {row["id"] for row in rows}
    return [row for row in installation if row["direction"] == "local" or row["id"] not in here]


def dials(row: Row, role: str) -> bool:
    """Whether a node of this role dials the ports of a row."""
    return row["direction"] == "local" or row["from"] in _SIDES[role]


def serves(row: Row, role: str) -> bool:
    """Whether a node of this role offers the ports of a row to other nodes."""
    return row["direction"] != "local" and row["to"] in _SIDES[role]


def ports_between(rows: Iterable[Row], source: Node, destination: Node) -> Ports:
    """Return `{transport: set of ports}` that one Node asks of another, or of itself."""
    local = source.name == destination.name
    found: Ports = {transport: set() for transport in TRANSPORTS}
    for row in rows:
        asked = row["direction"] == "local" if local else dials(row, source.role) and serves(row, destination.role)
        if asked:
            found[row["transport"]].update(port_ranges.numbers(row["ports"]))
    return found


def listening(plan: Plan, node: Node) -> list[dict[str, Any]]:
    """Return what port_listener listens on at a Node: `[{"address", "tcp", "udp"}]`."""
    offered: Ports = {transport: set() for transport in TRANSPORTS}
    for row in plan.rows:
        if serves(row, node.role):
            offered[row["transport"]].update(port_ranges.numbers(row["ports"]))
    if plan.balanced and node.role == "controller":
        offered["tcp"].add(INGRESS)
    for row in public_rows(plan, node.role) if plan.outside else ():
        offered[row["transport"]].update(port_ranges.numbers(row["ports"]))
    within = ports_between(plan.rows, node, node)
    return [
        {"address": address, **{transport: port_ranges.texts(ports[transport]) for transport in TRANSPORTS}}
        for address, ports in ((node.address, offered), (LOCALHOST, within))
    ]


def public_rows(plan: Plan, role: str) -> list[Row]:
    """Return the rows that others than nodes may use at a node of a role."""
    return [row for row in plan.public if row["to"] in _SIDES[role]]


def peers_of(plan: Plan, node: Node) -> list[Node]:
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
    # Each node starts with the next one in line, so that no listener is stormed by all at once.
    found = [plan.nodes[(place + step) % len(names)] for step in steps]
    controllers = [other for other in plan.nodes if other.role == "controller" and other.name != node.name]
    if controllers and not any(other.role == "controller" for other in found):
        found.append(controllers[place % len(controllers)])
    return found


def probes(plan: Plan, node: Node, held: HeldPorts) -> dict[str, Any]:
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


def from_outside(plan: Plan, held: HeldPorts) -> list[dict[str, Any]]:
    """Return the option peers of port_probe_info for a host outside the cluster: the ports that only nodes may reach, and
    those that the page opens to users or to the internal network. held: as for probes."""
    peers = []
    for node in plan.nodes:
        asked: Ports = {transport: set() for transport in TRANSPORTS}
        for row in (*plan.rows, *plan.closed):
            if row["direction"] == "local" or serves(row, node.role):
                asked[row["transport"]].update(port_ranges.numbers(row["ports"]))
        for row in public_rows(plan, node.role):
            asked[row["transport"]].update(port_ranges.numbers(row["ports"]))
        taken = held.get(node.name, {}).get(node.address, {})
        listened: Ports = {transport: set() for transport in TRANSPORTS}
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


def _peer(plan: Plan, node: Node, other: Node, address: str, held: HeldPorts) -> dict[str, Any]:
    asked = ports_between(plan.rows, node, other)
    taken = held.get(other.name, {}).get(address, {})
    connect = asked["tcp"] & taken.get("tcp", set())
    query: set[int] = set()
    if other.name != node.name:
        connect |= closed_ports(plan, node, other, "tcp")
        query = closed_ports(plan, node, other, "udp") & ANSWERED
    return {
        "name": other.name,
        "address": address,
        # What is held cannot be proven over UDP, and a live service is not to be spoken to.
        "tcp": port_ranges.texts(asked["tcp"] - connect),
        "udp": port_ranges.texts(asked["udp"] - taken.get("udp", set())),
        "vxlan": port_ranges.texts(asked["udp"] & _shaped(plan.rows) - taken.get("udp", set())),
        "connect": port_ranges.texts(connect),
        "query": port_ranges.texts(query),
    }


def _shaped(rows: Iterable[Row]) -> set[int]:
    """The UDP ports whose datagrams have the shape of VXLAN."""
    texts = [
        text for row in rows if row["transport"] == "udp" and row["application"] == SHAPED for text in row["ports"]
    ]
    return set(port_ranges.numbers(texts))


def closed_ports(plan: Plan, node: Node, other: Node, transport: str) -> set[int]:
    """Return the ports at which one Node must not reach another."""
    found: set[int] = set()
    for row in plan.closed:
        if row["transport"] == transport and (row["direction"] == "local" or serves(row, other.role)):
            found.update(port_ranges.numbers(row["ports"]))
    return found - ports_between(plan.rows, node, other)[transport]

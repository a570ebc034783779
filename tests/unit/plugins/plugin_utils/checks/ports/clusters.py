# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters whose nodes all listened and reached each other, for tests to break one thing of."""

import copy

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node

CATALOG = catalog.load()


def nodes(controllers, workers):
    """Return Nodes c1, c2, ... and w1, w2, ..."""
    found = [
        Node(f"c{number}", "controller", f"10.1.{number // 250}.{number % 250 + 1}")
        for number in range(1, controllers + 1)
    ]
    return found + [
        Node(f"w{number}", "worker", f"10.2.{number // 250}.{number % 250 + 1}") for number in range(1, workers + 1)
    ]


# Inputs of an audit that decide about its port matrix.
INPUTS = {
    "release": "1.4",
    "phase": "install",
    "port_matrix": True,
    "port_matrix_peers": 20,
    "port_matrix_deadline": 60.0,
    "links": True,
    "bandwidth": "ring",
    "bandwidth_seconds": 1.0,
    "outside_host": "",
    "load_balancer": "",
}
NEEDED = {"listeners", "probes", "outside", "links", "bandwidth", "load_balancer"}


def ports_of(members, catalogue=CATALOG, needed=frozenset(NEEDED), forks=5, **inputs):
    """The plan of the matrix of Nodes, of which all is needed."""
    return port_matrix.plan_ports(catalogue, {**INPUTS, **inputs}, members, needed, forks)


def plan_of(members, phase="install", absent=None, most_peers=20, release="1.4", catalogue=CATALOG):
    absent = absent or {}
    here = [node for node in members if node.name not in absent]
    ports = ports_of(members, catalogue, release=release, phase=phase, port_matrix_peers=most_peers)
    return port_matrix.with_participants(ports, here, absent)


def evidence_of(planned, held=None):
    """Evidence of every Node of a plan. held: `{name: {transport: {port: process}}}` of services of their own."""
    held = held or {}
    evidence = {}
    for node in planned.nodes:
        evidence[node.name] = {
            "places": [_place(place, held.get(node.name, {})) for place in port_matrix.listening(planned, node)],
            "alive": True,
            "lost": "",
        }
    from_places = {
        name: {
            place["address"]: {t: {int(h["ports"][0]) for h in place[t]["occupied"]} for t in port_matrix.TRANSPORTS}
            for place in found["places"]
        }
        for name, found in evidence.items()
    }
    for node in planned.nodes:
        work = port_matrix.probes(planned, node, from_places)
        evidence[node.name].update(
            probes=[_answers(peer, planned) for peer in work["peers"]],
            left_out=work["left_out"],
            asked=[peer["name"] for peer in work["peers"]] if work["sampled"] else None,
        )
    return copy.deepcopy(evidence)


def _place(place, held):
    found = {"address": place["address"]}
    for transport in port_matrix.TRANSPORTS:
        ports, mine = port_ranges.numbers(place[transport]), held.get(transport, {})
        occupied = [
            {
                "ports": [str(port)],
                "process": process,
                "pid": 7,
                "user": "root",
                "address": "0.0.0.0",
                "state": "listening",
            }
            for port, process in mine.items()
            if port in ports
        ]
        free = port_ranges.texts(port for port in ports if port not in mine)
        found[transport] = {"bound": free, "occupied": occupied, "beside": [], "failed": []}
    return found


def _answers(peer, planned):
    me = next(node for node in planned.nodes if node.name == peer["name"])
    expected = set().union(
        *(port_matrix.ports_between(planned.rows, other, me)["tcp"] for other in planned.nodes if other is not me)
    )
    connect = port_ranges.numbers(peer["connect"])
    tcp = {
        "open": peer["tcp"],
        "live": port_ranges.texts(port for port in connect if port in expected),
        "refused": port_ranges.texts(port for port in connect if port not in expected),
    }
    return {
        "name": peer["name"],
        "address": peer["address"],
        "tcp": {"ports": {verdict: texts for verdict, texts in tcp.items() if texts}, "reasons": {}},
        "udp": {"ports": {"open": peer["udp"]} if peer["udp"] else {}, "reasons": {}},
    }


def spoil(evidence, source, destination, transport, verdict, *texts, reason=None):
    """Let ports of a peer, as a source found them, have another verdict."""
    summary = next(
        peer
        for peer in evidence[source]["probes"]
        if peer["name"] == destination and (peer["address"] == port_matrix.LOCALHOST) == (source == destination)
    )[transport]
    ports = set(port_ranges.numbers(texts))
    for other, ranges in summary["ports"].items():
        summary["ports"][other] = port_ranges.texts(set(port_ranges.numbers(ranges)) - ports)
    summary["ports"][verdict] = port_ranges.texts(ports.union(port_ranges.numbers(summary["ports"].get(verdict, []))))
    if reason:
        summary["reasons"][verdict] = reason

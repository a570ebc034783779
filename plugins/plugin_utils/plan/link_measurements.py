# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Over which ports links between nodes are measured, and which pairs measure their bandwidth at the same time.

Pure functions of a plan and of what the probes of the ports found.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import (
    ALL,
    LOCALHOST,
    NONE,
    LoadBalancer,
)

# The names of two nodes.
Pair = tuple[str, str]
# {node: {peer: why it has no measurement}}
Reasons = dict[str, dict[str, str]]

# The overlay network's own port, and that of the vendor's bandwidth checker; any other that is open serves, too.
PREFERRED = {"udp": 8472, "tcp": 4242}
# A port that loses what is long answers all the same, and it is what has to be measured.
_PROVEN = ("open", "length_lost")


def measurable(
    node: Node, probed: Iterable[dict[str, Any]] | None, transport: str
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return (peers `[{"name", "address", "port"}]` with an open port, `{name: why}` of those without) for a Node.

    probed: what port_probe_info found from there, or None.
    """
    peers: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    for peer in probed or ():
        if peer["name"] == node.name or peer["address"] == LOCALHOST:
            continue
        ports = port_ranges.numbers([text for verdict in _PROVEN for text in peer[transport]["ports"].get(verdict, ())])
        if not ports:
            left_out[peer["name"]] = f"no {transport.upper()} port of {peer['name']} answered {node.name} with proof"
            continue
        port = PREFERRED[transport] if PREFERRED[transport] in ports else ports[0]
        peers.append({"name": peer["name"], "address": peer["address"], "port": port})
    return peers, left_out


class Round(TypedDict):
    """Measurements of bandwidth of one task, the `number`th, from 0 on.

    peers: `{node: the peers that it measures with, one after the other}`. at_a_time: on how many nodes at a time, 0 for all.
    """

    number: int
    peers: dict[str, list[dict[str, Any]]]
    at_a_time: int


def wanted_pairs(names: Sequence[str], which: str) -> list[Pair]:
    """Return the pairs of names that measure: RING, each with its two neighbours in the list; ALL, each with each; NONE."""
    if which == NONE or len(names) < 2:
        return []
    if which == ALL:
        return list(itertools.combinations(names, 2))
    return list(zip(names, [*names[1:], names[0]], strict=True))[: len(names) if len(names) > 2 else 1]


def rounds(names: Sequence[str], which: str, possible: Collection[Pair] | None = None) -> list[list[Pair]]:
    """Return pairs of names in rounds: no name is in two pairs of a round, so no two pairs share the link of a node.

    which: as for wanted_pairs. possible: those of these pairs that can measure, all by default. A ring takes two rounds, three
    where it is closed and odd; each with each takes as many as the pairs of one node.
    """
    pairs = [pair if possible is None or pair in possible else None for pair in wanted_pairs(names, which)]
    kept = {frozenset(pair) for pair in pairs if pair}
    found = _of_all(names) if which == ALL else _of_ring(pairs)
    return [some for some in ([pair for pair in step if frozenset(pair) in kept] for step in found) if some]


def _of_ring(pairs: list[Pair | None]) -> list[list[Pair]]:
    """Every other pair in turn, from the first gap on, where there is one."""
    gap = pairs.index(None) if None in pairs else len(pairs)
    found: list[list[Pair]] = [[], [], []]
    turn = 0
    for place, pair in enumerate([*pairs[gap:], *pairs[:gap]]):
        closes_odd_ring = gap == len(pairs) and place == len(pairs) - 1 and place % 2 == 0 and place > 0
        if pair is None:
            turn = 0
            continue
        found[2 if closes_odd_ring else turn].append(pair)
        turn = 1 - turn
    return found


def _of_all(names: Sequence[str]) -> list[list[Pair]]:
    """The tournament of a chess club: one stays in place, the others move on by one seat after every round."""
    seats: list[str | None] = [*names, *([None] if len(names) % 2 else [])]
    found = []
    for _dummy in range(len(seats) - 1):
        half = len(seats) // 2
        pairs = zip(seats[:half], reversed(seats[half:]), strict=True)
        found.append([(one, two) for one, two in pairs if one is not None and two is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return found


def bandwidth(
    nodes: Sequence[Node], probed: Mapping[str, Iterable[dict[str, Any]] | None], which: str
) -> tuple[list[Round], Reasons]:
    """Return (Rounds of who measures with whom, `{name: {other: why}}` of pairs that cannot).

    probed: `{name: what port_probe_info found}`. Where a node reaches no port of the other, the other one measures.
    """
    reached: dict[Pair, dict[str, Any]] = {}
    why_not: dict[Pair, str] = {}
    for node in nodes:
        peers, reasons = measurable(node, probed.get(node.name), "tcp")
        reached.update({(node.name, peer["name"]): peer for peer in peers})
        why_not.update({(node.name, other): why for other, why in reasons.items()})
    names = [node.name for node in nodes]
    possible: set[Pair] = set()
    left_out: Reasons = {}
    for one, two in wanted_pairs(names, which):
        if (one, two) in reached or (two, one) in reached:
            possible.add((one, two))
        else:
            why = why_not.get((one, two)) or f"{one} did not probe the ports of {two}"
            left_out.setdefault(one, {})[two] = why
            left_out.setdefault(two, {})[one] = why
    return _in_tasks(rounds(names, which, possible), reached), left_out


def _in_tasks(found: list[list[Pair]], reached: Mapping[Pair, dict[str, Any]]) -> list[Round]:
    """One Round for each round of pairs. Where every round has one pair, one Round in which the nodes take turns."""
    take_turns = len(found) > 1 and all(len(pairs) == 1 for pairs in found)
    steps: list[Round] = []
    for number, pairs in enumerate([[pair for some in found for pair in some]] if take_turns else found):
        peers: dict[str, list[dict[str, Any]]] = {}
        for one, two in pairs:
            source, destination = (one, two) if (one, two) in reached else (two, one)
            peers.setdefault(source, []).append(reached[source, destination])
        steps.append({"number": number, "peers": peers, "at_a_time": 1 if take_turns else 0})
    return steps


def through_balancer(nodes: Sequence[Node], balancer: LoadBalancer | None) -> dict[str, Any] | None:
    """Return `{"from", "host", "port"}`: which Node connects through a load balancer, or None without one.

    A worker does: many load balancers do not bring a controller back to itself.
    """
    if not balancer or not nodes:
        return None
    node = next((node for node in nodes if node.role == "worker"), nodes[0])
    return {"from": node.name, "host": balancer["host"], "port": balancer["port"]}


def streams(evidence: Mapping[str, Mapping[str, Any] | None]) -> list[dict[str, Any]]:
    """Return `[{"source", "destination", "mean_mbit", "peak_mbit"} or with "error"]` of all nodes' bandwidth.

    evidence: `{name: evidence of of_node or None}`. What one node received is what the other sent.
    """
    found = []
    for name, own in evidence.items():
        for peer in (own or {}).get("bandwidth") or ():
            for source, destination, direction in ((name, peer["name"], "send"), (peer["name"], name, "receive")):
                rates = {
                    key: peer[direction][key] for key in ("mean_mbit", "peak_mbit", "error") if key in peer[direction]
                }
                found.append({"source": source, "destination": destination, **rates})
    return found

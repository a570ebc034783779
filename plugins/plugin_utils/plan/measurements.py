# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Over which ports links between nodes are measured, and which pairs measure their bandwidth at the same time.

Pure functions of a plan and of what the probes of the ports found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import (
    LOCALHOST,
    NONE,
    RING,
    LoadBalancer,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.topology import Node

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


def rounds(names: Sequence[str], which: str) -> list[list[tuple[str, str]]]:
    """Return pairs of names in rounds: no name is in two pairs of a round, so no two pairs share the link of a node.

    which: RING, each with its two neighbours in the list, in at most three rounds; ALL, each with each, in as many rounds
    as there are names; or NONE.
    """
    count = len(names)
    if which == NONE or count < 2:
        return []
    if which == RING:
        steps: list[list[tuple[str, str]]] = [[] for dummy in range(3)]
        for place in range(count if count > 2 else 1):
            last_of_odd = place == count - 1 and count % 2
            steps[2 if last_of_odd else place % 2].append((names[place], names[(place + 1) % count]))
        return [pairs for pairs in steps if pairs]
    # The tournament of a chess club: one stays in place, the others move on by one seat after every round.
    seats: list[str | None] = [*names, *([None] if count % 2 else [])]
    found = []
    for _dummy in range(len(seats) - 1):
        half = len(seats) // 2
        pairs = zip(seats[:half], reversed(seats[half:]), strict=True)
        found.append([(one, two) for one, two in pairs if one is not None and two is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return found


def bandwidth(
    nodes: Sequence[Node], probed: Mapping[str, Iterable[dict[str, Any]] | None], which: str
) -> tuple[list[dict[str, dict[str, Any]]], Reasons]:
    """Return (rounds `[{name: peer}]` of who measures with whom, `{name: {other: why}}` of pairs that cannot).

    probed: `{name: what port_probe_info found}`. Where a node reaches no port of the other, the other one measures.
    """
    reached: dict[tuple[str, str], dict[str, Any]] = {}
    why_not: dict[tuple[str, str], str] = {}
    for node in nodes:
        peers, reasons = measurable(node, probed.get(node.name), "tcp")
        reached.update({(node.name, peer["name"]): peer for peer in peers})
        why_not.update({(node.name, other): why for other, why in reasons.items()})
    found: list[dict[str, dict[str, Any]]] = []
    left_out: Reasons = {}
    for pairs in rounds([node.name for node in nodes], which):
        step = {}
        for one, two in pairs:
            if (one, two) in reached:
                step[one] = reached[one, two]
            elif (two, one) in reached:
                step[two] = reached[two, one]
            else:
                why = why_not.get((one, two)) or f"{one} did not probe the ports of {two}"
                left_out.setdefault(one, {})[two] = why
                left_out.setdefault(two, {})[one] = why
        if step:
            found.append(step)
    return found, left_out


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

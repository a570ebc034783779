# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the evidence of all nodes to the cells of the port matrix: one for each source, destination and row.

Pure functions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.node_port_range import NODE_PORTS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.port_holders import (
    holder_text,
    holders_on_loopback,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix as planning
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

PortSets = dict[str, set[int]]
# {node: evidence of its ports, as evidence.ports.of_node returns it, or None}
Evidence = Mapping[str, Mapping[str, Any] | None]

# Verdicts of port_probe_info for datagrams shaped like VXLAN, where others get through; their reason says more.
SHAPED_LOST = ("shape_lost", "length_lost")
# Verdicts of port_probe_info that prove the path open.
_GOOD = ("open", "live")
# Verdicts that say nothing about the network when no listener ran there.
_HOLLOW = ("refused", "unproven", "dropped", *SHAPED_LOST)
# Likewise when the whole node was down: after a while the kernel of the host that probes reports it.
_HOLLOW_WITHOUT_NODE = (*_HOLLOW, "rejected")
_UNTRIED = ("untested", "error")


class Cell(NamedTuple):
    """What one node found of one row at another. ports: `{verdict: [range]}` of the ports that are not proven; reason:
    why, where the verdict alone does not say it; asked: how many ports the row has; lost: the node that could not be
    reached, or is not part of the run, so that nothing is known of the path."""

    source: str
    destination: str
    row: str
    transport: str
    status: str
    asked: int
    ports: dict[str, list[str]]
    reason: str = ""
    lost: str = ""


class Exposure(NamedTuple):
    """Ports of a node that another one reached and must not."""

    source: str
    destination: str
    row: str
    transport: str
    ports: list[str]


def cells(
    plan: planning.Plan, nodes: Sequence[Node], evidence: Evidence, absent: Mapping[str, planning.Absent]
) -> list[Cell]:
    """Return the Cells of all pairs, by source, destination and row, in the order of the inventory.

    nodes: Nodes of the whole cluster. evidence: `{name: evidence of of_node or None}`. absent: `{name: Absent}` of the
    nodes that were not reached or are not part of the run.
    """
    found = []
    for source in nodes:
        own = evidence.get(source.name) or {}
        asked = own.get("asked")
        for destination in nodes:
            if asked is not None and not {destination.name, source.name}.intersection(absent):
                # A sample leaves no hole: pairs outside it were not planned.
                if destination.name not in asked and destination.name not in own["left_out"]:
                    continue
            for row in plan.rows:
                if _asks(row, source, destination):
                    found.append(_cell(plan, row, source, destination, evidence, absent))
    return found


@functools.lru_cache(maxsize=4096)
def _numbers(texts: tuple[str, ...]) -> frozenset[int]:
    """The port numbers of a tuple of texts; the same whole ranges come back for every pair."""
    return frozenset(port_ranges.numbers(texts))


def _asks(row: Row, source: Node, destination: Node) -> bool:
    if source.name == destination.name:
        return row["direction"] == "local"
    return row["direction"] != "local" and planning.dials(row, source.role) and planning.serves(row, destination.role)


def _cell(
    plan: planning.Plan,
    row: Row,
    source: Node,
    destination: Node,
    evidence: Evidence,
    absent: Mapping[str, planning.Absent],
) -> Cell:
    ports = _numbers(tuple(row["ports"]))

    def cell(status: str, failing: PortSets | None = None, reason: str = "", lost: str = "") -> Cell:
        shown = {verdict: port_ranges.texts(numbers) for verdict, numbers in (failing or {}).items()}
        return Cell(source.name, destination.name, row["id"], row["transport"], status, len(ports), shown, reason, lost)

    for node in (source, destination):
        if node.name in absent:
            return cell(absent[node.name].status, reason=f"{node.name}: {absent[node.name].reason}", lost=node.name)
    own = evidence.get(source.name)
    if own is None:
        return cell(UNKNOWN, reason=f"nothing was probed from {source.name}")
    if destination.name in own["left_out"]:
        why = own["left_out"][destination.name]
        return cell(why["status"], reason=why["reason"], lost=destination.name)
    if isinstance(own["probes"], dict):
        return cell(UNKNOWN, reason=f"{source.name}: {own['probes']['error']}")
    address = planning.LOCALHOST if source.name == destination.name else destination.address
    peer = next(
        (peer for peer in own["probes"] if (peer["name"], peer["address"]) == (destination.name, address)), None
    )
    if peer is None:
        return cell(UNKNOWN, reason=f"{destination.name} was not probed")
    other = evidence.get(destination.name)
    if other is None or isinstance(other["places"], dict):
        why = other["places"]["error"] if other else "nothing was collected"
        return cell(UNKNOWN, reason=f"no listener on {destination.name}: {why}")
    return _settled(plan, row, ports, peer, other, address, cell)


def _settled(
    plan: planning.Plan,
    row: Row,
    ports: frozenset[int],
    peer: Mapping[str, Any],
    other: Mapping[str, Any],
    address: str,
    cell: Callable[..., Cell],
) -> Cell:
    transport = row["transport"]
    place = next((place for place in other["places"] if place["address"] == address), None)
    if place is None:
        return cell(UNKNOWN, reason=f"no listener on {address}")
    bound = _numbers(tuple(place[transport]["bound"]))
    holders = {port: holder for holder in place[transport]["occupied"] for port in port_ranges.numbers(holder["ports"])}
    failed = {
        port: entry["reason"] for entry in place[transport]["failed"] for port in port_ranges.numbers(entry["ports"])
    }
    left = ports
    beside = holders_on_loopback(plan, place[transport])
    failing: PortSets = {}
    unknown: PortSets = {}
    skipped: PortSets = {}
    reasons: list[str] = []
    why: list[str] = []
    for verdict, texts in peer[transport]["ports"].items():
        found = ports & _numbers(tuple(texts))
        left = left - found
        for port in sorted(found & set(beside)) if verdict in _GOOD else ():
            failing.setdefault("refused", set()).add(port)
            why.append(f"{holder_text(beside[port])} listens on {beside[port]['address']} only")
        if verdict in _GOOD or (verdict == "unproven" and plan.operating and transport == "tcp"):
            continue  # a cluster forwards some ports to services that no socket of the node shows
        if verdict == "unproven" and plan.own_cluster and transport == "tcp":
            found = found.difference(NODE_PORTS)
        for port in found:
            if port in failed:
                unknown.setdefault("not_listening", set()).add(port)
                reasons.append(f"{peer['name']} could not listen on {address}: {failed[port]}")
            elif port in holders and verdict == "refused":
                unknown.setdefault("not_listening", set()).add(port)
                reasons.append(f"held on {peer['name']} by {holder_text(holders[port])}, which does not listen")
            elif other.get("lost") and verdict in _HOLLOW_WITHOUT_NODE:
                unknown.setdefault("not_listening", set()).add(port)
                reasons.append(f"{peer['name']} became unreachable during the run: {other['lost']}")
            elif (
                port in bound
                and not other["alive"]
                and verdict in _HOLLOW
                and (transport, verdict) != ("tcp", "dropped")
            ):
                unknown.setdefault("not_listening", set()).add(port)
                reasons.append(f"the listener on {peer['name']} stopped too early")
            elif verdict in _UNTRIED:
                unknown.setdefault(verdict, set()).add(port)
                reasons.append(peer[transport]["reasons"].get(verdict, verdict))
            else:
                failing.setdefault(verdict, set()).add(port)
    for port in left:
        # Over UDP only the listener of the run can answer.
        if port in holders:
            (skipped if plan.operating or plan.own_cluster else unknown).setdefault("occupied", set()).add(port)
            reasons.append(f"held on {peer['name']} by {holder_text(holders[port])}, so UDP cannot be tested")
        else:
            unknown.setdefault("untested", set()).add(port)
            reasons.append("not probed")
    reason = "; ".join(dict.fromkeys(reasons))
    if failing:
        return cell(FAIL, failing, "; ".join(dict.fromkeys([*_reasons(peer[transport], failing), *why])))
    if unknown:
        return cell(UNKNOWN, unknown, reason, peer["name"] if other.get("lost") else "")
    return cell(SKIPPED, skipped, reason) if skipped else cell(PASS)


def _reasons(summary: Mapping[str, Any], verdicts: Iterable[str]) -> list[str]:
    return [
        summary["reasons"][verdict]
        for verdict in sorted(verdicts)
        if verdict in ("unproven", *SHAPED_LOST) and verdict in summary["reasons"]
    ]


def exposures(plan: planning.Plan, nodes: Sequence[Node], evidence: Evidence) -> list[Exposure]:
    """Return an Exposure for each pair and row where a node reached ports of another that must be closed."""
    by_name = {node.name: node for node in nodes}
    found = []
    for source in nodes:
        own = evidence.get(source.name)
        for peer in own["probes"] if own and isinstance(own["probes"], list) else ():
            if peer["name"] == source.name:
                continue
            for transport in planning.TRANSPORTS:
                live = _numbers(tuple(peer[transport]["ports"].get("live", ())))
                if live:
                    live &= planning.closed_ports(plan, source, by_name[peer["name"]], transport)
                for row in plan.closed:
                    ports = live & _numbers(tuple(row["ports"])) if row["transport"] == transport else frozenset()
                    if ports:
                        found.append(
                            Exposure(source.name, peer["name"], row["id"], transport, port_ranges.texts(ports))
                        )
    return found


def by_pair(found: Iterable[Cell]) -> dict[tuple[str, str], list[Cell]]:
    """Return `{(source, destination): [Cell]}`."""
    pairs: dict[tuple[str, str], list[Cell]] = {}
    for cell in found:
        pairs.setdefault((cell.source, cell.destination), []).append(cell)
    return pairs


def worst(statuses: Iterable[str]) -> str:
    """Return the status that outweighs the others."""
    return min(statuses, key=(FAIL, UNKNOWN, SKIPPED, PASS).index)

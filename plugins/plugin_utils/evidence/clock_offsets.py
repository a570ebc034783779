# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far apart the clocks of the nodes are, from measurements of any kind. Pure functions.

A clock is never known exactly, so every measurement has an error: the true offset lies within `offset` plus or minus
`error`. Two clocks are too far apart where one measurement proves it, and close enough where one proves that and none the
contrary; otherwise it cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import Evidence, NodeEvidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

BY_CHRONY = "chrony's offset from NTP time"
BY_PACKETS = "packets between them"


class Peer(TypedDict):
    """The clock of another node as seen from a node.

    farther: whether the node is at least as far from the middle of the cluster as the peer, so that its own clock is the
    one to correct.
    """

    peer: str
    offset: float
    error: float
    how: str
    farther: bool


class Compared(TypedDict, total=False):
    """The clock of a node and those of the others. missing: `{peer: why}` of those that could not be compared.

    own: why the node's own clock could not be compared, "" where it could.
    """

    peers: list[Peer]
    missing: dict[str, str]
    own: str


class Measurement(NamedTuple):
    """The clock of `peer` is `offset` seconds ahead of that of `node` (behind, where negative), give or take `error`.

    how: the method, in words.
    """

    node: str
    peer: str
    offset: float
    error: float
    how: str


class Judged(NamedTuple):
    """status as in a Finding; text: what was found, in words."""

    status: str
    text: str


def by_chrony(evidence: Evidence) -> tuple[list[Measurement], dict[str, str]]:
    """Return (Measurements between all nodes whose chrony is synchronised, `{node: why}` of the others).

    Each node knows its own distance from NTP time; whether the servers of two nodes have the same time is not known by
    this, and is not a part of the error.
    """
    known: dict[str, tuple[float, float]] = {}
    absent: dict[str, str] = {}
    for node, own in evidence.items():
        try:
            known[node] = _from_ntp_time(own)
        except _Unknown as reason:
            absent[node] = str(reason)
    nodes = list(known)
    return [
        # chrony's offset is what a clock lacks.
        Measurement(node, peer, known[node][0] - known[peer][0], known[node][1] + known[peer][1], BY_CHRONY)
        for number, node in enumerate(nodes)
        for peer in nodes[number + 1 :]
    ], absent


def of_cluster(evidence: Evidence, further: Iterable[Measurement] = ()) -> dict[str, dict[str, Any]]:
    """Return `{node: {"clock_offsets", "timezones"}}`, what the checks of one node need to know of the others.

    further: Measurements by other means, between nodes of `evidence`.
    """
    measurements, absent = by_chrony(evidence)
    compared = compare(list(evidence), [*measurements, *further], absent)
    zones = {node: ((own.get("host") or {}).get("time") or {}).get("timezone") for node, own in evidence.items()}
    return {node: {"clock_offsets": compared[node], "timezones": zones} for node in evidence}


class _Unknown(Exception):
    """Why the clock of a node cannot be compared."""


def _from_ntp_time(evidence: NodeEvidence) -> tuple[float, float]:
    """(offset from NTP time, its error) in seconds."""
    if "not_run" in evidence:
        raise _Unknown(evidence["not_run"])
    if "unreachable" in evidence:
        raise _Unknown(f"unreachable: {evidence['unreachable']}")
    chrony = ((evidence.get("host") or {}).get("time") or {}).get("chrony") or {}
    tracking = chrony.get("tracking")
    if not tracking:
        silent = "chrony did not answer" if chrony else "the state of its clock was not collected"
        raise _Unknown(chrony.get("error") or silent)
    if tracking.get("leap") != "Normal":
        raise _Unknown(f"chrony is not synchronised (leap status {tracking.get('leap')})")
    try:
        return tracking["offset"] + 0.0, tracking["root_dispersion"] + tracking["root_delay"] / 2
    except (KeyError, TypeError) as problem:
        raise _Unknown("chrony's offset from NTP time cannot be read") from problem


def by_packets(links: Iterable[Mapping[str, Any]]) -> list[Measurement]:
    """Return the Measurements that the latency probes of the port matrix made.

    links: `[{source, destination, clock}]`; clock: `{offset_ms, error_ms}`, the destination's clock minus the source's, or
    None.
    """
    return [
        Measurement(
            link["source"],
            link["destination"],
            link["clock"]["offset_ms"] / 1000,
            link["clock"]["error_ms"] / 1000,
            BY_PACKETS,
        )
        for link in links
        if link["clock"]
    ]


def compare(
    nodes: Sequence[str], measurements: Iterable[Measurement], absent: Mapping[str, str] | None = None
) -> dict[str, Compared]:
    """Return the evidence of the checks `time.between_nodes`.

    nodes: all of the cluster. measurements: any number between two nodes, in either direction. absent: `{node: why}` of
    nodes that could not be measured.
    """
    absent = absent or {}
    seen: dict[str, list[tuple[str, float, float, str]]] = {node: [] for node in nodes}
    for one in measurements:
        if one.node not in seen or one.peer not in seen:
            continue
        seen[one.node].append((one.peer, one.offset, one.error, one.how))
        seen[one.peer].append((one.node, -one.offset, one.error, one.how))
    middle = {
        node: abs(median([0.0, *(offset for _peer, offset, _error, _how in rows)])) for node, rows in seen.items()
    }
    found: dict[str, Compared] = {}
    for node, rows in seen.items():
        measured = {row[0] for row in rows}
        found[node] = {
            "peers": [
                {"peer": peer, "offset": offset, "error": error, "how": how, "farther": middle[node] >= middle[peer]}
                for peer, offset, error, how in rows
            ],
            "missing": {
                peer: absent.get(node) or absent.get(peer) or "not measured"
                for peer in nodes
                if peer != node and peer not in measured
            },
            "own": absent.get(node, ""),
        }
    return found


def judge(compared: Compared, limit: float) -> Judged:
    """Return the Judged for one node. limit: seconds."""
    peers: dict[str, list[Peer]] = {}
    for row in compared["peers"]:
        peers.setdefault(row["peer"], []).append(row)
    pairs = {peer: _judge_pair(rows, limit) for peer, rows in peers.items()}
    too_far = {peer: row for peer, (status, row) in pairs.items() if status == FAIL}
    mine = {peer: row for peer, row in too_far.items() if row["farther"]}
    if mine:
        return Judged(FAIL, "; ".join(_words(row) for row in mine.values()))
    unclear = [row for status, row in pairs.values() if status == UNKNOWN]
    if unclear:
        return Judged(UNKNOWN, "the measurements are not precise enough: " + "; ".join(_words(row) for row in unclear))
    if not pairs:
        reasons = sorted(set(compared["missing"].values()))
        if not reasons:
            return Judged(PASS, "no other node to compare with")
        if all(reason.startswith("not part of this run") for reason in reasons):
            return Judged(SKIPPED, f"compared with no other node: {'; '.join(reasons)}")
        why = compared.get("own") or "; ".join(_of_peers(compared["missing"], reason) for reason in reasons)
        return Judged(UNKNOWN, f"compared with no other node: {why}")
    near = [row for peer, (status, row) in pairs.items() if status == PASS]
    text = _words(max(near, key=lambda row: abs(row["offset"]) + row["error"])) if near else "the other nodes differ"
    remarks = [f"the clock of {peer} is off (see that node)" for peer in too_far]
    remarks += [f"not compared with {peer} ({why})" for peer, why in compared["missing"].items()]
    return Judged(PASS, "; ".join([text, *remarks]))


def _of_peers(missing: Mapping[str, str], reason: str) -> str:
    """A reason with the nodes that it is true of."""
    return f"{joined_first([peer for peer, why in missing.items() if why == reason], ', ')}: {reason}"


def _judge_pair(rows: Sequence[Peer], limit: float) -> tuple[str, Peer]:
    """(status, the measurement that decides) for all measurements of one pair."""
    farthest = max(rows, key=lambda row: abs(row["offset"]) - row["error"])
    if abs(farthest["offset"]) - farthest["error"] > limit:
        return FAIL, farthest
    surest = min(rows, key=lambda row: abs(row["offset"]) + row["error"])
    return (PASS if abs(surest["offset"]) + surest["error"] <= limit else UNKNOWN), surest


def _words(row: Peer) -> str:
    ahead = "ahead of" if row["offset"] < 0 else "behind"
    return f"{abs(row['offset']) * 1000:.1f} ms +- {row['error'] * 1000:.1f} ms {ahead} {row['peer']} (by {row['how']})"

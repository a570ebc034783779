# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far apart the clocks of the nodes are, from measurements of any kind. Pure functions.

A clock is never known exactly, so every measurement has an error: the true offset lies within `offset` plus or minus
`error`. Two clocks are too far apart where one measurement proves it, and close enough where one proves that and none the
contrary; otherwise it cannot be told.
"""

from statistics import median
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import FAIL, PASS, SKIPPED, UNKNOWN

BY_CHRONY = "chrony's offset from NTP time"
BY_PACKETS = "packets between them"


class Measurement(NamedTuple):
    """The clock of `peer` is `offset` seconds ahead of that of `node` (behind, where negative), give or take `error`.

    how: what measured it, for a person.
    """

    node: str
    peer: str
    offset: float
    error: float
    how: str


class Judged(NamedTuple):
    """status as in a Finding; text says what was found."""

    status: str
    text: str


def by_chrony(collected):
    """Return (Measurements between all nodes whose chrony is synchronised, `{node: why}` of the others).

    collected: `{node: evidence}` as evidence.of_node returns it. Each node knows its own distance from NTP time; whether
    the servers of two nodes tell the same time is not known this way, and no part of the error.
    """
    known, absent = {}, {}
    for node, evidence in collected.items():
        try:
            known[node] = _from_ntp_time(evidence)
        except _Unknown as reason:
            absent[node] = str(reason)
    nodes = list(known)
    return [
        # chrony's offset is what a clock lacks.
        Measurement(node, peer, known[node][0] - known[peer][0], known[node][1] + known[peer][1], BY_CHRONY)
        for number, node in enumerate(nodes)
        for peer in nodes[number + 1 :]
    ], absent


def of_cluster(collected, further=()):
    """Return `{node: {"clock_offsets", "timezones"}}`, what the checks of one node need to know of the others.

    collected: as for by_chrony. further: Measurements by other means, between nodes of `collected`.
    """
    measurements, absent = by_chrony(collected)
    compared = compare(list(collected), [*measurements, *further], absent)
    zones = {}
    for node, evidence in collected.items():
        zones[node] = ((evidence.get("host") or {}).get("time") or {}).get("timezone")
    return {node: {"clock_offsets": compared[node], "timezones": zones} for node in collected}


class _Unknown(Exception):
    """Why the clock of a node cannot be compared."""


def _from_ntp_time(evidence):
    """(offset from NTP time, its error) in seconds."""
    for key, text in (("not_run", "{0}"), ("unreachable", "unreachable: {0}")):
        if key in evidence:
            raise _Unknown(text.format(evidence[key]))
    chrony = ((evidence.get("host") or {}).get("time") or {}).get("chrony") or {}
    tracking = chrony.get("tracking")
    if not tracking:
        raise _Unknown(chrony.get("error") or "chrony gave no answer")
    if tracking["leap"] != "Normal":
        raise _Unknown(f"chrony is not synchronised (leap status {tracking['leap']})")
    return tracking["offset"], tracking["root_dispersion"] + tracking["root_delay"] / 2


def by_packets(links):
    """Return the Measurements that probes of the port matrix brought along.

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


def compare(nodes, measurements, absent=None):
    """Return `{node: {"peers": [...], "missing": {peer: why}}}`, the evidence of the checks `time.between_nodes`.

    nodes: all of the cluster. measurements: Measurements, any number between two nodes, either way round. absent: `{node:
    why}` of nodes that could not be measured. A peer is `{peer, offset, error, how, farther}`: its offset as seen from the
    node, and whether the node is at least as far from the middle of the cluster as the peer, so that it is the one to mend.
    """
    absent = absent or {}
    seen = {node: [] for node in nodes}
    for one in measurements:
        if one.node not in seen or one.peer not in seen:
            continue
        seen[one.node].append((one.peer, one.offset, one.error, one.how))
        seen[one.peer].append((one.node, -one.offset, one.error, one.how))
    middle = {
        node: abs(median([0.0, *(offset for _peer, offset, _error, _how in rows)])) for node, rows in seen.items()
    }
    found = {}
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
        }
    return found


def judge(compared, limit):
    """Return the Judged for one node. compared: of `compare`. limit: seconds."""
    peers = {}
    for row in compared["peers"]:
        peers.setdefault(row["peer"], []).append(row)
    told = {peer: _judge_pair(rows, limit) for peer, rows in peers.items()}
    too_far = {peer: row for peer, (status, row) in told.items() if status == FAIL}
    mine = {peer: row for peer, row in too_far.items() if row["farther"]}
    if mine:
        return Judged(FAIL, "; ".join(_words(row) for row in mine.values()))
    unclear = [row for status, row in told.values() if status == UNKNOWN]
    if unclear:
        return Judged(UNKNOWN, "cannot be told: " + "; ".join(_words(row) for row in unclear))
    if not told:
        reasons = sorted(set(compared["missing"].values()))
        if not reasons:
            return Judged(PASS, "no other node to compare with")
        status = SKIPPED if all(reason.startswith("not part of this run") for reason in reasons) else UNKNOWN
        return Judged(status, f"compared with no other node: {'; '.join(reasons)}")
    near = [row for peer, (status, row) in told.items() if status == PASS]
    text = _words(max(near, key=lambda row: abs(row["offset"]) + row["error"])) if near else "the others differ"
    remarks = [f"{peer} is off, see there" for peer in too_far]
    remarks += [f"not compared with {peer} ({why})" for peer, why in compared["missing"].items()]
    return Judged(PASS, "; ".join([text, *remarks]))


def _judge_pair(rows, limit):
    """(status, the measurement that decides) for all measurements of one pair."""
    farthest = max(rows, key=lambda row: abs(row["offset"]) - row["error"])
    if abs(farthest["offset"]) - farthest["error"] > limit:
        return FAIL, farthest
    surest = min(rows, key=lambda row: abs(row["offset"]) + row["error"])
    return (PASS if abs(surest["offset"]) + surest["error"] <= limit else UNKNOWN), surest


def _words(row):
    ahead = "ahead of" if row["offset"] < 0 else "behind"
    return f"{abs(row['offset']) * 1000:.1f} ms +- {row['error'] * 1000:.1f} ms {ahead} {row['peer']} (by {row['how']})"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From openings to the rules of packet filters, which know addresses and ports but no names. Pure functions.

Names on the Internet become "anywhere", and rows that then read alike become one rule.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import port_bounds
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import (
    ANYWHERE,
    Opening,
    Party,
    ports_of,
)

_GROUPS = ("nodes", "controllers")


class Rule(NamedTuple):
    """One rule on the machines of a group.

    direction: in | out. own: nodes | controllers, the machines that need it. peer: nodes | controllers, or None when
    `networks` (sorted, in CIDR notation) says who is on the other side. transport: tcp | udp. ports: (first, last)
    pairs, sorted, as few as possible. ids: the rows it serves. about: a few words for a comment.
    """

    direction: str
    own: str
    peer: str | None
    networks: tuple[str, ...]
    transport: str
    ports: tuple[tuple[int, int], ...]
    ids: tuple[str, ...]
    about: str


def joined(bounds: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return (first, last) pairs sorted, with neighbours and overlaps joined."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(bounds):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def in_family(networks: Iterable[str], version: int) -> list[str]:
    """Return those of `networks` (CIDR notation) that are of IP version 4 or 6."""
    return [network for network in networks if ipaddress.ip_network(network).version == version]


def _networks(parties: Iterable[Party]) -> tuple[str, ...]:
    """Return the networks of parties; one that is only a name could be anywhere."""
    found = {ipaddress.ip_network(party.address or ANYWHERE) for party in parties}
    ordered = sorted(found, key=lambda network: (network.version, int(network.network_address), network.prefixlen))
    return tuple(str(network) for network in ordered)


def _sides(opening: Opening) -> Iterator[tuple[str, str, str | None, list[Party]]]:
    """Yield (direction, own, peer, parties) for each group of nodes that an opening concerns."""
    row = opening.row
    if row["from"] in _GROUPS and opening.on_behalf_of is None:
        peer = row["to"] if row["to"] in _GROUPS else None
        yield "out", row["from"], peer, opening.destinations
    if row["to"] in _GROUPS:
        peer = row["from"] if row["from"] in _GROUPS else None
        yield "in", row["to"], peer, opening.sources


def rules(openings: Iterable[Opening]) -> list[Rule]:
    """Return the Rules of openings, inbound first, rows in order.

    Left out: what stays within a node, what an unstated end makes impossible, and what rows for names ask for anyway.
    """
    found: dict[Rule, list[Opening]] = {}
    for opening in openings:
        if opening.row["direction"] == "local" or opening.unstated or opening.detailed_by:
            continue
        ports = joined(port_bounds(text) for text in ports_of(opening.row))
        for direction, own, peer, parties in _sides(opening):
            networks = () if peer else _networks(parties)
            alike = Rule(direction, own, peer, networks, opening.row["transport"], ports, (), "")
            found.setdefault(alike, []).append(opening)
    made = [
        rule._replace(ids=tuple(each.row["id"] for each in group), about=_about(group)) for rule, group in found.items()
    ]
    return sorted(made, key=lambda rule: rule.direction == "out")


def _about(openings: Sequence[Opening]) -> str:
    """Say what a rule is for: the row, or the rows and names it stands for."""
    if len(openings) == 1:
        row = openings[0].row
        named = f" ({row['host']})" if "host" in row else ""
        return f"{row['id']}{named}: {row['purpose']}"
    return f"{len(openings)} rows: {', '.join(each.row['id'] for each in openings)}"


def for_role(found: Iterable[Rule], role: str) -> list[Rule]:
    """Return the Rules that a machine of a role (controller | worker) needs."""
    groups = _GROUPS if role == "controller" else ("nodes",)
    return [rule for rule in found if rule.own in groups]


def unstated(openings: Iterable[Opening]) -> dict[str, list[str]]:
    """Return {variable: [row ids]} for the openings whose ends the inventory does not say."""
    missing: dict[str, list[str]] = {}
    for opening in openings:
        if opening.unstated:
            missing.setdefault(opening.unstated, []).append(opening.row["id"])
    return missing

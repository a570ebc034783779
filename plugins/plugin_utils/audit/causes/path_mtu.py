# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Full-size packets that do not pass between nodes: one cause, with one line for both directions of a pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import (
    Cluster,
    Draft,
    confirmed,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.mtu import is_black_hole
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL

CHECK = "net.mtu_path"
_HEADERS = 28  # bytes of IPv4 and ICMP that ping adds
_MOST = 4


class _Way(NamedTuple):
    """One direction between two nodes; mtu: the longest packet that passes, None where not even 576 bytes do."""

    source: str
    destination: str
    mtu: int | None
    interface_mtu: int


def path_mtu(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """Return a cause for paths that lose packets without a message, and one for those that say how long packets may be."""
    groups: dict[bool, list[Result]] = {}
    for result in results:
        if result["id"] == CHECK and result["status"] == FAIL and _is_measured(result["evidence"]):
            lost = any(is_black_hole(link) for link in result["evidence"])
            groups.setdefault(lost, []).append(result)
    return [_draft(lost, own, cluster) for lost, own in groups.items()]


def _is_measured(evidence: Any) -> bool:
    return isinstance(evidence, list) and all(isinstance(link, Mapping) and "path" in link for link in evidence)


def _draft(lost: bool, own: Sequence[Result], cluster: Cluster) -> Draft:
    ways = list(dict.fromkeys(way for result in own for way in _ways(result, lost)))
    between = _between(ways, cluster)
    mtus, wanted = {way.mtu for way in ways}, max(way.interface_mtu for way in ways)
    (mtu,) = mtus if len(mtus) == 1 else (None,)
    longest = f"Packets over {mtu} bytes" if mtu else "Full-size packets"
    nodes = cluster.in_order({result["node"] for result in own})
    way = next((way for way in ways if way.source == nodes[0]), ways[0])
    peer = way.destination if way.source == nodes[0] else way.source
    whom = cluster.from_whom(cluster.in_order({node for way in ways for node in way[:2]}))
    least = min((way.mtu or 0) for way in ways)
    to = f"to {least}" if least else "to what the path carries"
    if lost:
        title = f"{longest} are lost between {between}, without an ICMP message"
        ask = (
            f"Let packets of {wanted} bytes, and ICMP type 3 code 4 (fragmentation needed), pass between {whom}. If the network "
            f"cannot, the node administrators have to lower the MTU of all nodes' interfaces {to}."
        )
    else:
        title = f"{longest} do not pass between {between}"
        ask = (
            f"Raise the MTU of the network between {whom} to {wanted}. If the network cannot, the node administrators have to "
            f"lower that of all nodes' interfaces {to}."
        )
    return Draft(
        f"{CHECK}:{FAIL}:{','.join(nodes)}",
        title,
        cluster.check(CHECK)["owner"],
        _found(ways),
        own,
        ask,
        confirmed(
            f"ping -M do -s {wanted - _HEADERS} {cluster.addresses.get(peer) or peer}",
            "ping gets no answer, while `ping -s 500` does"
            if lost
            else "ping prints `Frag needed` or `message too long`, and gets no answer",
        ),
    )


def _ways(result: Result, lost: bool) -> Iterator[_Way]:
    """Yield the directions that a node measured. If the packet arrived and the answer was lost, the return direction failed."""
    for link in result["evidence"]:
        path, source, destination = link["path"], result["node"], link["name"]
        if path["arrives"]:
            source, destination = destination, source
        if is_black_hole(link) or not lost:
            yield _Way(source, destination, path["mtu"], path["interface_mtu"])


def _between(ways: Sequence[_Way], cluster: Cluster) -> str:
    """The nodes, by the one that all pairs have where there is one."""
    pairs = list(dict.fromkeys(frozenset(way[:2]) for way in ways))
    nodes = cluster.in_order({node for pair in pairs for node in pair})
    shared = frozenset.intersection(*pairs)
    if len(pairs) == 1:
        return " and ".join(nodes)
    if shared:
        (one,) = shared
        return f"{one} and {cluster.named([node for node in nodes if node != one])}"
    return cluster.named(nodes)


def _found(ways: Sequence[_Way]) -> str:
    shown = []
    for way in ways:
        back = way._replace(source=way.destination, destination=way.source)
        if back in ways and ways.index(back) < ways.index(way):
            continue
        arrow = "<->" if back in ways else "->"
        passes = f"{way.mtu} bytes pass" if way.mtu else "not even 576 bytes pass"
        shown.append(f"{way.source} {arrow} {way.destination}: {passes}, the interfaces have {way.interface_mtu}")
    return "; ".join(shown[:_MOST]) + (f"; and {len(shown) - _MOST} more" if len(shown) > _MOST else "")

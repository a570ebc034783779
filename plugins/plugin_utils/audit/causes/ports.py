# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports between the nodes: one cause for all pairs on which the same ports fail alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import closing_rules, owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import (
    Cluster,
    Confirmation,
    Draft,
    confirmed,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_cells import SHAPED_LOST
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import LOCALHOST
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, UNKNOWN

Cell = Mapping[str, Any]
Pair = tuple[str, str]
_OTHER_CHECKS = ("ports.free", "ports.closed", "ports.outside")
_MOST = 6
_SHORT = 40  # characters of ports that a title has room for
_FIRST_OF_USERS = 1024  # ports below it are root's
_WHOLE = 5  # a pair of which so many rows fail is taken as closed, not as a pair with single ports that are


def ports(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """Return a cause for each set of ports that fails alike; a result goes with most of its cells."""
    own = [result for result in results if result["id"].startswith("ports.") and result["id"] not in _OTHER_CHECKS]
    found = []
    for status in (FAIL, UNKNOWN):
        judged = [result for result in own if result["status"] == status]
        cells = [cell for cell in cluster.cells if cell["status"] == status]
        found += _of_status(judged, cells, cluster, status, results)
    return found


def _of_status(
    results: Sequence[Result], cells: Sequence[Cell], cluster: Cluster, status: str, every: Sequence[Result]
) -> list[Draft]:
    """Return the causes of results of ports. every: all results that need a cause."""
    by_pair: dict[Pair, list[Cell]] = {}
    for cell in cells:
        by_pair.setdefault((cell["source"], cell["destination"]), []).append(cell)
    pairs_of: dict[Any, list[Pair]] = {}
    for pair, own in by_pair.items():
        pairs_of.setdefault(_signature(own, status), []).append(pair)
    if status == FAIL:
        pairs_of = _merged(pairs_of, by_pair)
    group_of = {pair: signature for signature, pairs in pairs_of.items() for pair in pairs}
    signatures_of: dict[tuple[str, str], list[Any]] = {}
    for cell in cells:
        signature = group_of[cell["source"], cell["destination"]]
        signatures_of.setdefault((f"ports.{cell['row']}", cell["source"]), []).append(signature)
    claimed: dict[Any, list[Result]] = {}
    for result in results:
        signatures = signatures_of.get((result["id"], result["node"]))
        if signatures:
            claimed.setdefault(max(signatures, key=signatures.count), []).append(result)
    if status == UNKNOWN:
        return [_untested(pairs_of[signature], by_pair, own, cluster) for signature, own in claimed.items()]
    return [_closed(pairs_of[signature], by_pair, own, cluster, every) for signature, own in claimed.items()]


def _signature(cells: Iterable[Cell], status: str) -> Any:
    """What cells of a pair have to have in common to be of one cause: how the ports fail, or why nothing is known."""
    if status == UNKNOWN:
        return frozenset(cell["reason"] for cell in cells)
    cells = list(cells)
    if len({cell["row"] for cell in cells}) >= _WHOLE:
        # Rows differ with the role of the nodes, so the ports themselves do not count where much fails alike.
        return frozenset((cell["transport"], verdict) for cell in cells for verdict in cell["ports"])
    # Rows overlap, and a port that two of them have is closed once.
    found: dict[tuple[str, str], set[int]] = {}
    for cell in cells:
        for verdict, ports in cell["ports"].items():
            found.setdefault((cell["transport"], verdict), set()).update(port_ranges.numbers(ports))
    return frozenset((*how, tuple(port_ranges.texts(numbers))) for how, numbers in found.items())


def _merged(pairs_of: Mapping[Any, list[Pair]], by_pair: Mapping[Pair, Sequence[Cell]]) -> dict[Any, list[Pair]]:
    """Put together what one node alone does not let in, and in one manner, though the ports differ with the sender's role."""
    found: dict[Any, list[Pair]] = {}
    for signature, pairs in pairs_of.items():
        destinations = {destination for source, destination in pairs if source != destination}
        how = frozenset(
            (cell["transport"], verdict) for pair in pairs for cell in by_pair[pair] for verdict in cell["ports"]
        )
        alone = len(destinations) == 1 and all(source != destination for source, destination in pairs)
        found.setdefault((*destinations, how) if alone else signature, []).extend(pairs)
    return found


def _closed(
    pairs: Sequence[Pair],
    by_pair: Mapping[Pair, Sequence[Cell]],
    results: Sequence[Result],
    cluster: Cluster,
    every: Sequence[Result],
) -> Draft:
    sources, destinations = (cluster.in_order({pair[end] for pair in pairs}) for end in (0, 1))
    cells = [cell for pair in pairs for cell in by_pair[pair]]
    verdicts = list(dict.fromkeys(verdict for cell in cells for verdict in cell["ports"]))
    texts = [
        f"{transport.upper()} {_ports(cells, transport)}"
        for transport in ("tcp", "udp")
        if any(cell["transport"] == transport for cell in cells)
    ]
    ports_text = ", ".join(texts)
    few = ports_text if len(ports_text) <= _SHORT else ""
    how = ", ".join(verdict.replace("_", " ") for verdict in verdicts)
    reasons = ", ".join(dict.fromkeys(cell["reason"] for cell in cells if cell["reason"]))
    rules = closing_rules.of_cells(every, cells, cluster)
    whom: Sequence[str] = ()
    ask = f"Allow {ports_text} from {cluster.from_whom(sources)} to {cluster.from_whom(destinations)}."
    if set(verdicts) <= set(SHAPED_LOST):
        title = f"VXLAN packets are lost between {cluster.named(cluster.in_order({*sources, *destinations}))}"
        owner = owners.VXLAN_LOST
        ask = results[0]["remedy"]
    elif sources == destinations and all(source == destination for source, destination in pairs):
        whose = "its" if len(sources) == 1 else "their"
        title = f"{', '.join(sources)} cannot reach {whose} own ports over loopback"
        owner = owners.PORTS_OVER_LOOPBACK
    elif len(destinations) == 1:
        others = _others(sources, destinations, cluster)
        title = (
            f"{few} of {destinations[0]} is closed to {others}"
            if few
            else f"{destinations[0]} does not let {others} in"
        )
        owner, whom = owners.PORTS_OF_ONE_NODE, destinations
    elif len(sources) == 1:
        others = _others(destinations, sources, cluster)
        title = (
            f"{few} of {others} is closed to {sources[0]}" if few else f"{sources[0]} does not get through to {others}"
        )
        owner = owners.PORTS_FOR_ONE_NODE
    else:
        title = f"{f'{few} is' if few else 'Ports are'} closed between {len(pairs)} pairs of nodes"
        owner = owners.PORTS_OF_MANY_PAIRS
    if rules.nodes == set(destinations):
        owner, whom = owners.PORTS_CLOSED_BY_RULES, destinations
    port = port_ranges.texts(port_ranges.numbers([text for texts in cells[0]["ports"].values() for text in texts]))[0]
    port, one = port.partition("-")[0], pairs[0][1]
    return Draft(
        f"ports:{','.join(sorted(verdicts))}:{','.join(sources)}:{','.join(destinations)}",
        title,
        owner,
        f"{_pairs(pairs)}: {ports_text} {how}{f' by {rules.text}' if rules.text else ''}{f' ({reasons})' if reasons else ''}",
        [*results, *rules.results],
        " ".join([ask, *rules.remedies]),
        Confirmation()
        if set(verdicts) & set(SHAPED_LOST)
        else confirm(pairs[0], cells[0]["transport"], int(port), cluster),
        _where(verdicts, one, port) if rules.nodes < set(destinations) else [],
        nodes=whom,
    )


def confirm(pair: Pair, transport: str, port: int, cluster: Cluster) -> Confirmation:
    """Return commands for the control node. What listened for the audit has stopped, so they start a listener first."""
    source, destination = pair
    address = LOCALHOST if source == destination else cluster.addresses.get(destination) or destination
    root = "sudo " if port < _FIRST_OF_USERS else ""
    if transport == "tcp":
        listen, send = f"{root}timeout 30 python3 -m http.server {port}", f"nc -vz -w 5 {address} {port}"
    else:
        receive = f"import socket; s = socket.socket(2, 2); s.bind((str(), {port})); print(s.recv(9))"
        listen, send = (
            f"\"{root}timeout 9 python3 -c '{receive}'\"",
            f"\"bash -c 'echo passed > /dev/udp/{address}/{port}'\"",
        )
    return confirmed(
        f"ssh -f {destination} {listen}; sleep 2; ssh {source} {send}",
        "nc does not report that it connected" if transport == "tcp" else f"{destination} does not print `passed`",
    )


def _others(nodes: Sequence[str], than: Sequence[str], cluster: Cluster) -> str:
    others = [node for node in nodes if node not in than]
    every = len(others) == len(cluster.addresses) - len(than)
    return "the other nodes" if every and len(others) > 1 else cluster.named(others)


def _where(verdicts: Sequence[str], destination: str, port: str) -> list[str]:
    """How to tell the node's own firewall from a device between the nodes."""
    if set(verdicts) <= {"refused", "unproven", *SHAPED_LOST}:
        return []
    return [
        f"`sudo tcpdump -ni any port {port}` on {destination} while a node connects: if the packets arrive, the firewall of "
        f"{destination} stops them; if not, a device between the nodes or the firewall of the sender does."
    ]


def _untested(
    pairs: Sequence[Pair], by_pair: Mapping[Pair, Sequence[Cell]], results: Sequence[Result], cluster: Cluster
) -> Draft:
    reasons = list(dict.fromkeys(cell["reason"] for pair in pairs for cell in by_pair[pair] if cell["reason"]))
    nodes = cluster.in_order({node for pair in pairs for node in pair})
    return Draft(
        f"ports:unknown:{'; '.join(reasons)}",
        f"Ports between {len(nodes)} nodes could not be tested",
        owners.PORTS_NOT_TESTED,
        f"{_pairs(pairs)}: {'; '.join(reasons) or 'no result'}",
        results,
        results[0]["remedy"],
    )


def _ports(cells: Iterable[Cell], transport: str) -> str:
    texts = [
        text for cell in cells if cell["transport"] == transport for part in cell["ports"].values() for text in part
    ]
    return ", ".join(port_ranges.texts(port_ranges.numbers(texts)))


def _pairs(pairs: Sequence[Pair]) -> str:
    sources, destinations = ({pair[end]: None for pair in pairs} for end in (0, 1))
    if len(sources) * len(destinations) == len(pairs):
        return f"{', '.join(sources)} -> {', '.join(destinations)}"
    shown = ", ".join(f"{source} -> {destination}" for source, destination in pairs[:_MOST])
    return f"{shown} and {len(pairs) - _MOST} more" if len(pairs) > _MOST else shown

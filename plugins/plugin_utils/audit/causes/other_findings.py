# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no other rule explains: settings that one role puts right, and findings that are the same on several nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import node_names, owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cluster, Draft
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import (
    FAIL,
    REQUIRED,
    SKIPPED,
    UNKNOWN,
)

_ROLE = re.compile(r"run the role (hostprep\.runtime_fabric\.(rtf_\w+))")
_LEFT_OUT = re.compile(r"^left out by (\w+)$")
# Checks of what one node alone may have, such as a name server.
_COMPARED = ("egress.dns",)
# In a remedy, the process that a finding names.
_PROCESS = re.compile(r"\bPID\b")
_MOST = 3


def left_out(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """What the site left out of the run, by the variable that does it."""
    by_variable: dict[str, list[Result]] = {}
    for result in results:
        match = _LEFT_OUT.match(result["observed"]) if result["status"] == SKIPPED else None
        if match:
            by_variable.setdefault(match[1], []).append(result)
    return [
        Draft(
            f"left_out:{variable}",
            f"{variable} leaves out required checks",
            owners.LEFT_OUT,
            _named(dict.fromkeys(result["id"] for result in own)),
            own,
            f"Run the audit without {variable}, or accept the gap with an entry of rtf_waivers.",
        )
        for variable, own in by_variable.items()
    ]


def roles(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """Failed findings that one role puts right, on the nodes that have the same ones."""
    failed = [result for result in results if result["status"] == FAIL]
    role_of = {id(result): match for result in failed if (match := _ROLE.search(result["remedy"]))}
    ids: dict[tuple[str, str], set[str]] = {}
    for result in results:
        if id(result) in role_of:
            ids.setdefault((role_of[id(result)][2], result["node"]), set()).add(result["id"])
    groups: dict[tuple[str, frozenset[str]], list[Result]] = {}
    for result in results:
        if id(result) in role_of:
            role = role_of[id(result)][2]
            groups.setdefault((role, frozenset(ids[role, result["node"]])), []).append(result)
    found = []
    for (role, checks), own in groups.items():
        if len(checks) < 2:
            continue
        nodes = cluster.in_order({result["node"] for result in own})
        by_check: dict[str, list[Result]] = {}
        for result in own:
            by_check.setdefault(result["id"], []).append(result)
        found.append(
            Draft(
                f"role:{role}:{','.join(nodes)}",
                _faults(list(by_check.values()), role, nodes, cluster),
                owners.SETTINGS_OF_A_ROLE,
                _each_once([_observed(same, cluster) for same in by_check.values()]),
                own,
                f"Run the role hostprep.runtime_fabric.{role} on {cluster.named(nodes)}. If a setting is "
                "wrong again later, find out what changes it.",
                cluster.confirmation(by_check),
            )
        )
    return found


def alike(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """One cause for a check on all nodes on which it says the same thing to do."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in results:
        groups.setdefault(_key(result, cluster), []).append(result)
    return [_draft(own, cluster) for own in groups.values()]


def _key(result: Result, cluster: Cluster) -> tuple[str, ...]:
    remedy, observed = (cluster.without_node(text, result["node"]) for text in (result["remedy"], result["observed"]))
    if result["status"] == UNKNOWN:
        # Checks of an area for which the same evidence is missing.
        return result["id"].partition(".")[0], UNKNOWN, observed, remedy
    return result["id"], result["status"], _without_peers(remedy or observed, cluster)


def _without_peers(text: str, cluster: Cluster) -> str:
    """A text in which no node is named: what is measured between nodes differs in the peer as it does in the node."""
    for peer in cluster.addresses:
        text = cluster.without_node(text, peer)
    return text


def _draft(own: Sequence[Result], cluster: Cluster) -> Draft:
    first = own[0]
    ids = list(dict.fromkeys(result["id"] for result in own))
    nodes = cluster.in_order({result["node"] for result in own})
    check = cluster.check(first["id"])
    owner = check["owner"]
    unchecked = first["title"] if len(ids) == 1 else _named(ids)
    unknown = f"{cluster.title(f'Could not check on {node_names.NODES}', nodes)}: {unchecked}"
    return Draft(
        f"{first['id']}:{first['status']}:{','.join(nodes)}",
        unknown if first["status"] == UNKNOWN else _fault(own, nodes, cluster),
        owner,
        _observed(own, cluster) + _compared(first["id"], nodes, cluster) + _wanted(own),
        own,
        _ask(own, cluster, owner),
        cluster.confirmation([first["id"]], first["status"]),
    )


def _fault(own: Sequence[Result], nodes: Sequence[str], cluster: Cluster) -> str:
    """What is wrong where a check fails on some nodes: what it found on all of them, else as its row says it."""
    found = {cluster.without_node(result["fault"], result["node"]) for result in own}
    if len(found) == 1 and found != {""}:
        return cluster.for_nodes(cluster.title(found.pop(), nodes, node_names.OWN), nodes)
    row = str(cluster.check(own[0]["id"])["fault"])
    return cluster.title(row.format(nodes=node_names.NODES, title=own[0]["title"]), nodes)


def _faults(checks: Sequence[Sequence[Result]], role: str, nodes: Sequence[str], cluster: Cluster) -> str:
    """What is wrong where several settings of a role are, the results of each check apart; required ones come first."""
    first, *others = sorted(checks, key=lambda results: results[0]["severity"] != REQUIRED)
    title = _fault(first, nodes, cluster)
    if len(others) > 1:
        return f"{title}, and {len(others)} more settings of {role} are wrong"
    other = _fault(others[0], nodes, cluster)
    # Two variables that lack the same entries.
    (one, _space, lacks), (two, _space, lacks_too) = title.partition(" "), other.partition(" ")
    if lacks == lacks_too and " lacks " in lacks:
        return f"{one} and {two} {lacks.replace(' lacks ', ' lack ', 1)}"
    return f"{title}; {other}"


def _compared(check: str, nodes: Sequence[str], cluster: Cluster) -> str:
    """What the nodes on which a check passed have, where that tells who has to act."""
    texts: dict[str, list[str]] = {}
    for node in cluster.others_passed([check], nodes) if check in _COMPARED else []:
        texts.setdefault(cluster.results[check, node]["observed"], []).append(node)
    return "".join(f"; {cluster.named(those)}: {text}" for text, those in list(texts.items())[:_MOST])


def _ask(own: Sequence[Result], cluster: Cluster, owner: str) -> str:
    """The remedy, with the nodes where it names none, and with the other nodes where it names one."""
    first, nodes = own[0], cluster.in_order({result["node"] for result in own})
    remedy = cluster.without_node(_with_process(first["remedy"], own), first["node"])
    text = cluster.for_nodes(remedy, nodes)
    if first["status"] == UNKNOWN or not text:
        return text
    others = [one for one in own if cluster.without_node(_with_process(one["remedy"], own), one["node"]) != remedy]
    if others:
        same = [result for result in own if result not in others]
        return (
            f"{cluster.for_nodes(remedy, cluster.in_order({result['node'] for result in same}))} "
            f"Likewise for {_observed(others, cluster)}."
        )
    if owner in owners.ACT_ON_NODES and not _names_nodes(text, cluster, nodes):
        return f"On {cluster.named(nodes)}: {text}"
    return text


def _with_process(text: str, own: Sequence[Result]) -> str:
    """A text with the one process that the findings name in place of PID."""
    rows = [row for result in own for row in (result["evidence"] if isinstance(result["evidence"], list) else ())]
    found = {row["pid"] for row in rows if isinstance(row, Mapping) and row.get("pid")}
    return _PROCESS.sub(str(found.pop()), text) if len(found) == 1 else text


def _names_nodes(text: str, cluster: Cluster, nodes: Sequence[str]) -> bool:
    return f"all {len(nodes)} nodes" in text or any(
        cluster.without_node(text, node) != text for node in cluster.addresses
    )


def _observed(own: Sequence[Result], cluster: Cluster) -> str:
    """What was found, with the nodes, once where it is the same on all of them but for the order."""
    texts: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for result in own:
        text = cluster.without_node(result["observed"], result["node"])
        texts.setdefault(tuple(sorted(text.split(", "))), (text, []))[1].append(result["node"])
    shown = []
    for text, every in texts.values():
        nodes = list(dict.fromkeys(every))
        shown.append(f"{cluster.named(nodes)}: {cluster.for_nodes(text, nodes)}")
    return "; ".join(shown[:_MOST]) + (f"; and {len(shown) - _MOST} more" if len(shown) > _MOST else "")


def _wanted(own: Sequence[Result]) -> str:
    """What is wanted, where it is the same on all nodes."""
    texts = {result["expected"] for result in own if result["status"] != UNKNOWN and result["expected"]}
    return f"; wanted: {texts.pop()}" if len(texts) == 1 else ""


def _each_once(texts: Sequence[str]) -> str:
    """Texts in a row, the nodes only where they change."""
    out: list[str] = []
    former = None
    for text in texts:
        nodes, colon, rest = text.partition(": ")
        out.append(rest if colon and nodes == former else text)
        former = nodes
    return "; ".join(out)


def _named(ids: Sequence[str] | dict[str, None]) -> str:
    names = list(ids)
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")

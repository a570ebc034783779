# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Group findings by cause: every finding that needs action belongs to exactly one cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import (
    address_prefixes,
    consequences,
    endpoints,
    lost_nodes,
    other_findings,
    path_mtu,
    pods,
    ports,
    uncollected_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause, Cluster, Draft
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import CONFIRM_WITH
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, UNKNOWN

# In this order; a rule sees what those before it did not explain.
RULES: tuple[Callable[[Sequence[Result], Cluster], list[Draft]], ...] = (
    lost_nodes.unreachable,
    lost_nodes.not_in_the_run,
    lost_nodes.preparation,
    other_findings.left_out,
    uncollected_evidence.not_collected,
    endpoints.endpoints,
    pods.pods,
    ports.ports,
    path_mtu.path_mtu,
    address_prefixes.prefixes,
    other_findings.roles,
    other_findings.alike,
)
# In a command of a row, the first node that has the cause, and the address of the first one that its finding there names.
_NODE, _ADDRESS = re.compile(r"\bNODE\b"), re.compile(r"\bADDRESS\b")


def of_report(results: Sequence[Result], cluster: Cluster) -> list[Cause]:
    """Return the causes, the most blocking first."""
    cluster = cluster._replace(results={(result["id"], result["node"]): result for result in results})
    remaining = [result for result in results if _needs_a_cause(result, cluster)]
    drafts: list[Draft] = []
    for rule in RULES:
        for draft in rule(remaining, cluster):
            mine = {id(result) for result in draft.results}
            explained = [result for result in remaining if id(result) in mine]
            if explained:
                drafts.append(draft._replace(results=explained))
                remaining = [result for result in remaining if id(result) not in mine]
    found = [_cause(draft, cluster) for draft in consequences.put_below(drafts)]
    return sorted(found, key=_weight)


def _needs_a_cause(result: Result, cluster: Cluster) -> bool:
    if result["severity"] == "info":
        return False
    return result["status"] in (FAIL, UNKNOWN) or (result["id"], result["node"]) in cluster.blocking


def _cause(draft: Draft, cluster: Cluster) -> Cause:
    followers = {id(result) for result in draft.follows}
    first = [result for result in draft.results if id(result) not in followers] or list(draft.results)
    nodes = cluster.in_order(set(draft.nodes) or {result["node"] for result in first})
    blocking = any((result["id"], result["node"]) in cluster.blocking for result in draft.results)
    return {
        "id": draft.id,
        "title": draft.title,
        "owner": draft.owner,
        "blocking": blocking,
        "severity": "required" if any(result["severity"] == "required" for result in draft.results) else "recommended",
        "status": FAIL if any(result["status"] == FAIL for result in first) else UNKNOWN,
        "nodes": nodes,
        "what": draft.what,
        "explains": [
            {"id": result["id"], "node": result["node"], "follows": id(result) in followers} for result in draft.results
        ],
        "ask": _addressed(draft.ask, draft.owner),
        "confirm": _filled_in(draft.confirm.command, nodes, first, cluster),
        "confirmed_by": _filled_in(draft.confirm.sentence, nodes, first, cluster),
        "alternatives": list(draft.alternatives),
    }


def _filled_in(template: str, nodes: Sequence[str], results: Sequence[Result], cluster: Cluster) -> str:
    """A command, or a sentence about it, with what it leaves open."""
    if not nodes:
        return template
    measured = [result["evidence"] for result in results if result["node"] == nodes[0]]
    peers = [
        row["name"]
        for rows in measured
        if isinstance(rows, list)
        for row in rows
        if isinstance(row, Mapping) and row.get("name") in cluster.addresses
    ]
    text = _NODE.sub(nodes[0], template)
    for evidence in measured:
        for word, value in (evidence.get(CONFIRM_WITH, {}) if isinstance(evidence, Mapping) else {}).items():
            text = value.join(re.split(rf"\b{word}\b", text))
    return _ADDRESS.sub(cluster.addresses[peers[0]], text) if peers else text


def _addressed(ask: str, owner: str) -> str:
    """What to send to the owner, who need not be asked to ask himself."""
    match = re.match(rf"Ask the {re.escape(owner)} team (to|which|why) (.+)", ask, re.DOTALL)
    if not match:
        return ask
    return f"{match[2][0].upper()}{match[2][1:]}" if match[1] == "to" else f"Find out {match[1]} {match[2]}"


def _weight(cause: Cause) -> tuple[bool, bool, bool, bool, int]:
    """The key by which causes are sorted.

    Blocking ones first; of these nodes that were not reached or not prepared, then failures, then what is unknown; then the
    causes of most findings.
    """
    of_a_node = cause["id"].partition(":")[0] in ("unreachable", "preparation")
    failed, required = cause["status"] == FAIL, cause["severity"] == "required"
    return not cause["blocking"], not of_a_node, not failed, not required, -len(cause["explains"])


def cluster_of(
    evidence: Mapping[str, Mapping[str, Any]],
    addresses: Mapping[str, str],
    cells: Sequence[Mapping[str, Any]],
    checks: Iterable[Mapping[str, Any]],
    blocking: Iterable[Result],
    proxies: Mapping[str, str] | None = None,
) -> Cluster:
    """Return what rules know of the cluster. evidence: of every node, in the order of the inventory."""
    return Cluster(
        addresses,
        {node: own["unreachable"] for node, own in evidence.items() if "unreachable" in own},
        {node: own["not_run"] for node, own in evidence.items() if "not_run" in own},
        cells,
        {row["id"]: row for row in checks},
        frozenset((result["id"], result["node"]) for result in blocking),
        proxies or {},
    )

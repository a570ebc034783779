# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From all findings to their causes: every finding that needs somebody to act belongs to exactly one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import (
    endpoints,
    lost_nodes,
    peers,
    pods,
    prefixes,
    remainder,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause, Cluster, Draft
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, UNKNOWN

# In this order; a rule sees what those before it did not explain.
RULES: tuple[Callable[[Sequence[Result], Cluster], list[Draft]], ...] = (
    lost_nodes.unreachable,
    lost_nodes.not_in_the_run,
    lost_nodes.preparation,
    remainder.left_out,
    endpoints.endpoints,
    pods.pods,
    peers.ports,
    prefixes.prefixes,
    remainder.roles,
    remainder.alike,
)
# Checks whose failure explains others on the same nodes. What is measured between nodes follows on every node.
FOLLOWS = {
    "kernel.ip_forward": ("egress.pods",),
    "access.shell": ("*",),
    "egress.dns": ("egress.*", "host.repos_reachable"),
    "egress.http_proxy": ("egress.*", "host.repos_reachable"),
    "egress.socks5_proxy": ("egress.*",),
    "egress.ntp": ("time.*",),
    "time.chrony_active": ("time.*", "egress.ntp"),
    "time.synchronised": ("time.*",),
    "net.mtu_path": ("net.bandwidth", "net.loss", "ports.*"),
    "ports.": ("net.latency", "net.loss", "net.mtu_path", "net.bandwidth", "net.load_balancer"),
    "storage.docker_device": ("storage.mounts",),
    "storage.etcd_device": ("storage.mounts",),
}
_NODE = re.compile(r"\bNODE\b")  # in a command of a row, the first node that has the cause
# How the remedy of a check names another check, when what it found follows from that one's finding.
_NAMED_FIRST = re.compile(r"^Fix ([a-z0-9_.]+) first\b")
_OF_PAIRS = ("time.between_nodes*", "net.latency", "net.loss", "net.mtu_path", "net.bandwidth")


def of_report(results: Sequence[Result], cluster: Cluster) -> list[Cause]:
    """Return the causes, the most blocking first."""
    remaining = [result for result in results if _needs_a_cause(result, cluster)]
    drafts: list[Draft] = []
    for rule in RULES:
        for draft in rule(remaining, cluster):
            mine = {id(result) for result in draft.results}
            explained = [result for result in remaining if id(result) in mine]
            if explained:
                drafts.append(draft._replace(results=explained))
                remaining = [result for result in remaining if id(result) not in mine]
    found = [_cause(draft, cluster) for draft in _with_consequences(drafts)]
    return sorted(found, key=_weight)


def _needs_a_cause(result: Result, cluster: Cluster) -> bool:
    if result["severity"] == "info":
        return False
    return result["status"] in (FAIL, UNKNOWN) or (result["id"], result["node"]) in cluster.blocking


def _with_consequences(drafts: Sequence[Draft]) -> list[Draft]:
    """Put what follows from another cause below it."""
    kept = list(drafts)
    for draft in drafts:
        above = next(
            (other for other in kept if other is not draft and draft in kept and _explains(other, draft)), None
        )
        if above is None:
            continue
        kept.remove(draft)
        kept[kept.index(above)] = above._replace(
            results=[*above.results, *draft.results], follows=[*above.follows, *draft.results]
        )
    return kept


def _explains(above: Draft, below: Draft) -> bool:
    """Whether every result below follows from one of the results above that is no consequence itself."""
    followers = {id(result) for result in above.follows}
    leaders = [result for result in above.results if id(result) not in followers and result["status"] == FAIL]
    return all(any(_follows(result, leader) for leader in leaders) for result in below.results)


def _follows(result: Result, leader: Result) -> bool:
    patterns = next((FOLLOWS[name] for name in FOLLOWS if _is(leader["id"], name)), ())
    if result["id"] == leader["id"] or not any(fnmatchcase(result["id"], pattern) for pattern in patterns):
        return False
    # A failure that was observed is a consequence only where nothing else can be its reason.
    if result["status"] == FAIL and not _can_only_follow(result, leader):
        return False
    return result["node"] == leader["node"] or any(fnmatchcase(result["id"], pattern) for pattern in _OF_PAIRS)


def _is(name: str, family: str) -> bool:
    return name.startswith(family) if family.endswith(".") else name == family


def _can_only_follow(result: Result, leader: Result) -> bool:
    named = _NAMED_FIRST.match(result["remedy"])
    if named or leader["id"] == "net.mtu_path":
        return named is not None and named[1] == leader["id"]
    if leader["id"] in ("egress.ntp", "time.chrony_active", "time.synchronised"):
        return True
    evidence: Any = result["evidence"]
    if leader["id"] == "kernel.ip_forward" and isinstance(evidence, Mapping):
        return {fault["kind"] for fault in evidence["faults"]} == {"forwarding"}
    if leader["id"] == "egress.dns" and isinstance(evidence, Mapping):
        return evidence.get("verdict") == "unresolved"
    return False


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
        "ask": draft.ask,
        "confirm": _NODE.sub(nodes[0], draft.confirm) if nodes else draft.confirm,
        "alternatives": list(draft.alternatives),
    }


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

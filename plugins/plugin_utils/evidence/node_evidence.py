# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the results that the role's tasks collected to the evidence of each node."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import (
    port_matrix_evidence,
    repository_results,
    task_failures,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import (
    Evidence,
    InventoryEntry,
    NodeEvidence,
    Result,
    Results,
)

OUTSIDE_RUN = "not part of this run (--limit or a batch of serial)"
NEVER_COLLECTED = "nothing was collected"
LOST = "an earlier task failed on the node or lost its connection; see the output of the run above"


def of_cluster(
    inventory: dict[str, InventoryEntry], collected: dict[str, Results], lost: list[Result], in_run: set[str]
) -> Evidence:
    """Return the evidence of every node.

    inventory: of every node. collected: the results of each node, where there are any. lost: the answers of nodes that
    an earlier task lost, each with the node as `item`. in_run: the nodes that this run was to collect evidence of.
    """
    answers = {answer["item"]: answer for answer in lost}
    outside = port_matrix_evidence.from_outside(collected.values())
    evidence: Evidence = {}
    for node, entry in inventory.items():
        results = collected.get(node) or {}
        found = of_node(results, node in in_run, answers.get(node))
        about_ports = port_matrix_evidence.of_node(node, results, outside)
        if about_ports:
            found["ports"] = about_ports
        evidence[node] = {"inventory": entry, **found}
    return evidence


def of_node(results: Results, in_run: bool = True, lost: Result | None = None) -> NodeEvidence:
    """Return the evidence of one node, without that of the ports.

    in_run: False for a node that the run leaves out. lost: the answer of a node that an earlier task lost.
    """
    host, failure = results.get("host_info") or {}, results.get("failure") or ""
    lost = lost or results.get("lost")
    if not in_run and not host:
        return {"not_run": OUTSIDE_RUN}
    if lost and not host:
        host, failure = lost, LOST
    egress = results.get("egress_info") or {}
    for result in (host, egress):
        if result.get("unreachable"):
            return {"unreachable": task_failures.reason(result.get("msg") or "no reason given")}
    dialled, repositories = _dialled(_part("endpoints", egress, failure))
    evidence: NodeEvidence = {
        "host": host.get("host") or {"error": _why_missing(host, failure)},
        "egress": dialled,
        "repositories": repositories,
        "name_servers": _part("name_servers", egress, failure),
        "pods": _part("pod", egress, failure),
        "download": _measured("download", results.get("download_info") or {}, failure),
        "disk_writes": _measured("directories", results.get("disk_write_info") or {}, failure),
    }
    if results.get("preparation_failure"):
        evidence["preparation_failure"] = results["preparation_failure"]
    return evidence


def _dialled(found: Any) -> tuple[Any, Any]:
    """(the endpoints, the package repositories) among what egress_info found."""
    if not isinstance(found, list):
        return found, found
    egress, repositories = repository_results.split(found)
    return egress if egress or not repositories else {"error": NEVER_COLLECTED}, repositories


def _part(name: str, result: Result, failure: str) -> Any:
    return result[name] if name in result else {"error": _why_missing(result, failure)}


def _measured(name: str, result: Result, failure: str) -> Any:
    if result.get("skipped") or not (result or failure):
        return {"skipped": True}
    return result.get(name) or {"error": _why_missing(result, failure)}


def _why_missing(result: Result, failure: str) -> str:
    return task_failures.reason(failure or result.get("msg") or NEVER_COLLECTED)

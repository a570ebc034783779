# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as data: what report.json holds and every format starts from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import Comparison
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import (
    cluster_readiness,
    node_readiness,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.selection import Selected
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.waivers import JudgedWaiver
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import Evidence

FORMAT = 1  # raised when a field changes its meaning or goes away


class Node(TypedDict):
    """unreachable: why the node could not be reached, or None. not_run: why it took no part in the run, or None."""

    name: str
    role: str
    address: str | None
    readiness: str
    unreachable: str | None
    not_run: str | None


class _Always(TypedDict):
    format: int
    generated: str
    release: str
    control_plane: str
    phase: str
    readiness: str
    nodes: list[Node]
    blocking: int
    causes: list[Cause]
    selection: Selected
    waivers: list[JudgedWaiver]
    results: list[Result]
    not_verified: list[dict[str, str]]
    cluster: list[dict[str, str]]


class Document(_Always, total=False):
    """The content of report.json.

    generated: a UTC time. blocking: how many results must stop an installation. not_verified: `{"id", "title"}` of the
    requirements without an answer. cluster: `{"id", "observed", "remedy"}` of what only several nodes together show.
    port_matrix: there where ports were probed. since: what changed since the last whole audit, there where there was one.
    """

    port_matrix: dict[str, Any]
    since: Comparison


class Report(NamedTuple):
    """What an audit found.

    blocking: the results that must stop an installation. evidence: what was judged, with what the checks of a node know
    of the other nodes.
    """

    document: Document
    blocking: list[Result]
    evidence: Evidence


def nodes(subjects: Iterable[Subject], results: Sequence[Result], evidence: Evidence) -> list[Node]:
    """Return the nodes with their readiness. results: of all nodes."""
    by_node: dict[str, list[Result]] = {}
    for result in results:
        by_node.setdefault(result["node"], []).append(result)
    return [
        {
            "name": subject.node,
            "role": subject.role,
            "address": subject.address or None,
            "readiness": node_readiness(by_node.get(subject.node, [])),
            "unreachable": evidence[subject.node].get("unreachable"),
            "not_run": evidence[subject.node].get("not_run"),
        }
        for subject in subjects
    ]


def results_by_node(report: Document) -> dict[str, list[Result]]:
    """Return the results of each node, in the order of the nodes."""
    found: dict[str, list[Result]] = {node["name"]: [] for node in report["nodes"]}
    for result in report["results"]:
        found[result["node"]].append(result)
    return found


def readiness_of(found: Iterable[Node]) -> str:
    """Return the readiness of the cluster."""
    return cluster_readiness({node["name"]: node["readiness"] for node in found})

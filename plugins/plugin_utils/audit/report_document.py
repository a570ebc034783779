# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as data: what report.json holds and every format starts from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, NamedTuple, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import Comparison
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.coverage import MissingRequirement
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.left_out_checks import Selected
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import (
    INCOMPLETE,
    NOT_READY,
    READINESS,
    cluster_readiness,
    node_readiness,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.rejudged_stamp import Rejudged
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.waivers import JudgedWaiver
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import NODE_ROLES
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import PHASES
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_document import PortMatrix
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import Evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL

FORMAT = 2  # raised when a field changes its meaning or goes away


class Node(TypedDict):
    """A node, and whether it is ready."""

    name: Annotated[str, Field("Its name in the inventory.")]
    role: Annotated[str, Field("What it is in the cluster.", NODE_ROLES)]
    address: Annotated[str | None, Field("Its address in the inventory, null where that has only a name.")]
    readiness: Annotated[
        str,
        Field(
            "`not_ready`: it must change. `incomplete`: nothing is wrong with it, and not everything required was proven.",
            READINESS,
        ),
    ]
    unreachable: Annotated[str | None, Field("Why the node could not be reached, or null.")]
    not_run: Annotated[str | None, Field("Why the node took no part in the run, or null.")]


class ClusterNote(TypedDict):
    """What only several nodes together show."""

    id: Annotated[str, Field("What the note is about.")]
    observed: Annotated[str, Field("What was found.")]
    remedy: Annotated[str, Field("What to do.")]


class _Always(TypedDict):
    format: Annotated[
        int, Field("The version of this shape. It is raised when a field changes its meaning or goes away.")
    ]
    collection: Annotated[str, Field("The version of hostprep.runtime_fabric that judged.")]
    generated: Annotated[str, Field("When the audit was made, UTC.", format="date-time")]
    release: Annotated[str, Field("The edition of the vendor's requirements.")]
    control_plane: Annotated[str, Field("The control plane.")]
    phase: Annotated[str, Field("Before the installation, or afterwards.", PHASES)]
    readiness: Annotated[str, Field("Of the cluster, which is as ready as its least ready node.", READINESS)]
    nodes: Annotated[list[Node], Field("The nodes, in the order of the inventory.")]
    blocking: Annotated[int, Field("How many results keep the cluster from being ready.")]
    causes: Annotated[list[Cause], Field("What has to be acted on, the most blocking first.")]
    selection: Annotated[Selected, Field("What was checked and what was left out.")]
    waivers: Annotated[list[JudgedWaiver], Field("The entries of rtf_waivers, and what became of each.")]
    results: Annotated[list[Result], Field("Every check on every node.")]
    not_verified: Annotated[list[MissingRequirement], Field("The requirements that no check passed or failed for.")]
    cluster: Annotated[list[ClusterNote], Field("Notes about the cluster as a whole.")]


class Document(_Always, total=False):
    """What an audit of a cluster found: report.json."""

    port_matrix: Annotated[PortMatrix, Field("The ports between the nodes, present if they were probed.")]
    since: Annotated[
        Comparison,
        Field(
            "What changed since the last audit of all nodes, present if there was one; in a report that was judged again, "
            "since the report of the saved run."
        ),
    ]
    rejudged: Annotated[Rejudged, Field("Present if a saved run was judged again, without contacting a host.")]


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


def as_causes_say(found: Sequence[Node], causes: Iterable[Cause], blocking: Iterable[Result]) -> list[Node]:
    """Return nodes of which those are not ready that must change; blocking: the results that must stop an installation.

    A node that fails only because of another one is incomplete: nothing is wrong with it, and not everything is proven.
    """
    failed = [cause for cause in causes if cause["blocking"] and cause["status"] == FAIL]
    must_change = {name for cause in failed for name in cause["nodes"]}
    of_others = {
        (entry["id"], entry["node"])
        for cause in failed
        for entry in cause["explains"]
        if entry["node"] not in cause["nodes"]
    }
    must_change |= {
        result["node"]
        for result in blocking
        if result["status"] == FAIL and (result["id"], result["node"]) not in of_others
    }
    return [{**node, "readiness": _of_node(node, must_change)} for node in found]


def _of_node(node: Node, must_change: Collection[str]) -> str:
    if node["name"] in must_change:
        return NOT_READY
    return INCOMPLETE if node["readiness"] == NOT_READY else node["readiness"]


def results_by_node(report: Document) -> dict[str, list[Result]]:
    """Return the results of each node, in the order of the nodes."""
    found: dict[str, list[Result]] = {node["name"]: [] for node in report["nodes"]}
    for result in report["results"]:
        found[result["node"]].append(result)
    return found


def readiness_of(found: Iterable[Node]) -> str:
    """Return the readiness of the cluster."""
    return cluster_readiness({node["name"]: node["readiness"] for node in found})

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The port matrix of a run: what each node is judged by, and what the report holds of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_text import side
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net import load_balancer
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import matrix_cells as matrix
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_document import (
    Link,
    OpenCell,
    PortMatrix,
    Stream,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.reachable_from_outside import inbound
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import link_measurements, port_matrix_nodes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix as planning
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import PASS

# Evidence of one node, as evidence.ports.of_node returns it.
PortEvidence = dict[str, Any] | None


def in_words(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that a node is judged by, each with its `opening` and `whom` in words."""
    return [
        {**row, "opening": f"{row['transport'].upper()} {', '.join(row['ports'])}", "whom": _whom(row)} for row in rows
    ]


class Matrix:
    """The matrix of a run over the whole cluster."""

    def __init__(self, ports: planning.PortPlan, collected: Mapping[str, Mapping[str, Any]]) -> None:
        """ports: the plan of the matrix. collected: `{name: evidence}` of the plan's nodes; evidence has a part `ports`
        where its ports were probed."""
        nodes, absent = port_matrix_nodes.members(ports, collected)
        self._plan = planning.with_participants(ports, [node for node in nodes if node.name not in absent], absent)
        self._roles, self._sources = {node.name: node.role for node in nodes}, ports["sources"]
        self._balancer = ports["load_balancer"]["given"] if ports["load_balancer"] else ""
        self._controllers = [node.name for node in nodes if node.role == "controller"]
        self._evidence = {name: found.get("ports") for name, found in collected.items()}
        self._cells = matrix.cells(self._plan, nodes, self._evidence, absent) if ports["probe"] else []
        self._cells_of: dict[str, list[matrix.Cell]] = {}
        for cell in self._cells:
            self._cells_of.setdefault(cell.source, []).append(cell)
        self._exposures = matrix.exposures(self._plan, nodes, self._evidence)
        self._streams = link_measurements.streams(self._evidence)
        self.document = _document(self._plan, nodes, self._cells, _links(self._evidence), self._streams)

    def evidence(self, name: str) -> dict[str, Any]:
        """Return the parts of evidence that a node is judged by."""
        own = self._evidence.get(name)
        found: dict[str, Any] = {"port_cells": [cell._asdict() for cell in self._cells_of.get(name, ())]}
        if own and isinstance(own["probes"], list):
            found["port_exposures"] = [entry._asdict() for entry in self._exposures if entry.destination == name]
        if own and isinstance(own["places"], list) and not self._plan.operating:
            found["installation_ports"] = own["places"]
        if own and "links" in own:
            found["links"], found["unmeasured_links"] = self._with_ways_back(name, own["links"]), own["unmeasured"]
        if own and "bandwidth_left_out" in own:
            found["bandwidth"] = [stream for stream in self._streams if stream["source"] == name]
            found["unmeasured_bandwidth"] = own["bandwidth_left_out"]
        if own and "outside" in own:
            found["outside"] = own["outside"]
            rows = planning.public_rows(self._plan, self._roles[name])
            if rows:
                address = own["outside"].get("source")
                found["inbound"] = inbound(rows, self._sources, address, self._plan.balanced)
        if self._balancer and name in self._controllers:
            found["load_balancer"] = load_balancer.of_controller(
                name, self._balancer, self._controllers, self._evidence
            )
        return found

    def _with_ways_back(self, name: str, measured: Any) -> Any:
        """Add to each link what its other end found of the path back, None where that was not measured."""
        if not isinstance(measured, list):
            return measured
        paths = {(link["source"], link["destination"]): link["path"] for link in self.document["links"]}
        return [{**link, "path_back": paths.get((link["name"], name))} for link in measured]


def _whom(row: Row) -> str:
    return "localhost" if row["direction"] == "local" else side(row["to"])


def _links(evidence: Mapping[str, PortEvidence]) -> list[Link]:
    """What was measured of the links between nodes, one entry a direction."""
    found: list[Link] = []
    for source, own in evidence.items():
        measured = (own or {}).get("links")
        for link in measured if isinstance(measured, list) else ():
            parts = {key: link[key] for key in ("loss_percent", "rtt_ms", "clock", "path")}
            found.append(cast(Link, {"source": source, "destination": link["name"], **parts}))
    return found


def _document(
    plan: planning.Plan,
    nodes: Sequence[Node],
    found: Sequence[matrix.Cell],
    links: list[Link],
    streams: list[dict[str, Any]],
) -> PortMatrix:
    """All cells that are not passed, and the numbers of the others."""
    pairs = matrix.by_pair(found)
    return {
        "nodes": [node.name for node in nodes],
        "peers_per_node": plan.most_peers if len(plan.nodes) - 1 > plan.most_peers else None,
        "pairs": [
            {
                "source": source,
                "destination": destination,
                "status": matrix.worst([cell.status for cell in cells]),
                "rows": len(cells),
                "ports": sum(cell.asked for cell in cells),
            }
            for (source, destination), cells in pairs.items()
        ],
        "cells": [cast(OpenCell, cell._asdict()) for cell in found if cell.status != PASS],
        "links": links,
        "bandwidth": cast(list[Stream], streams),
    }

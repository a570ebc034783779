# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes of its plan take part in the port matrix, and at which addresses: a matter of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.own_address import address_entry
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import (
    Absent,
    Plan,
    PortPlan,
    with_participants,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import SKIPPED, UNKNOWN


class Participants(TypedDict):
    """As plain data. nodes: those that take part, fields of a Node. absent: `{name: fields of its Absent}` of the others."""

    nodes: list[dict[str, str]]
    absent: dict[str, dict[str, str]]


def members(ports: PortPlan, evidence: Mapping[str, Mapping[str, Any]]) -> tuple[list[Node], dict[str, Absent]]:
    """Return (Nodes of the whole cluster, `{name: Absent}` of those that cannot take part).

    evidence: `{name: evidence}` of the nodes of the plan; of each `{"host"}`, or `{"unreachable"}`, or `{"not_run"}`.
    """
    nodes, absent = [], {}
    for planned in ports["nodes"]:
        node, found = Node(**planned), evidence[planned["name"]]
        if "not_run" in found:
            absent[node.name] = Absent(SKIPPED, found["not_run"])
        elif "unreachable" in found:
            absent[node.name] = Absent(UNKNOWN, f"unreachable: {found['unreachable']}")
        elif "error" in found["host"]:
            absent[node.name] = Absent(UNKNOWN, found["host"]["error"])
        elif not node.address:
            node = node._replace(address=_own_address(node, found))
            if not node.address:
                absent[node.name] = Absent(UNKNOWN, "its address is not known; set rtf_node_address")
        nodes.append(node)
    return nodes, absent


def participants(ports: PortPlan, evidence: Mapping[str, Mapping[str, Any]]) -> Participants:
    """Return who takes part; arguments as for members."""
    nodes, absent = members(ports, evidence)
    return {
        "nodes": [node._asdict() for node in nodes if node.name not in absent],
        "absent": {name: why._asdict() for name, why in absent.items()},
    }


def plan_of(ports: PortPlan, known: Participants) -> Plan:
    """Return the Plan with the nodes that take part."""
    absent = {name: Absent(**why) for name, why in known["absent"].items()}
    return with_participants(ports, [Node(**node) for node in known["nodes"]], absent)


def _own_address(node: Node, evidence: Mapping[str, Any]) -> str:
    try:
        entry = address_entry("", evidence)
    except NoEvidence:
        return ""
    return entry["address"] if entry else ""

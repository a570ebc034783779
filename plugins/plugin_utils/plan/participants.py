# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes of the inventory as the port matrix sees them, from the variables and the evidence of a run."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import SKIPPED, UNKNOWN
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net import addresses
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import Absent
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.topology import Node, address_of


def members(collected, groups):
    """Return (Nodes of the whole cluster, `{name: Absent}` of those that cannot take part).

    collected: `{name: {"variables", "evidence"}}`, evidence as evidence.of_node returns it. groups: of the inventory.
    """
    nodes, absent = [], {}
    for name, found in collected.items():
        role, evidence = role_of(name, groups), found["evidence"]
        address = address_of(found["variables"])
        if "not_run" in evidence:
            absent[name] = Absent(SKIPPED, evidence["not_run"])
        elif "unreachable" in evidence:
            absent[name] = Absent(UNKNOWN, f"unreachable: {evidence['unreachable']}")
        elif "error" in evidence["host"]:
            absent[name] = Absent(UNKNOWN, evidence["host"]["error"])
        else:
            address = address or _own_address(name, role, evidence)
            if not address:
                absent[name] = Absent(UNKNOWN, "its address is not known; set rtf_node_address")
        nodes.append(Node(name, role, address))
    return nodes, absent


def _own_address(name, role, evidence):
    try:
        entry = addresses.node_address(Subject(node=name, role=role), evidence)
    except NoEvidence:
        return ""
    return entry["address"] if entry else ""

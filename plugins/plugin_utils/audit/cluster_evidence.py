# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node's checks need to know of the other nodes, computed from the evidence of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.mtu import mtu_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_outcome import Matrix
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import clock_offsets
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.own_address import prefix_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import Evidence, NodeEvidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of


def with_shared_parts(evidence: Evidence, matrix: Matrix | None) -> Evidence:
    """Return the evidence with the parts of SharedEvidence added. matrix: that of the run, where ports were probed."""
    known, sizes = identities(evidence), cluster_size(evidence)
    clocks = clock_offsets.of_cluster(evidence, clock_offsets.by_packets(matrix.document["links"]) if matrix else [])
    found: Evidence = {}
    for node, own in evidence.items():
        size = {"cluster_size": sizes[node]} if node in sizes else {}
        ports = matrix.evidence(node) if matrix else {}
        found[node] = cast(NodeEvidence, {**own, "cluster": known, **size, **ports, **clocks[node]})
    return found


def identities(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Return `{node: {"address", "prefix", "os", "hostname", "mtu"}}`, each None where it is not known."""
    return {node: _identity(own) for node, own in evidence.items()}


def _identity(own: NodeEvidence) -> dict[str, Any]:
    address = address_of(own["inventory"])
    return {
        "address": address or None,
        "prefix": _known(prefix_of, address, own),
        "os": _known(part, own, "host", "system", "os"),
        "hostname": _known(part, own, "host", "system", "hostname", "name"),
        "mtu": _known(mtu_of, address, own),
    }


def cluster_size(evidence: Evidence) -> dict[str, dict[str, int]]:
    """Return `{node: {"controllers", "workers"}}` for the first controller, which answers for all; numbers of nodes."""
    roles = {node: own["inventory"]["role"] for node, own in evidence.items()}
    controllers = [node for node, role in roles.items() if role == "controller"]
    size = {"controllers": len(controllers), "workers": len(roles) - len(controllers)}
    return dict.fromkeys(controllers[:1], size)


def _known(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except NoEvidence:
        return None

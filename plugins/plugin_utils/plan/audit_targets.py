# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the nodes do next in an audit: its plan, narrowed by what earlier steps found. Pure functions.

A plan cannot know which repositories a host has, which nodes are reached, and which ports of theirs are held or open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import (
    node_evidence,
    port_matrix_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import NodeEvidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import (
    concurrent_audits,
    link_measurements,
    port_matrix,
    port_matrix_nodes,
    repository_probes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.audit_plan import (
    AuditPlan,
    EgressInfo,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix_nodes import Participants

# {node: result of a module}; of a node whose task did not run it is empty.
Results = Mapping[str, Mapping[str, Any]]

# Files of the role that follow, in this order, each only where there is something to do for it.
LOST, EGRESS, DOWNLOAD, DISK_WRITES, PORT_MATRIX = "lost", "egress", "download", "disk_writes", "port_matrix"
OUTSIDE, LINKS, LOAD_BALANCER, BANDWIDTH = "outside", "links", "load_balancer", "bandwidth"


class CollectTargets(TypedDict):
    """Of one node, None where there is nothing to do.

    egress_info: options of the module, with the package repositories among the endpoints. listen: where its listener
    listens.
    """

    egress_info: EgressInfo | None
    listen: list[dict[str, Any]] | None


class Collection(TypedDict):
    """nodes: of the plan. participants: of the port matrix, None without one. steps: what follows, files of the role."""

    nodes: dict[str, CollectTargets]
    participants: Participants | None
    steps: list[str]


class ProbeTargets(TypedDict):
    """nodes: `{node: {"peers", "left_out", "sampled"}}`, as port_matrix.probes returns it. outside: peers to probe from
    a host outside the cluster."""

    nodes: dict[str, dict[str, Any]]
    outside: list[dict[str, Any]]


class NodeMeasurements(TypedDict, total=False):
    """links: peers to measure links to. unmeasured: `{peer: why}` of the others. Both only where links are measured.

    bandwidth_left_out: `{peer: why}` of pairs without a measurement, only where there are rounds. through_load_balancer:
    whether this node connects through the load balancer.
    """

    links: list[dict[str, Any]]
    unmeasured: dict[str, str]
    bandwidth_left_out: dict[str, str]
    through_load_balancer: bool


class MeasureTargets(TypedDict):
    """nodes: of all that take part. load_balancer: which node connects through it, and where it is, or None.

    steps: what follows, files of the role; a round of bandwidth is one.
    """

    nodes: dict[str, NodeMeasurements]
    load_balancer: dict[str, Any] | None
    steps: list[dict[str, Any]]


def to_collect(plan: AuditPlan, hosts: Results, proxies: Mapping[str, str], lost: bool = False) -> Collection:
    """Return the Collection of the nodes of a plan.

    hosts: results of host_info. proxies: `{node: URL of its HTTP proxy, as it may be shown, or ""}`. lost: whether earlier
    tasks lost some nodes.
    """
    nodes = plan["nodes"]
    matrix = port_matrix_nodes.participants(plan["ports"], _evidence(plan["ports"], hosts)) if plan["ports"] else None
    listen = _listen(plan["ports"], matrix) if plan["ports"] and matrix else {}
    found: dict[str, CollectTargets] = {}
    for name, planned in nodes.items():
        egress = planned["egress_info"]
        if planned["repositories"]:
            host = (hosts.get(name) or {}).get("host") or {}
            egress = _with_repositories(egress, repository_probes.probes(host, proxies.get(name, "")))
        found[name] = {"egress_info": egress, "listen": listen.get(name)}
    needed = {
        LOST: lost,
        EGRESS: any(targets["egress_info"] for targets in found.values()),
        DOWNLOAD: any(planned["download_info"] for planned in nodes.values()),
        DISK_WRITES: any(planned["disk_write_info"] for planned in nodes.values()),
        PORT_MATRIX: plan["ports"] is not None,
    }
    return {"nodes": found, "participants": matrix, "steps": [step for step, there in needed.items() if there]}


def _with_repositories(egress: EgressInfo | None, repositories: list[dict[str, Any]]) -> EgressInfo | None:
    if not repositories:
        return egress
    return {
        "endpoints": [*(egress["endpoints"] if egress else []), *repositories],
        "name_servers": bool(egress and egress["name_servers"]),
        "pod_namespace": egress["pod_namespace"] if egress else "",
    }


def _listen(ports: port_matrix.PortPlan, matrix: Participants) -> dict[str, list[dict[str, Any]]]:
    """Where the listeners of the nodes that take part listen."""
    plan = port_matrix_nodes.plan_of(ports, matrix)
    return {node.name: port_matrix.listening(plan, node) for node in plan.nodes}


def to_probe(ports: port_matrix.PortPlan, matrix: Participants, listeners: Results) -> ProbeTargets:
    """Return the ProbeTargets, empty where listeners of another audit hold ports: nothing is proven beside it.

    Ports that listeners could not bind, because services hold them, are only connected to. listeners: results of
    port_listener. Raises ValueError where the host outside the cluster is a node.
    """
    outside_host = ports["outside_host"]
    if outside_host in [node["name"] for node in ports["nodes"]]:
        raise ValueError(f"rtf_preflight_outside_host: {outside_host} is a node; name a host outside the cluster")
    if concurrent_audits.in_the_way(listeners):
        return {"nodes": {}, "outside": []}
    plan = port_matrix_nodes.plan_of(ports, matrix)
    held = {
        node.name: port_matrix_evidence.held_ports(_listening(listeners, node.name).get("places") or [])
        for node in plan.nodes
    }
    return {
        "nodes": {node.name: port_matrix.probes(plan, node, held) for node in plan.nodes} if ports["probe"] else {},
        "outside": port_matrix.from_outside(plan, held) if outside_host else [],
    }


def to_measure(
    ports: port_matrix.PortPlan, matrix: Participants, listeners: Results, probed: Results, outside: bool = False
) -> MeasureTargets:
    """Return the MeasureTargets: links are measured over ports that are open.

    probed: results of port_probe_info. outside: whether a host outside the cluster is to probe first.
    """
    if concurrent_audits.in_the_way(listeners):
        return {"nodes": {}, "load_balancer": None, "steps": []}
    plan = port_matrix_nodes.plan_of(ports, matrix)
    peers = {node.name: (probed.get(node.name) or {}).get("peers") for node in plan.nodes}
    rounds, without_bandwidth = link_measurements.bandwidth(plan.nodes, peers, ports["bandwidth"])
    balancer = link_measurements.through_balancer(plan.nodes, ports["load_balancer"])
    nodes: dict[str, NodeMeasurements] = {}
    for node in plan.nodes:
        found: NodeMeasurements = {"through_load_balancer": balancer is not None and balancer["from"] == node.name}
        if ports["links"]:
            found["links"], found["unmeasured"] = link_measurements.measurable(node, peers[node.name], "udp")
        if rounds:
            found["bandwidth_left_out"] = without_bandwidth.get(node.name, {})
        nodes[node.name] = found
    needed = {OUTSIDE: outside, LINKS: ports["links"], LOAD_BALANCER: balancer is not None}
    steps: list[dict[str, Any]] = [{"file": step} for step, there in needed.items() if there]
    return {
        "nodes": nodes,
        "load_balancer": balancer,
        "steps": [*steps, *({"file": BANDWIDTH, **one} for one in rounds)],
    }


def _listening(listeners: Results, name: str) -> Mapping[str, Any]:
    return (listeners.get(name) or {}).get("listening") or {}


def _evidence(ports: port_matrix.PortPlan, hosts: Results) -> dict[str, NodeEvidence]:
    """The part of the evidence of each node by which it takes part in the matrix."""
    names = [node["name"] for node in ports["nodes"]]
    return {
        name: node_evidence.of_node({"host_info": dict(hosts.get(name, {}))}, in_run=name in hosts) for name in names
    }

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the nodes do next in an audit: its plan, narrowed by what earlier steps found. Pure functions.

A plan cannot know which repositories a host has, which nodes are reached, and which ports of theirs are held or open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import ports as port_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import reasons
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import (
    audit_runs,
    measurements,
    participants,
    port_matrix,
    repository_probes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.audit_plan import (
    AuditPlan,
    EgressInfo,
)

OUTSIDE_RUN = "not part of this run (--limit or a batch of serial)"
NEVER_COLLECTED = "nothing was collected"

# {node: result of a module}; of a node whose task did not run it is empty.
Results = Mapping[str, Mapping[str, Any]]


class CollectTargets(TypedDict):
    """Of one node, None where there is nothing to do.

    egress_info: options of the module for all endpoints. repositories: likewise for repositories behind another proxy than
    the site's. listen: where its listener listens.
    """

    egress_info: EgressInfo | None
    repositories: dict[str, Any] | None
    listen: list[dict[str, Any]] | None


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
    """nodes: of all that take part. rounds: of bandwidth, `[{node: peer}]`.

    load_balancer: which node connects through it, and where it is, or None.
    """

    nodes: dict[str, NodeMeasurements]
    rounds: list[dict[str, dict[str, Any]]]
    load_balancer: dict[str, Any] | None


def to_collect(plan: AuditPlan, hosts: Results, proxies: Mapping[str, str]) -> dict[str, CollectTargets]:
    """Return the CollectTargets of the nodes of a plan.

    hosts: results of host_info. proxies: `{node: URL of its HTTP proxy, as it may be shown, or ""}`.
    """
    found: dict[str, CollectTargets] = {}
    listen = _listen(plan["ports"], hosts) if plan["ports"] else {}
    for name, planned in plan["nodes"].items():
        egress, repositories = planned["egress_info"], None
        if planned["repositories"]:
            host = (hosts.get(name) or {}).get("host") or {}
            egress, repositories = _with_repositories(egress, repository_probes.probes(host, proxies.get(name, "")))
        found[name] = {"egress_info": egress, "repositories": repositories, "listen": listen.get(name)}
    return found


def _with_repositories(
    egress: EgressInfo | None, found: repository_probes.RepositoryProbes
) -> tuple[EgressInfo | None, dict[str, Any] | None]:
    if found["endpoints"]:
        egress = {
            "endpoints": [*(egress["endpoints"] if egress else []), *found["endpoints"]],
            "name_servers": bool(egress and egress["name_servers"]),
        }
    elsewhere = {"endpoints": found["elsewhere"], "http_proxy": found["other_proxy"]}
    return egress, elsewhere if found["elsewhere"] else None


def _listen(ports: port_matrix.PortPlan, hosts: Results) -> dict[str, list[dict[str, Any]]]:
    """Where the listeners of the nodes that take part listen."""
    plan = participants.participating(ports, _evidence(ports, hosts))
    return {node.name: port_matrix.listening(plan, node) for node in plan.nodes}


def to_probe(ports: port_matrix.PortPlan, hosts: Results, listeners: Results) -> ProbeTargets:
    """Return the ProbeTargets, empty where listeners of another audit hold ports: nothing is proven beside it.

    Ports that listeners could not bind, because services hold them, are only connected to. listeners: results of
    port_listener. Raises ValueError where the host outside the cluster is a node.
    """
    outside_host = ports["outside_host"]
    if outside_host in [node["name"] for node in ports["nodes"]]:
        raise ValueError(f"rtf_preflight_outside_host: {outside_host} is a node; name a host outside the cluster")
    if audit_runs.in_the_way(listeners):
        return {"nodes": {}, "outside": []}
    plan = participants.participating(ports, _evidence(ports, hosts))
    held = {
        node.name: port_evidence.held_ports(_listening(listeners, node.name).get("places") or []) for node in plan.nodes
    }
    return {
        "nodes": {node.name: port_matrix.probes(plan, node, held) for node in plan.nodes} if ports["probe"] else {},
        "outside": port_matrix.from_outside(plan, held) if outside_host else [],
    }


def to_measure(ports: port_matrix.PortPlan, hosts: Results, listeners: Results, probed: Results) -> MeasureTargets:
    """Return the MeasureTargets: links are measured over ports that are open. probed: results of port_probe_info."""
    if audit_runs.in_the_way(listeners):
        return {"nodes": {}, "rounds": [], "load_balancer": None}
    plan = participants.participating(ports, _evidence(ports, hosts))
    peers = {node.name: (probed.get(node.name) or {}).get("peers") for node in plan.nodes}
    rounds, without_bandwidth = measurements.bandwidth(plan.nodes, peers, ports["bandwidth"])
    balancer = measurements.through_balancer(plan.nodes, ports["load_balancer"])
    nodes: dict[str, NodeMeasurements] = {}
    for node in plan.nodes:
        found: NodeMeasurements = {"through_load_balancer": balancer is not None and balancer["from"] == node.name}
        if ports["links"]:
            found["links"], found["unmeasured"] = measurements.measurable(node, peers[node.name], "udp")
        if rounds:
            found["bandwidth_left_out"] = without_bandwidth.get(node.name, {})
        nodes[node.name] = found
    return {"nodes": nodes, "rounds": rounds, "load_balancer": balancer}


def _listening(listeners: Results, name: str) -> Mapping[str, Any]:
    return (listeners.get(name) or {}).get("listening") or {}


def _evidence(ports: port_matrix.PortPlan, hosts: Results) -> dict[str, dict[str, Any]]:
    """The part of the evidence of each node by which it takes part in the matrix."""
    names = [node["name"] for node in ports["nodes"]]
    return {name: _of_host(hosts[name]) if name in hosts else {"not_run": OUTSIDE_RUN} for name in names}


def _of_host(result: Mapping[str, Any]) -> dict[str, Any]:
    if result.get("unreachable"):
        return {"unreachable": reasons.reason(result.get("msg") or "no reason given")}
    return {"host": result.get("host") or {"error": reasons.reason(result.get("msg") or NEVER_COLLECTED)}}

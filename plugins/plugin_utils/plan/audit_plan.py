# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit collects: for each node the arguments of the modules, and between the nodes the port matrix.

Collected is what the selected checks need, and nothing else. Pure functions of catalogue, inventory and inputs.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.host_sections import SECTIONS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, installer_requirements
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import site_services
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import (
    egress_probes,
    no_proxy_program_rules,
    port_matrix,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.requirements import (
    Requirements,
    requirements_of,
    scope_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import rtf_kernel
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.selected_checks import (
    SelectedCheck,
    evidence_of,
    selected_checks,
)

# Sections of host_info, by the names that checks have for them.
HOST_SECTIONS = {f"host.{name}": name for name in SECTIONS}
SETTINGS_FILE = "/opt/anypoint/runtimefabric/env"
DNS_ADDRESS = "127.0.0.2"  # where the platform's DNS server listens

Inputs = Mapping[str, Any]


class EgressInfo(TypedDict):
    """Options of the module egress_info."""

    endpoints: list[dict[str, Any]]
    name_servers: bool
    pod_namespace: str


class DownloadInfo(TypedDict):
    """Options of the module download_info."""

    url: str
    path: str
    seconds: float
    max_bytes: int


class DiskWriteInfo(TypedDict):
    """Options of the module disk_write_info."""

    directories: list[str]


class NodePlan(TypedDict):
    """What is collected from a node; None where no selected check needs it.

    repositories: whether its package repositories are dialled, which host_info has to name first. deadline: seconds that
    all probes of endpoints and repositories may take together.
    """

    host_info: dict[str, Any]
    egress_info: EgressInfo | None
    repositories: bool
    download_info: DownloadInfo | None
    disk_write_info: DiskWriteInfo | None
    deadline: float


class AuditPlan(TypedDict):
    """nodes: NodePlans by the name of the node. ports: the plan of the port matrix, None without one."""

    nodes: dict[str, NodePlan]
    ports: port_matrix.PortPlan | None


def plan_audit(
    catalogue: catalog.Catalog,
    checks: list[Row],
    groups: Mapping[str, list[str]],
    addresses: Mapping[str, str],
    inputs: Mapping[str, Inputs],
    forks: int = 5,
) -> AuditPlan:
    """Return the AuditPlan of a run.

    catalogue: a Catalog with the rows of the site. checks: rows of catalog/checks/. addresses: `{node: its address in
    the inventory, or ""}` of the whole inventory. inputs: `{node: inputs of the role}` of the nodes of the run. forks: on
    how many nodes Ansible works at a time.
    """
    if not inputs:
        return {"nodes": {}, "ports": None}
    members = [Node(name, role_of(name, groups), address) for name, address in addresses.items()]
    requirements = functools.cache(functools.partial(requirements_of, catalogue))  # of few scopes and roles
    asked = {name: requirements(scope_of(of_node), role_of(name, groups)) for name, of_node in inputs.items()}
    selected = {
        name: selected_checks(checks, asked[name], of_node["checks"], of_node["skip_checks"])
        for name, of_node in inputs.items()
    }
    first = next(iter(inputs.values()))
    needed = set().union(*(evidence_of(found) for found in selected.values()))
    ports = port_matrix.plan_ports(catalogue, first, members, needed, forks)
    # Where the inventory has only a name, the address is read on the node.
    by_evidence = ports is not None and not all(addresses.values())
    return {
        "nodes": {
            name: node_plan(asked[name], selected[name], of_node, by_evidence) for name, of_node in inputs.items()
        },
        "ports": ports,
    }


def host_options(
    catalogue: catalog.Catalog, checks: list[Row], groups: Mapping[str, list[str]], node: str, inputs: Inputs
) -> dict[str, Any]:
    """Return the options of host_info for one node of an audit, but for digests of secrets. Arguments: see plan_audit."""
    requirements = requirements_of(catalogue, scope_of(inputs), role_of(node, groups))
    selected = selected_checks(checks, requirements, inputs["checks"], inputs["skip_checks"])
    # Where the port matrix wants more than the checks, the audit collects for itself.
    return _host_info(requirements.settings, evidence_of(selected), inputs)


def node_plan(
    requirements: Requirements, selected: list[SelectedCheck], inputs: Inputs, with_network: bool = False
) -> NodePlan:
    """Return the NodePlan of a node for some checks. with_network: whether its address has to be read on the node."""
    needed = evidence_of(selected) | ({"host.network"} if with_network else set())
    return {
        "host_info": _host_info(requirements.settings, needed, inputs),
        "egress_info": _egress_info(requirements.endpoints, selected, needed, inputs),
        "repositories": "repositories" in needed,
        "download_info": _download_info(needed, inputs),
        "disk_write_info": _disk_write_info(requirements, needed, inputs),
        "deadline": inputs["deadline"] + inputs["idle_seconds"],
    }


def _host_info(settings: list[Row], needed: set[str], inputs: Inputs) -> dict[str, Any]:
    demands = installer_requirements.load()
    sized = [path for row in settings for path in row["expected"].get("directories_gib", {})]
    return {
        **rtf_kernel.kernel_probes(settings),
        "sections": [section for name, section in HOST_SECTIONS.items() if name in needed],
        "kernel_options": [option["name"] for option in demands["kernel_options"]],
        "accounts": demands["service_accounts"],
        "directories": list(dict.fromkeys(["/", *sized, *demands["written_directories"]])),
        "settings_file": SETTINGS_FILE,
        "device_settings": demands["installer_variables"],
        "dns_address": DNS_ADDRESS,
        "arp_sweep": inputs["arp_sweep"],
        "clock_settled": True,  # the clocks of the nodes are compared
    }


def _egress_info(rows: list[Row], selected: list[SelectedCheck], needed: set[str], inputs: Inputs) -> EgressInfo | None:
    endpoints = egress_probes.egress_probes(
        _dialled(rows, selected),
        inputs["ntp_servers"] if "ntp" in needed else (),
        http_proxy=bool(inputs["http_proxy"]),
        socks5_proxy=bool(inputs["monitoring_proxy"]),
        smtp=inputs["smtp"] if "mail" in needed else None,
        idle=inputs["idle_seconds"],
        pods="pods" in needed,
    )
    endpoints += _service_probes(needed, inputs)
    if not endpoints and "name_servers" not in needed:
        return None
    return {
        "endpoints": endpoints,
        "name_servers": "name_servers" in needed,
        "pod_namespace": inputs["pod_namespace"],
    }


def _service_probes(needed: set[str], inputs: Inputs) -> list[dict[str, Any]]:
    """The probes of the site's own services, each over the path that its client takes, and over the others."""
    found = []
    for service in site_services.of_inputs(inputs):
        if service.kind == site_services.DATABASE and "database" in needed:
            from_pods = [egress_probes.POD] if "pods" in needed else []
            found.append(site_services.probe(service, [egress_probes.DIRECT, *from_pods]))
        if service.kind == site_services.REGISTRY and "registry" in needed:
            own = egress_probes.is_internal(service.host) or no_proxy_program_rules.go(
                ",".join(inputs["no_proxy_extra"]), service.host
            )
            configured = [egress_probes.HTTP_PROXY] if inputs["http_proxy"] and not own else []
            found.append(site_services.probe(service, egress_probes.paths_of(egress_probes.HTTP_PROXY, configured)))
    return found


def _dialled(rows: list[Row], selected: list[SelectedCheck]) -> list[Row]:
    """The endpoint rows that some checks need: all, or their own rows and the alternates that stand in for them."""
    with_endpoints = [entry for entry in selected if "endpoints" in entry.check["evidence"]]
    if any(entry.row is None for entry in with_endpoints):
        return rows
    own = {entry.row["id"] for entry in with_endpoints if entry.row}
    alternates = {row["alternate_of"] for row in rows if row["id"] in own}
    return [row for row in rows if row["id"] in own | alternates or row["alternate_of"] in own]


def _download_info(needed: set[str], inputs: Inputs) -> DownloadInfo | None:
    if "download" not in needed or not inputs["outbound_bandwidth_url"]:
        return None
    return {
        "url": inputs["outbound_bandwidth_url"],
        "path": egress_probes.HTTP_PROXY if inputs["http_proxy"] else egress_probes.DIRECT,
        "seconds": inputs["outbound_bandwidth_seconds"],
        "max_bytes": inputs["outbound_bandwidth_bytes"],
    }


def _disk_write_info(requirements: Requirements, needed: set[str], inputs: Inputs) -> DiskWriteInfo | None:
    # Rows with `from` hold for controllers only.
    directories = [
        row["expected"]["directory"]
        for row in requirements.settings
        if "directory" in row["expected"] and (requirements.role == "controller" or "from" not in row["expected"])
    ]
    if "disk_writes" not in needed or not inputs["disk_writes"] or not directories:
        return None
    return {"directories": directories}

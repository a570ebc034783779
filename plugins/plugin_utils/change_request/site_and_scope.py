# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the inventory's groups and variables to the Site and Scope of a change request. Pure functions.

Values are taken as the checks of the inputs allow them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import DEFAULT_RELEASE, Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.change_request.request import (
    Request,
    Scope,
    build,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    cluster_networks,
    input_validators,
    ntp_servers,
    proxy_url,
    role_variables,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_list
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import Node, Proxy, Site

OF_THE_NODE = ("rtf_node_address", "ansible_host")
OF_THE_CLUSTER = (
    "rtf_release",
    "rtf_control_plane",
    "rtf_phase",
    "rtf_cluster_profile",
    "rtf_features",
    "rtf_previous_release",
    "rtf_ntp_servers",
    "rtf_http_proxy",
    "rtf_monitoring_proxy",
    "rtf_internal_networks",
    "rtf_ingress_sources",
    "rtf_pod_cidr",
    "rtf_service_cidr",
    "rtf_no_proxy_extra",
    "rtf_extra_endpoints",
    "rtf_extra_ports",
)


class InventoryError(ValueError):
    """What the inventory lacks, one line for each problem."""


def request(catalogue: Catalog, groups: Mapping[str, list[str]], variables: Mapping[str, Mapping[str, Any]]) -> Request:
    """Return the Request of an inventory, or raise InventoryError with what it lacks.

    groups: {group: [host, ...]}. variables: {host: {name: value}} of each node, with the names of OF_THE_NODE and, of the
    first, of OF_THE_CLUSTER; others do not count.
    """
    names = groups.get("rtf_nodes")
    if not names:
        raise InventoryError("rtf_nodes: the inventory has no such group or it is empty")
    members = nodes(groups, variables)
    cluster = _typed({name: value for name, value in variables[names[0]].items() if name in OF_THE_CLUSTER}, catalogue)
    if "rtf_control_plane" not in cluster:
        raise InventoryError("rtf_control_plane: not set")
    rows = of_site(catalogue, {name.removeprefix("rtf_"): value for name, value in cluster.items()})
    return build(rows, scope(cluster), site(members, cluster))


def _typed(variables: dict[str, Any], catalogue: Catalog) -> dict[str, Any]:
    values, problems = role_variables.typed(
        variables, input_validators.by_variable(input_declarations.load().variables, catalogue)
    )
    if problems:
        raise InventoryError("\n".join(problems))
    return values


def proxy(url: str | None) -> Proxy | None:
    """Return the Proxy of a URL, without its credentials, or None for an empty one."""
    if not url:
        return None
    try:
        known = proxy_url.parse(url)
    except ValueError as problem:
        raise InventoryError(f"rtf_http_proxy or rtf_monitoring_proxy: {problem}") from None
    return Proxy(known.host, known.port) if known else None


def nodes(groups: Mapping[str, list[str]], variables: Mapping[str, Mapping[str, Any]]) -> list[Node]:
    """Return the Nodes of rtf_nodes, or raise InventoryError naming all that have no address.

    groups: {group: [host, ...]}. variables: {host: {name: value}} with the names of OF_THE_NODE.
    """
    found = [Node(name, role_of(name, groups), address_of(variables[name])) for name in groups["rtf_nodes"]]
    missing = [node.name for node in found if not node.address]
    if missing:
        raise InventoryError(
            f"rtf_node_address: not set for {', '.join(missing)}, and ansible_host is not an IPv4 address there; a "
            "change request needs the address at which the other nodes reach the node"
        )
    return found


def site(members: list[Node], cluster: dict[str, Any]) -> Site:
    """Return the Site; members: Nodes; cluster: {name: value} with names of OF_THE_CLUSTER."""
    return Site(
        nodes=members,
        internal_networks=cluster.get("rtf_internal_networks", []),
        ingress_sources=cluster.get("rtf_ingress_sources", []),
        ntp_servers=ntp_servers.hosts(cluster.get("rtf_ntp_servers", [])),
        nts_servers=ntp_servers.nts_hosts(cluster.get("rtf_ntp_servers", [])),
        http_proxy=proxy(cluster.get("rtf_http_proxy")),
        monitoring_proxy=proxy(cluster.get("rtf_monitoring_proxy")),
        no_proxy=no_proxy_list.compute(
            {node.name: {"rtf_node_address": node.address} for node in members},
            *cluster_networks.of_inventory(cluster),
            cluster.get("rtf_no_proxy_extra", ()),
            line="self_managed",  # the request of an appliance shows none: proxy_values.py
        ),
    )


def scope(cluster: dict[str, Any]) -> Scope:
    """Return the Scope; cluster: {name: value} with names of OF_THE_CLUSTER."""
    return Scope(
        release=cluster.get("rtf_release", DEFAULT_RELEASE),
        control_plane=cluster["rtf_control_plane"],
        phase=cluster.get("rtf_phase", "install"),
        previous_release=cluster.get("rtf_previous_release"),
    )

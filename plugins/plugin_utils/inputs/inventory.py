# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory as a whole: its groups, the inputs of every node, and what must agree between nodes. Pure functions."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, clusters
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import (
    CLUSTER,
    Declaration,
    Variable,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    cluster_networks,
    credentials,
    input_validators,
    node_addresses,
    waiver_list,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import role_of, typed

GROUPS = ("rtf_controllers", "rtf_workers")


class NodeVariables(NamedTuple):
    """variables: `{name: value}` of a node, `ansible_host` among them. broken: sentences about those without a value."""

    variables: dict[str, Any]
    broken: list[str]


def problems(
    nodes: Mapping[str, NodeVariables],
    groups: Mapping[str, Sequence[str]],
    declaration: Declaration,
    catalogue: catalog.Catalog,
) -> list[str]:
    """Return sentences about all that is not valid in an inventory whose groups are; nodes: by name, at least one."""
    by_variable = input_validators.by_variable(declaration.variables, catalogue)
    mandatory = [name for name, declared in declaration.inputs().items() if declared.mandatory]
    values: dict[str, dict[str, Any]] = {}
    where: dict[str, list[str]] = {}
    for name, node in nodes.items():
        values[name], found = typed(node.variables, by_variable, mandatory)
        found = found or credentials.disagreements({"rtf_ntp_keys": [], **values[name]})
        for problem in [*node.broken, *misplaced_credentials(node.variables, declaration), *found]:
            where.setdefault(problem, []).append(name)
    found = [
        problem if len(names) == len(nodes) else f"{problem} (on {', '.join(names)})"
        for problem, names in where.items()
    ]
    found += disagreements(values, [variable.name for variable in declaration.of_all_nodes()])
    if found:
        return found
    for name, node in nodes.items():
        values[name].update({key: value for key, value in node.variables.items() if key == "ansible_host"})
    first = next(iter(values.values()))
    accepted = waiver_list.parse(first.get("rtf_waivers", []), input_validators.patterns_of_checks(catalogue))
    return [
        *network_problems(values),
        *address_problems(values, groups),
        *offer_problems(first, catalogue),
        *waiver_list.node_problems(accepted, list(values)),
    ]


def misplaced_credentials(variables: Mapping[str, Any], declaration: Declaration) -> list[str]:
    """Return a sentence for each of some variables that holds a URL with credentials and must not."""
    return credentials.misplaced(
        {name: value for name, value in variables.items() if credentials.must_have_none(name, declaration)}
    )


def group_problems(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return sentences about the inventory's groups. groups: `{group: [host, ...]}`."""
    nodes = groups.get("rtf_nodes", [])
    if not nodes:
        return [
            "rtf_nodes: the inventory has no such group or it is empty; "
            "put the groups rtf_controllers and rtf_workers below a group rtf_nodes"
        ]
    found = []
    controllers, workers = (set(groups.get(name, [])) for name in GROUPS)
    if not controllers:
        found.append("rtf_controllers: the group is empty; at least one node must be a controller")
    for node in nodes:
        if node not in controllers and node not in workers:
            found.append(f"rtf_nodes: {node} is in neither rtf_controllers nor rtf_workers")
        if node in controllers and node in workers:
            found.append(f"rtf_nodes: {node} is in rtf_controllers and in rtf_workers; a node has one role")
    for node in sorted((controllers | workers) - set(nodes)):
        found.append(f"rtf_nodes: {node} is a controller or worker but not in rtf_nodes; make rtf_nodes their parent")
    return found


def disagreements(variables_by_host: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> list[str]:
    """Return sentences about inputs that must be the same on every node and are not; names: of those inputs."""
    found = []
    for name in names:
        hosts_by_value: dict[str, tuple[str, list[str]]] = {}
        for host, variables in variables_by_host.items():
            if name in variables:
                value = variables[name]
                hosts_by_value.setdefault(repr(value), (quoted(value), []))[1].append(host)
        if len(hosts_by_value) > 1:
            values = "; ".join(f"{label} on {', '.join(hosts)}" for label, hosts in hosts_by_value.values())
            found.append(f"{name}: must be the same for the whole cluster, found {values}")
    return found


def disagreements_of_role(
    inputs_by_host: Mapping[str, Mapping[str, Any]], options: Mapping[str, Variable]
) -> list[str]:
    """Return sentences about variables of a role, each an input of the whole cluster, that differ between nodes.

    inputs_by_host: `{node: inputs of the role}`. options: `{variable: Variable}` of the role.
    """
    of_cluster = [name for name, option in options.items() if option.input.scope == CLUSTER]
    by_variable = {
        host: {name: inputs[options[name].short] for name in of_cluster if options[name].short in inputs}
        for host, inputs in inputs_by_host.items()
    }
    return disagreements(by_variable, of_cluster)


def network_problems(variables_by_host: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return sentences about networks of the cluster that overlap, or that contain the address of a node.

    variables_by_host: `{node: {name: value}}` with valid values. A default that no input has confirmed is not held against
    the addresses of the nodes.
    """
    found = []
    for node, variables in variables_by_host.items():
        pods, services = map(ipaddress.IPv4Network, cluster_networks.of_inventory(variables))
        if pods.overlaps(services):
            found.append(f"rtf_pod_cidr: {pods} and the network of the services, {services}, overlap")
        own = address_of(variables)
        short = {name.removeprefix("rtf_"): value for name, value in variables.items()}
        found += cluster_networks.unsettled(short, {node: own})
        for name, network in (("rtf_pod_cidr", pods), ("rtf_service_cidr", services)):
            if own and cluster_networks.is_set(variables, name) and ipaddress.IPv4Address(own) in network:
                found.append(
                    f"{name}: {network} contains the address of {node}, {own}; choose a network nothing else uses"
                )
    return list(dict.fromkeys(found))


def address_problems(
    variables_by_host: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return sentences about addresses of nodes by which no firewall can be configured.

    variables_by_host: `{node: {name: value}}` with valid values. While no firewall is chosen, a node needs no address: the
    audit finds it.
    """
    first = next(iter(variables_by_host.values()), {})
    nodes = [
        node_addresses.addresses_of(name, role_of(name, groups), variables)
        for name, variables in variables_by_host.items()
    ]
    chosen = any(variables.get("rtf_firewall_backend", "auto") != "auto" for variables in variables_by_host.values())
    return (node_addresses.problems if chosen else node_addresses.outside)(
        nodes, first.get("rtf_internal_networks", [])
    )


def offer_problems(variables: Mapping[str, Any], catalogue: catalog.Catalog) -> list[str]:
    """Return a sentence where a release does not have the control plane; both are valid by themselves."""
    try:
        catalog.select_endpoints(
            catalogue, variables.get("rtf_release", catalog.DEFAULT_RELEASE), variables["rtf_control_plane"]
        )
    except catalog.CatalogError as problem:
        return [f"rtf_control_plane: {problem}"]
    release = catalog.release_of(catalogue, variables.get("rtf_release", catalog.DEFAULT_RELEASE))
    return [
        f"{name}: {quoted(variables[name])} is for releases that run on your own Kubernetes, and release {release['id']} "
        f"brings its own; remove it, or set rtf_release to one of {', '.join(_self_managed(catalogue))}"
        for name in ("rtf_cluster_profile", "rtf_features")
        if release["line"] == "appliance" and variables.get(name, []) not in ([], clusters.NO_PROFILE)
    ] or _unstated_features(variables, catalogue, release["id"])


def _unstated_features(variables: Mapping[str, Any], catalogue: catalog.Catalog, release: str) -> list[str]:
    """Return a sentence for each feature whose names the vendor does not state for the control plane."""
    plane = variables["rtf_control_plane"]
    return [
        f"rtf_features: the vendor lists no endpoints of {feature} for the control plane {plane}; remove {feature}, "
        "and add the endpoints that you know to rtf_extra_endpoints"
        for feature in variables.get("rtf_features", [])
        if not any(
            row["feature"] == feature
            for row in catalog.select_endpoints(
                catalogue._replace(features=frozenset([feature])), release, plane, phase="install"
            )
        )
    ]


def _self_managed(catalogue: catalog.Catalog) -> list[str]:
    return [release["id"] for release in catalogue.releases if release["line"] == "self_managed"]

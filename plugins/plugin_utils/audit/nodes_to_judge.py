# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the inventory, the inputs and the catalogue to the subjects that are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, clusters, installer
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Limits, Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import InventoryEntry
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    cluster_networks,
    mail_server,
    site_services,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers as ntp
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.typed_inputs import given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import proxy_settings

Inputs = Mapping[str, Any]
# Inputs that are fields of a Subject, or of its Limits, as they are. Where a role has no such input, the default holds.
_FIELDS = {
    "spare_addresses": "spare_addresses",
    "tunnel_offload_drivers": "offload_drivers",
    "min_outbound_bandwidth_mbit": "outbound_mbit",
}
_LIMITS = {"max_latency_ms": "latency_ms", "min_node_bandwidth_mbit": "bandwidth_mbit"}


def scope_of(inputs: Inputs) -> dict[str, str]:
    """Return `{"release", "control_plane", "phase"}`, those that a role has."""
    scope = {name: inputs[name] for name in ("release", "control_plane", "phase") if name in inputs}
    return {"release": catalog.DEFAULT_RELEASE, **scope}


def of_cluster(catalogue: Catalog, inputs: Inputs, inventory: Mapping[str, InventoryEntry]) -> list[Subject]:
    """Return the Subject of each node.

    inputs: of a role, with their types. inventory: of every node of the cluster.
    """
    networks = cluster_networks.of_inputs(inputs)
    profile = clusters.load().profile(given(inputs.get("cluster_profile")))
    proxy = proxy_settings.of_cluster(
        (given(inputs.get("http_proxy", "")), given(inputs.get("monitoring_proxy", ""))),
        inventory,
        *networks,
        inputs.get("no_proxy_extra", ()),
    )
    of_role = {
        role: _of_role(catalogue, scope_of(inputs), role)._replace(
            **{field: inputs[name] for name, field in _FIELDS.items() if name in inputs},
            limits=Limits(**{field: inputs[name] for name, field in _LIMITS.items() if name in inputs}),
            cluster_profile=profile.id if profile else "",
            pod_cidr=networks.pods,
            service_cidr=networks.services,
            mail_server=mail_server.of_input(inputs.get("smtp", {})),
            services=site_services.of_inputs(inputs),
            ntp_servers=ntp.hosts(inputs.get("ntp_servers", ())),
            ntp_authentication=ntp.authentication(inputs.get("ntp_servers", ())),
            proxy=proxy,
        )
        for role in sorted({entry["role"] for entry in inventory.values()})
    }
    return [of_role[entry["role"]]._replace(node=node, address=address_of(entry)) for node, entry in inventory.items()]


def _of_role(catalogue: Catalog, scope: Mapping[str, str], role: str) -> Subject:
    """What all nodes of a role have in common."""
    endpoints = []
    if scope.get("control_plane"):
        endpoints = catalog.select_endpoints(catalogue, scope["release"], scope["control_plane"], role, scope["phase"])
    return Subject(
        node="",
        role=role,
        line=catalog.release_of(catalogue, scope["release"])["line"],
        phase=scope.get("phase", "install"),
        settings={row["id"]: row for row in catalog.select_settings(catalogue, scope["release"])},
        endpoints=endpoints,
        not_asked=catalog.not_asked(catalogue, scope["release"]),
        installer=installer.load(),
    )


def requirements(scope: Mapping[str, str], catalogue: Catalog) -> dict[str, str]:
    """Return `{id of a row: its title}` for everything the catalogue asks for in this scope."""
    names = {
        row["id"]: f"{row['host']}:{row['port']}"
        for row in catalog.select_endpoints(catalogue, scope["release"], scope["control_plane"], phase=scope["phase"])
    }
    for row in catalog.select_ports(catalogue, scope["release"], scope["phase"]):
        names[row["id"]] = f"{', '.join(row['ports'])}/{row['transport']} {row['from']} -> {row['to']}"
    for row in catalog.select_settings(catalogue, scope["release"]):
        names[row["id"]] = row["title"]
    return names

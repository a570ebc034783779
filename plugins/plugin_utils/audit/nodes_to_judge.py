# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the inventory, the inputs and the catalogue to the Subjects: the nodes that are judged, and by what."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import clusters, installer_requirements
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_outcome import in_words
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import InventoryEntry
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import (
    cluster_networks,
    mail_server,
    site_services,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers as ntp
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import proxy_settings
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.requirements import (
    Requirements,
    requirements_of,
    scope_of,
)

Inputs = Mapping[str, Any]


def of_cluster(catalogue: Catalog, inputs: Inputs, inventory: Mapping[str, InventoryEntry]) -> list[Subject]:
    """Return the Subject of each node.

    inputs: of a role, with their types. inventory: of every node of the cluster.
    """
    scope, networks = scope_of(inputs), cluster_networks.of_inputs(inputs)
    profile = clusters.load().profile(given(inputs.get("cluster_profile")))
    proxies = functools.partial(
        proxy_settings.of_cluster,
        (given(inputs.get("http_proxy", "")), given(inputs.get("monitoring_proxy", ""))),
        inventory,
        *networks,
        inputs.get("no_proxy_extra", ()),
    )
    roles = sorted({entry["role"] for entry in inventory.values()})
    of_role = {
        asked.role: _of_role(asked)._replace(
            inputs=inputs,
            cluster_profile=profile.id if profile else "",
            pod_cidr=networks.pods,
            service_cidr=networks.services,
            mail_server=mail_server.of_input(inputs.get("smtp", {})),
            services=site_services.of_inputs(inputs),
            ntp_servers=ntp.hosts(inputs.get("ntp_servers", ())),
            ntp_authentication=ntp.authentication(inputs.get("ntp_servers", ())),
            proxy=proxies(line=asked.line),
        )
        for asked in (requirements_of(catalogue, scope, role) for role in roles)
    }
    return [of_role[entry["role"]]._replace(node=node, address=address_of(entry)) for node, entry in inventory.items()]


def _of_role(asked: Requirements) -> Subject:
    """What all nodes of a role have in common."""
    return Subject(
        node="",
        role=asked.role,
        line=asked.line,
        phase=asked.phase,
        settings={row["id"]: row for row in asked.settings},
        endpoints=asked.endpoints,
        ports=in_words(asked.ports),
        not_asked=asked.not_asked,
        installer=installer_requirements.load(),
    )

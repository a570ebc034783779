# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an inventory and the catalogue to the subjects that are judged."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, installer
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import ntp_servers as ntp
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.proxy_settings import ProxySettings
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.topology import address_of

NO_PROXY = ProxySettings()


def subject(node, groups, variables, scope, ntp_servers=(), catalogue=None, proxy=NO_PROXY):
    """Return the Subject for one node.

    catalogue: a Catalog, where it has rows of the site. proxy: the cluster's ProxySettings.
    groups: `{group: [node, ...]}`. variables: the node's `rtf_node_address` and `ansible_host`, where set.
    scope: `{"release", "control_plane", "phase"}`; without a control plane there are no endpoints.
    """
    catalogue, role = catalogue or catalog.load(), role_of(node, groups)
    endpoints = []
    if scope.get("control_plane"):
        endpoints = catalog.select_endpoints(catalogue, scope["release"], scope["control_plane"], role, scope["phase"])
    return Subject(
        node=node,
        role=role,
        address=address_of(variables),
        line=catalog.release_of(catalogue, scope["release"])["line"],
        phase=scope.get("phase", "install"),
        settings={row["id"]: row for row in catalog.select_settings(catalogue, scope["release"])},
        endpoints=endpoints,
        not_asked=_not_asked(catalogue, scope["release"]),
        ntp_servers=ntp.hosts(ntp_servers),
        proxy=proxy,
        installer=installer.load(),
    )


def _not_asked(catalogue, release):
    asked = [*catalog.select_ports(catalogue, release, "install"), *catalog.select_settings(catalogue, release)]
    return {row["id"] for row in (*catalogue.ports, *catalogue.settings)} - {row["id"] for row in asked}


def requirements(scope, catalogue=None):
    """Return `{row id: what a person calls it}` for everything the catalogue asks for in this scope."""
    catalogue = catalogue or catalog.load()
    names = {
        row["id"]: f"{row['host']}:{row['port']}"
        for row in catalog.select_endpoints(catalogue, scope["release"], scope["control_plane"], phase=scope["phase"])
    }
    for row in catalog.select_ports(catalogue, scope["release"], scope["phase"]):
        names[row["id"]] = f"{', '.join(row['ports'])}/{row['transport']} {row['from']} -> {row['to']}"
    for row in catalog.select_settings(catalogue, scope["release"]):
        names[row["id"]] = row["title"]
    return names

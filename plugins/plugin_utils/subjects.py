# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an inventory and the catalogue to the subjects that are judged."""

import ipaddress

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.judge.subject import Subject


def subject(node, groups, variables, scope, ntp_servers=(), proxied=False):
    """Return the Subject for one node.

    groups: `{group: [node, ...]}`. variables: the node's `rtf_node_address` and `ansible_host`, where set.
    scope: `{"release", "control_plane", "phase"}`; without a control plane there are no endpoints.
    """
    catalogue, role = catalog.load(), role_of(node, groups)
    endpoints = []
    if scope.get("control_plane"):
        endpoints = catalog.select_endpoints(catalogue, scope["release"], scope["control_plane"], role)
    return Subject(
        node=node,
        role=role,
        address=address_of(variables),
        settings={row["id"]: row for row in catalog.select_settings(catalogue, scope["release"])},
        endpoints=endpoints,
        ntp_servers=list(ntp_servers),
        proxied=proxied,
    )


def address_of(variables):
    """Return the IPv4 address that the inventory gives a node, or "" where it only gives names."""
    for name in ("rtf_node_address", "ansible_host"):
        try:
            return str(ipaddress.IPv4Address(str(variables.get(name, ""))))
        except ValueError:
            continue
    return ""


def requirements(scope):
    """Return `{row id: what a person calls it}` for everything the catalogue asks for in this scope."""
    catalogue = catalog.load()
    names = {
        row["id"]: f"{row['host']}:{row['port']}"
        for row in catalog.select_endpoints(catalogue, scope["release"], scope["control_plane"])
    }
    for row in catalog.select_ports(catalogue, scope["release"], scope["phase"]):
        names[row["id"]] = f"{', '.join(row['ports'])}/{row['transport']} {row['from']} -> {row['to']}"
    for row in catalog.select_settings(catalogue, scope["release"]):
        names[row["id"]] = row["title"]
    return names

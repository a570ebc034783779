# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments by which an action plugin gets the proxies that the cluster uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import POD_CIDR, SERVICE_CIDR, given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.proxy_settings import (
    VARIABLES,
    ProxySettings,
    of_cluster,
)

PROXY_ARGUMENTS: dict[str, dict[str, Any]] = {
    "http_proxy": {"type": "str", "default": ""},
    "monitoring_proxy": {"type": "str", "default": ""},
    "pod_cidr": {"type": "str", "default": POD_CIDR},
    "service_cidr": {"type": "str", "default": SERVICE_CIDR},
    "no_proxy_extra": {"type": "list", "elements": "str", "default": []},
}


def proxy_settings(arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> ProxySettings:
    """Return the ProxySettings of the inventory."""
    nodes, hostvars = task_vars["groups"].get("rtf_nodes", []), task_vars["hostvars"]
    variables = {
        node: {name: plain(hostvars[node][name]) for name in VARIABLES if name in hostvars[node]} for node in nodes
    }
    return of_cluster(
        (given(arguments["http_proxy"]), given(arguments["monitoring_proxy"])),
        variables,
        arguments["pod_cidr"],
        arguments["service_cidr"],
        plain(arguments["no_proxy_extra"]),
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NO_PROXY: what a node reaches without the proxy. Pure functions.

A reader of NO_PROXY knows names with everything below them, names that begin with a dot, and addresses. Networks are
understood by some of them only, and `*.name` by fewer still, so every address that matters is an entry of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.no_proxy_extra import (
    is_name,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of

LOOPBACK = ("localhost", "127.0.0.1")
METADATA = "169.254.169.254"
# By which the nodes of the appliance call the one that leads them.
LEADER = "leader.telekube.local"


def service_address(service_cidr: str) -> str:
    """Return the address of the Kubernetes API within the cluster, the first of the services' network."""
    return str(ipaddress.IPv4Network(service_cidr)[1])


def leader(line: str) -> tuple[str, ...]:
    """Return the name of the cluster's leader, of which only the appliance has one. line: a catalog.LINES."""
    return (LEADER,) if line == "appliance" else ()


def node_names(variables_by_node: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return the names and the addresses of nodes, in the inventory's order.

    variables_by_node: `{node: its rtf_node_address and ansible_host, where set}`.
    """
    addresses: list[str] = []
    names: list[str] = []
    for node, variables in variables_by_node.items():
        addresses.append(address_of(variables))
        names += [node, str(variables.get("ansible_host", ""))]
    return _unique(addresses), [name for name in _unique(names) if is_name(name)]


def compute(
    variables_by_node: Mapping[str, Mapping[str, Any]],
    pod_cidr: str,
    service_cidr: str,
    extra: Iterable[str] = (),
    line: str = "appliance",
) -> list[str]:
    """Return the list that NO_PROXY is made of. line: of the cluster, as for leader."""
    addresses, names = node_names(variables_by_node)
    within = [service_address(service_cidr), "kubernetes.default.svc", *leader(line), ".svc", ".local"]
    return _unique([*LOOPBACK, METADATA, *addresses, *names, pod_cidr, service_cidr, *within, *extra])


def _unique(entries: Iterable[str]) -> list[str]:
    return [entry for entry in dict.fromkeys(entries) if entry]


def exact_hosts(entries: Iterable[str]) -> list[str]:
    """Return the entries that stand for one host, the only ones that apt supports."""
    return [entry for entry in entries if not entry.startswith(".") and "/" not in entry]


def java_pattern(entries: Iterable[str]) -> str:
    """Return the value of Java's http.nonProxyHosts for the entries of a NO_PROXY."""
    patterns: list[str] = []
    for entry in entries:
        if "/" in entry:
            patterns += _octets(ipaddress.IPv4Network(entry, strict=False))
        elif entry.startswith("."):
            patterns.append(f"*{entry}")
        elif is_name(entry) and "." in entry:
            patterns += [entry, f"*.{entry}"]
        else:
            patterns.append(entry)
    return "|".join(_unique(patterns))


def _octets(network: ipaddress.IPv4Network) -> list[str]:
    """Return a network as patterns that end at a dot: Java supports no other wildcard."""
    if network.prefixlen == 0:
        return ["*"]
    whole = -(-network.prefixlen // 8) * 8
    if whole == 32:
        return [str(address) for address in network]
    kept = whole // 8
    return [".".join(str(part.network_address).split(".")[:kept]) + ".*" for part in network.subnets(new_prefix=whole)]

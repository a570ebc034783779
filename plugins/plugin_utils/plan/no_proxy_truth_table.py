# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The truth table: which program reaches which part of the cluster directly, and which through the proxy."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.node_addresses import address_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy_list, no_proxy_program_rules
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.no_proxy_program_rules import Rule


class Destination(NamedTuple):
    """A host that must be reached directly. what: what a person calls it; kind: host | name | network.

    A `network` stands for all addresses of a network, a `name` for all names below one. entry: of a NO_PROXY that makes every
    program that can reach it directly do so.
    """

    host: str
    what: str
    kind: str
    entry: str


def destinations(
    variables_by_node: Mapping[str, Mapping[str, Any]], pod_cidr: str, service_cidr: str, line: str = "appliance"
) -> list[Destination]:
    """Return the Destinations of a cluster. line: as for no_proxy_list.leader."""
    addresses, names = no_proxy_list.node_names(variables_by_node)
    node_at = {address_of(variables): node for node, variables in variables_by_node.items()}
    pod = str(ipaddress.IPv4Network(pod_cidr)[257])
    service = str(ipaddress.IPv4Network(service_cidr)[-2])
    return [
        *(_host(host, "this node itself") for host in no_proxy_list.LOOPBACK),
        _host(no_proxy_list.METADATA, "the cloud's metadata"),
        *(_host(address, node_at[address]) for address in addresses),
        *(_host(name, "name of a node") for name in names),
        _host(no_proxy_list.service_address(service_cidr), "Kubernetes API"),
        _host("kubernetes.default.svc", "Kubernetes API"),
        *(_host(name, "leader of the cluster") for name in no_proxy_list.leader(line)),
        Destination("app.namespace.svc.cluster.local", "services by their names", "name", ".local"),
        Destination(pod, "pods", "network", pod_cidr),
        Destination(service, "services", "network", service_cidr),
    ]


def _host(host: str, what: str) -> Destination:
    return Destination(host, what, "host", host)


def named(destination: Destination) -> str:
    """Return what an entry of NO_PROXY is called."""
    return f"{destination.entry} ({destination.what})"


def proxied(value: str, wanted: list[Destination], programs: Mapping[str, Rule]) -> list[tuple[str, Destination]]:
    """Return `[(program, Destination)]` for everything that would go through the proxy.

    value: the NO_PROXY, a text or None. Where a program does not support a name or a network, that is left out: nothing
    that a site writes would change it.
    """
    found = []
    for program, rule in programs.items():
        for destination in wanted:
            if not _is_direct(rule, value, destination.host) and not is_not_supported(rule, destination):
                found.append((program, destination))
    return found


def is_not_supported(rule: Rule, destination: Destination) -> bool:
    """Whether a program has no setting that makes it reach a Destination directly."""
    if destination.kind == "network":
        return rule in no_proxy_program_rules.NO_NETWORKS
    return destination.kind == "name" and rule is no_proxy_program_rules.apt


def rows(value: str, wanted: list[Destination], programs: Mapping[str, Rule]) -> dict[str, dict[str, str]]:
    """Return the whole table `{host: {program: "direct" | "proxied"}}`."""
    return {
        destination.host: {
            program: "direct" if _is_direct(rule, value, destination.host) else "proxied"
            for program, rule in programs.items()
        }
        for destination in wanted
    }


# The nodes of a cluster have the same NO_PROXY, as a rule, and each is judged by the addresses and names of all.
@functools.lru_cache(maxsize=65536)
def _is_direct(rule: Rule, value: str, host: str) -> bool:
    return rule(value, host)

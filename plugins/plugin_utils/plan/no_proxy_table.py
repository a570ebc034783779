# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The truth table: which program reaches which part of the cluster directly, and which through the proxy."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import no_proxy, no_proxy_rules


class Destination(NamedTuple):
    """A host that must be reached directly. what: what a person calls it; kind: host | name | network.

    A `network` stands for all addresses of a network, a `name` for all names below one.
    """

    host: str
    what: str
    kind: str


def destinations(
    variables_by_node: Mapping[str, Mapping[str, Any]], pod_cidr: str, service_cidr: str
) -> list[Destination]:
    """Return the Destinations of a cluster."""
    addresses, names = no_proxy.node_names(variables_by_node)
    pod = str(ipaddress.IPv4Network(pod_cidr)[257])
    service = str(ipaddress.IPv4Network(service_cidr)[-2])
    return [
        *(Destination(host, "this node itself", "host") for host in no_proxy.LOOPBACK),
        Destination(no_proxy.METADATA, "the cloud's metadata", "host"),
        *(Destination(address, "address of a node", "host") for address in addresses),
        *(Destination(name, "name of a node", "host") for name in names),
        Destination(no_proxy.service_address(service_cidr), "Kubernetes API", "host"),
        Destination("kubernetes.default.svc", "Kubernetes API", "host"),
        Destination("leader.telekube.local", "leader of the cluster", "host"),
        Destination("app.namespace.svc.cluster.local", "a service by its name", "name"),
        Destination(pod, f"a pod in {pod_cidr}", "network"),
        Destination(service, f"a service in {service_cidr}", "network"),
    ]


def proxied(value: str, wanted: list[Destination], curl_version: str | None = None) -> list[tuple[str, Destination]]:
    """Return `[(program, Destination)]` for everything that would go through the proxy.

    value: the NO_PROXY, a text or None. Where a program does not support a name or a network, that is left out: nothing
    that a site writes would change it.
    """
    found = []
    for program, rule in no_proxy_rules.by_name(curl_version).items():
        for destination in wanted:
            if not _is_direct(rule, value, destination.host) and not is_not_supported(rule, destination):
                found.append((program, destination))
    return found


def is_not_supported(rule: Callable[[str | None, str], bool], destination: Destination) -> bool:
    """Whether a program has no setting that makes it reach a Destination directly."""
    if destination.kind == "network":
        return rule in no_proxy_rules.NO_NETWORKS
    return destination.kind == "name" and rule is no_proxy_rules.apt


def rows(value: str, wanted: list[Destination], curl_version: str | None = None) -> dict[str, dict[str, str]]:
    """Return the whole table `{host: {program: "direct" | "proxied"}}`."""
    programs = no_proxy_rules.by_name(curl_version)
    return {
        destination.host: {
            program: "direct" if _is_direct(rule, value, destination.host) else "proxied"
            for program, rule in programs.items()
        }
        for destination in wanted
    }


# The nodes of a cluster have the same NO_PROXY, as a rule, and each is judged by the addresses and names of all.
@functools.lru_cache(maxsize=65536)
def _is_direct(rule: Callable[[str | None, str], bool], value: str, host: str) -> bool:
    return rule(value, host)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks of the cluster's pods and services: what the site sets, else those of its kind of cluster. Pure functions."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import clusters
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.clusters import Networks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import given

AUTO = "auto"


def of_inputs(inputs: Mapping[str, Any]) -> Networks:
    """Return the Networks of a cluster, both of them.

    inputs: `cluster_profile`, `pod_cidr` and `service_cidr`, where they are set, by these names.
    """
    known = clusters.load()
    profile = known.profile(given(inputs.get("cluster_profile")))
    usual = profile.networks if profile else known.appliance
    return Networks(
        _set(inputs, "pod_cidr") or usual.pods or known.appliance.pods,
        _set(inputs, "service_cidr") or usual.services or known.appliance.services,
    )


def of_inventory(variables: Mapping[str, Any]) -> Networks:
    """Return the Networks of a cluster. variables: inputs by their own names, `rtf_pod_cidr` and so on."""
    return of_inputs({name.removeprefix("rtf_"): value for name, value in variables.items()})


def is_set(variables: Mapping[str, Any], name: str) -> bool:
    """Whether a site has set one of the two networks. name: `rtf_pod_cidr` or `rtf_service_cidr`."""
    return bool(_set(variables, name))


def unsettled(inputs: Mapping[str, Any], addresses: Mapping[str, str]) -> list[str]:
    """Return sentences about networks that a site has to set, because the usual ones of its kind of cluster cannot be its own.

    inputs: as for of_inputs. addresses: `{node: IPv4 address}`, which no network of the cluster can contain.
    """
    profile = clusters.load().profile(given(inputs.get("cluster_profile")))
    found: list[str] = []
    if profile is None:
        return found
    for name, usual in zip(("pod_cidr", "service_cidr"), profile.networks, strict=True):
        if _set(inputs, name):
            continue
        inside = [node for node, address in addresses.items() if usual and _contains(usual, address)]
        if inside or not usual:
            why = (
                f"{usual}, the default of {profile.id}, contains {', '.join(inside)}"
                if inside
                else f"{profile.id} has no default"
            )
            found.append(f"rtf_{name}: not set, and {why}; set the network that the cluster uses")
    return found


def _contains(network: str, address: str) -> bool:
    return bool(address) and ipaddress.IPv4Address(address) in ipaddress.IPv4Network(network)


def _set(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, AUTO)
    return "" if value == AUTO else str(value)

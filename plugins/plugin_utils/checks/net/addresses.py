# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.private_address, single_address and default_route: the node's own IPv4 address and its default route."""

from __future__ import annotations

import ipaddress

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.own_address import (
    address_entry,
    ipv4_addresses,
    the_default_route,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("net.private_address")
def private_address(subject: Subject, evidence: Evidence) -> Finding:
    expected = "a private IPv4 address on an interface of the node"
    entry = node_address(subject, evidence)
    if entry is None:
        found = [f"{a['address']} ({a['interface']})" for a in ipv4_addresses(evidence)]
        return Finding(
            FAIL,
            expected,
            f"several candidates: {', '.join(found)}" if found else "no IPv4 address",
            f"Set rtf_node_address for {subject.node} to the address that the other nodes use.",
            found,
        )
    where = f"{entry['address']}/{entry['prefix']} on {entry['interface']}"
    if not ipaddress.ip_address(entry["address"]).is_private:
        return Finding(
            FAIL, expected, f"{where} is a public address", f"Give {subject.node} a private IPv4 address.", entry
        )
    return Finding(PASS, expected, where, evidence=entry)


@check("net.single_address")
def single_address(subject: Subject, evidence: Evidence) -> Finding:
    """init.sh greps the addresses of an interface: with two of them it takes both for one."""
    entry = node_address(subject, evidence)
    expected = "one IPv4 address on the interface of the node's address"
    if entry is None:
        return private_address(subject, evidence)._replace(expected=expected)
    here = [other["address"] for other in ipv4_addresses(evidence) if other["interface"] == entry["interface"]]
    if len(here) == 1:
        return Finding(PASS, expected, f"only {here[0]} on {entry['interface']}")
    remedy = (
        f"Set RTF_PRIVATE_IP={entry['address']} in the installer's environment file, and do not set "
        "RTF_PRIVATE_INTERFACE."
    )
    return Finding(FAIL, expected, f"{entry['interface']} has {', '.join(here)}", remedy, here)


@check("net.default_route")
def default_route(subject: Subject, evidence: Evidence) -> Finding:
    """Kubernetes takes the interface of the default route for the node's own."""
    route, expected = the_default_route(evidence), "an IPv4 default route"
    if route and route.get("interface"):
        by = f" via {route['gateway']}" if route.get("gateway") else ""
        return Finding(PASS, expected, f"{route['interface']}{by}", evidence=route)
    discarding = _discarding(evidence)
    observed = f"none: the default route is of the type {discarding}, which discards packets" if discarding else "none"
    return Finding(
        FAIL, expected, observed, f"Set the gateway of {subject.node}, in the file that sets its address.", route
    )


def _discarding(evidence: Evidence) -> str:
    """The type of the default route, where it sends packets nowhere, else ""."""
    routes = part(evidence, "host", "network").get("routes")
    types = [
        route.get("type", "")
        for route in (routes if isinstance(routes, list) else [])
        if route["destination"] == "0.0.0.0/0" and not route["interface"]
    ]
    return types[0] if types else ""


def own_network(subject: Subject, evidence: Evidence) -> ipaddress.IPv4Network:
    """The subnet of the node's address; raises NoEvidence through part where there is none."""
    entry = node_address(subject, evidence)
    if entry is None:
        raise NoEvidence("the node's own address is not known")
    return ipaddress.IPv4Interface(f"{entry['address']}/{entry['prefix']}").network


def node_address(subject: Subject, evidence: Evidence) -> Row | None:
    """Return the node's own address entry: the inventory's, else the only one on the default route's interface."""
    return address_entry(subject.address, evidence)

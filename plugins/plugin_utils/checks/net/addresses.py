# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.private_address, static_address, single_address and default_route: the node's own IPv4 address and its default route."""

from __future__ import annotations

import ipaddress
from fnmatch import fnmatchcase

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
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

EXPECTED_STATIC = "an address that a configuration file sets at every boot"
# States of the service that reads a file, as host_info has them.
RUNS, UNKNOWN_STATE = "runs", "unknown"


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


@check("net.static_address")
def static_address(subject: Subject, evidence: Evidence) -> Finding:
    """The address is there after the next boot because a file says so, and the service that reads it runs; no lease decides."""
    entry = node_address(subject, evidence)
    if entry is None:
        return private_address(subject, evidence)._replace(expected=EXPECTED_STATIC)
    address, interface = entry["address"], entry["interface"]
    found = part(evidence, "host", "network", "persistence")
    remedy = (
        f"Configure {address} on {interface} as a static address; if the DHCP server reserves it for this node, "
        "waive this with that reason."
    )
    if entry["dynamic"]:
        lease = next((lease["path"] for lease in found["leases"] if lease["address"] == address), None)
        leased = f"{address} is a DHCP lease{f' in {lease}' if lease else ''}"
        return Finding(FAIL, EXPECTED_STATIC, leased, remedy, found)
    named = [row for row in found["configurations"] if address in row["addresses"] and row["method"] == "static"]
    static = [row for row in named if row["state"] == RUNS]
    if static:
        files = ", ".join(dict.fromkeys(f"{row['manager']}, {row['path']}" for row in static))
        return Finding(PASS, EXPECTED_STATIC, f"{address} by {files}", evidence=static)
    mine = [row for row in found["configurations"] if _is_about(row, interface) and row["method"] != "none"]
    read = [row for row in mine if row["state"] in (RUNS, UNKNOWN_STATE) and row not in named]
    unread = named if not read else []
    if unread and all(row["state"] == UNKNOWN_STATE for row in unread):
        return Finding(
            UNKNOWN,
            EXPECTED_STATIC,
            (
                f"{unread[0]['path']} sets {address}, but systemd does not report whether {unread[0]['service']}, which "
                "reads it, runs"
            ),
            "Make `systemctl status` work on the node.",
            found,
        )
    if unread:
        observed = "; ".join(
            dict.fromkeys(
                f"{row['path']} sets {address}, but {row['service']}, which reads it, {row['state']}" for row in unread
            )
        )
        return Finding(FAIL, EXPECTED_STATIC, observed, remedy, found)
    lease = next((lease for lease in found["leases"] if lease["address"] == address), None)
    if read:
        observed = f"{interface} is {read[0]['method']} in {read[0]['path']} ({read[0]['manager']})"
    elif lease:
        observed = f"{address} is a DHCP lease in {lease['path']}"
    elif found["unreadable"]:
        return Finding(
            UNKNOWN,
            EXPECTED_STATIC,
            f"could not be read: {'; '.join(found['unreadable'][:3])}",
            "Run the audit with become: true.",
            found,
        )
    else:
        observed = f"{address} is set now, but by no known configuration file of {interface}" + "".join(
            f"; {row['path']} belongs to {row['service']}, which {row['state']}" for row in mine[:1]
        )
        observed = "; ".join([observed, *found["dangling"][:3]])
    return Finding(FAIL, EXPECTED_STATIC, observed, remedy, found)


def _is_about(row: Row, interface: str) -> bool:
    return row["interface"] is not None and fnmatchcase(interface, row["interface"])


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
    return Finding(
        FAIL, expected, "none", f"Set the gateway of {subject.node}, in the file that sets its address.", route
    )


def own_network(subject: Subject, evidence: Evidence) -> ipaddress.IPv4Network:
    """The subnet of the node's address; raises NoEvidence through part where there is none."""
    entry = node_address(subject, evidence)
    if entry is None:
        raise NoEvidence("the node's own address is not known")
    return ipaddress.IPv4Interface(f"{entry['address']}/{entry['prefix']}").network


def node_address(subject: Subject, evidence: Evidence) -> Row | None:
    """Return the node's own address entry: the inventory's, else the only one on the default route's interface."""
    return address_entry(subject.address, evidence)

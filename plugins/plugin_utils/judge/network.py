# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does the node have a private IPv4 address that stays?"""

import ipaddress

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.judge.finding import FAIL, PASS, Finding, part


def private_address(subject, evidence):
    expected = "a private IPv4 address on an interface of the node"
    entry = node_address(subject, evidence)
    if entry is None:
        found = [f"{a['address']} ({a['interface']})" for a in _ipv4(evidence)]
        return Finding(
            FAIL,
            expected,
            f"cannot tell which of {', '.join(found)} it is" if found else "no IPv4 address",
            f"Set rtf_node_address for {subject.node} to the address the other nodes use.",
            found,
        )
    where = f"{entry['address']}/{entry['prefix']} on {entry['interface']}"
    if not ipaddress.ip_address(entry["address"]).is_private:
        return Finding(
            FAIL, expected, f"{where} is a public address", f"Give {subject.node} a private IPv4 address.", entry
        )
    return Finding(PASS, expected, where, evidence=entry)


def static_address(subject, evidence):
    expected = "an address without a lifetime"
    entry = node_address(subject, evidence)
    if entry is None:
        return private_address(subject, evidence)._replace(expected=expected)
    if not entry["dynamic"]:
        return Finding(PASS, expected, f"{entry['address']} has no lifetime", evidence=entry)
    return Finding(
        FAIL,
        expected,
        f"{entry['address']} was leased (DHCP)",
        f"Configure {entry['address']} on {entry['interface']} as a static address, or reserve it on the DHCP server.",
        entry,
    )


def node_address(subject, evidence):
    """Return the node's own address entry: the inventory's, else the only one on the default route's interface."""
    addresses = _ipv4(evidence)
    for entry in addresses:
        if entry["address"] == subject.address:
            return entry
    route = part(evidence, "host", "network").get("default_route") or {}
    candidates = [entry for entry in addresses if not route or entry["interface"] == route.get("interface")]
    return candidates[0] if len(candidates) == 1 else None


def _ipv4(evidence):
    return [entry for entry in part(evidence, "host", "network", "addresses") if entry["family"] == "ipv4"]


CHECKS = {
    "net.private_address": private_address,
    "net.static_address": static_address,
}

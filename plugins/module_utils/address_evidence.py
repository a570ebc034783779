# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which addresses this host has, on which interfaces, and how it came by them."""

import json

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.bounded_reading import run_text


def addresses_from_ip(text):
    """Return `[{interface, address, prefix, family, dynamic}]` from `ip -j address show`; loopback is left out.

    dynamic is the kernel's flag for an address with a lifetime, as a DHCP client sets it.
    """
    addresses = []
    for link in json.loads(text or "[]"):
        if "LOOPBACK" in link.get("flags", []):
            continue
        for entry in link.get("addr_info", []):
            if entry.get("scope") == "link" or not entry.get("local"):
                continue
            addresses.append(
                {
                    "interface": link["ifname"],
                    "address": entry["local"],
                    "prefix": entry["prefixlen"],
                    "family": "ipv6" if entry["family"] == "inet6" else "ipv4",
                    "dynamic": bool(entry.get("dynamic", False)),
                }
            )
    return addresses


def default_route_from_ip(text):
    """Return `{interface, gateway, protocol}` of the first default route in `ip -j -4 route show default`, or None."""
    for route in json.loads(text or "[]"):
        return {
            "interface": route.get("dev"),
            "gateway": route.get("gateway"),
            "protocol": route.get("protocol"),
        }
    return None


def address_evidence():
    """Return the network section of host_info."""
    return {
        "addresses": addresses_from_ip(run_text(["ip", "-j", "address", "show"])),
        "default_route": default_route_from_ip(run_text(["ip", "-j", "-4", "route", "show", "default"])),
    }

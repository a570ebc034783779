# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the inputs of the firewall, in the way of inputs.py: each raises ValueError with what is wrong."""

from __future__ import annotations

import ipaddress

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.quoting import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import inputs, value_types
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import firewall

SHORTEST_ROLLBACK, LONGEST_ROLLBACK = 10, 3600  # seconds


def ipv6_address(value):
    """One IPv6 address of the node itself."""
    try:
        ipaddress.IPv6Address(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{quoted(value)} is no IPv6 address") from None


def duration(value):
    """A duration such as 24h."""
    firewall.seconds(value)


def rollback_timeout(value):
    """Seconds in which a controller can connect anew, and after which nobody waits for it any more."""
    try:
        found = value_types.integer(value)
    except ValueError:
        found = 0
    if not SHORTEST_ROLLBACK <= found <= LONGEST_ROLLBACK:
        raise ValueError(
            f"must be a number of seconds from {SHORTEST_ROLLBACK} to {LONGEST_ROLLBACK}, not {quoted(value)}"
        )
    return found


CHECKS = {
    firewall.IPV6_ADDRESS: ipv6_address,
    "rtf_firewall_backend": inputs.one_of(firewall.BACKENDS),
    "rtf_firewall_install_ports_expire": duration,
    "rtf_firewall_default_deny": value_types.boolean,
    "rtf_firewall_rollback_timeout": rollback_timeout,
}


def address_problems(variables_by_host, groups):
    """Return sentences about addresses of nodes by which no firewall can be made.

    variables_by_host: `{node: {name: value}}` whose values passed their own checks. A node without an address is none as
    long as nobody chose a firewall: the audit finds the address by itself.
    """
    first = next(iter(variables_by_host.values()), {})
    nodes = [
        firewall.addresses_of(name, inputs.role_of(name, groups), variables)
        for name, variables in variables_by_host.items()
    ]
    chosen = any(variables.get("rtf_firewall_backend", "auto") != "auto" for variables in variables_by_host.values())
    check = firewall.problems if chosen else firewall.outside
    return check(nodes, first.get("rtf_internal_networks", []))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traffic that a host's firewall has to allow, independent of the firewall. Pure functions and values."""

import socket
from collections import namedtuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted

# One rule for packets that come in.
#   comment: which rows it serves, one word. transport: "tcp" or "udp".
#   ports: [(first, last)], sorted, as few as possible.
#   from_set: name of an address set, or None. networks: addresses and networks in CIDR notation that may send, where no
#   set is named; an empty list then means any source. expires: whether it is temporary.
Rule = namedtuple("Rule", "comment transport ports from_set networks expires")

# All of it.
#   label: what our objects are called, letters, digits and "_": "runtime_fabric".
#   sets: {name: [address]}, IPv4 and IPv6 mixed. rules: [Rule].
#   trusted: networks whose packets come in, and are forwarded from and to, whatever their port.
#   default_deny: whether the host drops all other packets. keep_ports: TCP ports, numbers, that stay open to all sources
#   wherever we introduce a denial: with default_deny, and where a firewall is started that was not running.
#   expires_at: when rules that expire end, seconds since the epoch. now: the host's clock when this was made.
Wanted = namedtuple("Wanted", "label sets rules trusted default_deny keep_ports expires_at now")

# Our rules, present or wanted, in the firewall's native syntax; one text for each rule, element or setting, in a fixed
# order. runtime: in effect now. permanent: in effect after the next boot, or after a reload.
State = namedtuple("State", "runtime permanent")

NOTHING = State([], [])


def is_ipv6(address):
    """Whether an address or a network is one of IPv6."""
    return ":" in address


def of_family(addresses, ipv6):
    """Return the addresses (or networks) of one IP version, sorted by their numbers, each once."""
    return sorted({one for one in addresses if is_ipv6(one) == ipv6}, key=_number)


def _number(address):
    host, dummy_slash, prefix = address.partition("/")
    family = socket.AF_INET6 if is_ipv6(host) else socket.AF_INET
    return (socket.inet_pton(family, host), int(prefix or 128))


def lasting(wanted):
    """Return the rules that hold at `wanted.now`: those that expire only before `wanted.expires_at`."""
    return [rule for rule in wanted.rules if not rule.expires or wanted.now < wanted.expires_at]


def from_parameters(parameters, expires_at, now):
    """Return the Wanted for the options of the module firewall_rules. Raises ValueError with a sentence."""
    rules = []
    for entry in parameters["rules"]:
        if entry["from_set"] is not None and entry["from_set"] not in parameters["sets"]:
            raise ValueError(
                "rules: {} has from_set {!r}, which is not in sets".format(entry["comment"], entry["from_set"])
            )
        rules.append(
            Rule(
                entry["comment"],
                entry["transport"],
                bounds(entry["ports"]),
                entry["from_set"],
                list(entry["networks"]),
                entry["expires"],
            )
        )
    for name, addresses in parameters["sets"].items():
        for address in addresses:
            _check_address(f"sets: {name}", address)
    for network in parameters["trusted_networks"]:
        _check_address("trusted_networks", network.partition("/")[0])
    return Wanted(
        parameters["label"],
        {name: list(addresses) for name, addresses in parameters["sets"].items()},
        rules,
        list(parameters["trusted_networks"]),
        parameters["default_deny"],
        sorted(set(parameters["keep_ports"])),
        expires_at,
        now,
    )


def _check_address(where, address):
    try:
        socket.inet_pton(socket.AF_INET6 if is_ipv6(address) else socket.AF_INET, address)
    except (OSError, TypeError):
        raise ValueError(f"{where}: {quoted(address)} is not an address") from None


def bounds(texts):
    """Return [(first, last)] of texts such as `["443", "30000-32767"]`, neighbours joined. Raises ValueError."""
    pairs = []
    for text in port_ranges.texts(port_ranges.numbers(texts)):
        first, dash, last = text.partition("-")
        pairs.append((int(first), int(last if dash else first)))
    return pairs

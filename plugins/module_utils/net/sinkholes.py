# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that DNS filters return for names that they block; no sockets here."""

import socket
import struct

# Cisco Umbrella, documentation of its block page IP addresses; reverse DNS of 208.91.112.52 and .55: fortinet-block-page-*.
_BLOCK_PAGES = [
    ("Cisco Umbrella", "146.112.61.104", 29),
    ("Fortinet", "208.91.112.52", 32),
    ("Fortinet", "208.91.112.55", 32),
]
_LOCAL_NAMES = ("localhost", "localhost.localdomain")


def of_no_server(host, addresses):
    """A sentence when all addresses of a name belong to no server, or to the block page of a filter, else None."""
    if not addresses or host in addresses:
        return None
    owners = [_owner(address) for address in addresses]
    if not all(owners):
        return None
    return f"{host} resolves to {', '.join(addresses)}, {owners[0]}"


def of_this_host(host, addresses):
    """A sentence when all addresses of a name are loopback addresses, which filters return too, else None."""
    if not addresses or host in addresses or host.rstrip(".").lower() in _LOCAL_NAMES:
        return None
    if not all(address.startswith("127.") or address == "::1" for address in addresses):
        return None
    return f"{host} resolves to {', '.join(addresses)}, which is this host itself"


def _owner(address):
    if ":" in address:
        return "which no server can have" if address == "::" else None
    number = _number(address)
    if number is None:
        return None
    if number >> 24 == 0:
        return "which no server can have"
    for owner, network, length in _BLOCK_PAGES:
        if number >> (32 - length) == _number(network) >> (32 - length):
            return f"where {owner} serves block pages"
    return None


def _number(address):
    try:
        return struct.unpack("!I", socket.inet_aton(address))[0]
    except OSError:
        return None

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which name servers this host asks, and how it completes names (resolv.conf(5)); no sockets here."""

import collections
import socket

FILE = "/etc/resolv.conf"
# The upstream servers of the stub resolvers of systemd-resolved, and of NetworkManager with dnsmasq.
BEHIND_A_STUB = ("/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf")
# The C library uses no more.
MOST_SERVERS = 3

Resolvers = collections.namedtuple("Resolvers", ["servers", "search", "ndots"])
Resolvers.__doc__ = (
    """servers: list of (address, path of the file that names it); search: list of domains; ndots: int."""
)


def parse(text):
    """(servers, search, ndots) of the text of a resolv.conf. Servers that are not addresses are left out."""
    servers, search, ndots = [], [], 1
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) < 2:
            continue
        if words[0] == "nameserver" and is_address(words[1]) and words[1] not in servers:
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            search = [word.rstrip(".") for word in words[1:] if word.strip(".")]
        elif words[0] == "options":
            ndots = _ndots(words[1:], ndots)
    return servers[:MOST_SERVERS], search, ndots


def configured(read):
    """The Resolvers of this host. read: a function from a path to the file's text, None where there is none."""
    servers, search, ndots = parse(read(FILE) or "")
    found = [(server, FILE) for server in servers]
    if any(is_loopback(server) for server in servers):
        for path in BEHIND_A_STUB:
            text = read(path)
            found += [(server, path) for server in parse(text)[0] if server not in dict(found)] if text else []
    return Resolvers(found, search, ndots)


def is_loopback(address):
    return address == "::1" or address.startswith("127.")


def _ndots(options, default):
    for option in options:
        name, dummy_colon, value = option.partition(":")
        if name == "ndots" and value.isdigit():
            return min(int(value), 15)
    return default


def is_address(text):
    """Whether the text is an IPv4 or IPv6 address, the latter perhaps with a scope id."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text.partition("%")[0])
            return True
        except OSError:
            continue
    return False

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv4 and IPv6 addresses of this host, their interfaces, and whether they are dynamic.

`ip` of RHEL 7 and its age prints no JSON; there its text is read, one line for each address.
"""

import json
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable, read_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

UNICAST, THROW = "unicast", "throw"
# Types of routes whose packets the kernel does not send; the first three end the search for a route.
DISCARDING = ("blackhole", "unreachable", "prohibit", THROW)
OTHER_TYPES = ("unicast", "local", "broadcast", "anycast", "multicast", "nat")

_LINE = re.compile(
    r"\d+:\s+(?P<name>[^\s:@]+)(?:@\S+)?\s+(?P<family>inet6?)\s+(?P<address>[0-9A-Fa-f.:]+)"
    r"(?:\s+peer\s+\S+?)?/(?P<prefix>\d+)\s+(?P<rest>.*)"
)


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


def addresses_from_lines(text):
    """As addresses_from_ip, from what `ip -o address show` prints."""
    addresses = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match or match.group("name") == "lo":
            continue
        words = match.group("rest").split("\\")[0].split()
        if "link" in [after for word, after in zip(words, words[1:]) if word == "scope"]:
            continue
        addresses.append(
            {
                "interface": match.group("name"),
                "address": match.group("address"),
                "prefix": int(match.group("prefix")),
                "family": "ipv6" if match.group("family") == "inet6" else "ipv4",
                "dynamic": "dynamic" in words,
            }
        )
    return addresses


def routes_from_ip(text):
    """Return `[{destination, interface, gateway, protocol, type}]` of `ip -j -4 route show`; the default is 0.0.0.0/0.

    A route with several next hops is a row for each of them that is not dead. type: `unicast`, or what the kernel does with the
    packets instead of sending them: `blackhole`, `unreachable`, `prohibit`, `throw`.
    """
    routes = []
    for route in json.loads(text or "[]"):
        for hop in route.get("nexthops") or [route]:
            if "dead" not in hop.get("flags", []):
                gateway = hop.get("gateway") or hop.get("via", {}).get("host")
                kind = route.get("type", UNICAST)
                routes.append(_route(route.get("dst", ""), hop.get("dev"), gateway, route.get("protocol"), kind))
    return routes


def routes_from_lines(text):
    """As routes_from_ip, from what `ip -4 route show` prints, with `-o` or without."""
    routes = []
    for line in re.sub(r"\n\s+nexthop", r"\\ nexthop", text).splitlines():
        words = line.split()
        if not words:
            continue
        kind = words.pop(0) if words[0] in DISCARDING + OTHER_TYPES and len(words) > 1 else UNICAST
        head, *hops = re.split(r"\\?\s*\bnexthop\b", " ".join(words))
        protocol = _after(head.split()).get("proto")
        for hop in hops or [head]:
            after = _after(hop.split())
            if "dead" not in hop.split():
                routes.append(_route(words[0], after.get("dev"), after.get("via"), protocol, kind))
    return routes


def _after(words):
    """Return `{word: the one after it}`; the gateway of `via inet6 ADDRESS` is the address."""
    words = [word for word, before in zip(words, [""] + words) if before != "via" or word not in ("inet", "inet6")]
    return dict(zip(words, words[1:]))


def _route(destination, interface, gateway, protocol, kind):
    network = "0.0.0.0/0" if destination == "default" else destination
    return {
        "destination": network if "/" in network else network + "/32",
        "interface": interface,
        "gateway": gateway,
        "protocol": protocol,
        "type": kind,
    }


def addresses():
    """Return the addresses of this host."""
    return _ask(addresses_from_ip, addresses_from_lines, ["address", "show"])


def routes():
    """Return the IPv4 routes of the main table."""
    return _ask(routes_from_ip, routes_from_lines, ["-4", "route", "show"])


def mtus(directory="/sys/class/net"):
    """Return `{interface: bytes}` of the longest packet that each interface sends."""
    found = {}
    for name in sorted(os.listdir(directory)):
        try:
            found[name] = int(read_text(os.path.join(directory, name, "mtu"), 64))
        except (Unreadable, ValueError):
            continue  # not an interface, or one that has gone meanwhile
    return found


def default_route(known):
    """Return `{interface, gateway, protocol}` of the default route that the kernel takes among `known` routes, None without one.

    Routes are listed in the order of their metrics. One that discards packets is none.
    """
    found = next((route for route in known if route["destination"] == "0.0.0.0/0" and route["type"] != THROW), None)
    if found is None or found["type"] in DISCARDING:
        return None
    return {name: found[name] for name in ("interface", "gateway", "protocol")}


def _ask(from_json, from_lines, words):
    try:
        text = run_text(["ip", "-j"] + words)
    except Unreadable:
        return from_lines(run_text(["ip", "-o"] + words))
    return from_json(text)


FACTS = (
    Fact(
        "network",
        "addresses",
        lambda reading: addresses(),
        """
        description: All addresses except loopback and link-local addresses. RV(ignore:dynamic) is
          V(true) if the address has a lifetime.
        type: list
        elements: dict
        sample:
          - address: 192.168.230.11
            dynamic: false
            family: ipv4
            interface: eth0
            prefix: 24
        """,
    ),
    Fact(
        "network",
        "default_route",
        lambda reading: default_route(reading.part("network", "routes")),
        """
        description: The interface, gateway and origin of the IPv4 default route. V(null) if there is no
          default route.
        type: dict
        sample:
          gateway: 192.168.230.1
          interface: eth0
          protocol: static
        """,
    ),
    Fact(
        "network",
        "routes",
        lambda reading: routes(),
        """
        description:
          - The IPv4 routes of the main table. A route with several next hops is returned as one route
            for each next hop. The default route has the destination C(0.0.0.0/0).
          - RV(ignore:type) is C(unicast), or what the kernel does with packets instead of sending them,
            such as C(blackhole).
        type: list
        elements: dict
        sample:
          - destination: 192.168.230.0/24
            gateway: null
            interface: eth0
            protocol: kernel
            type: unicast
        """,
    ),
    Fact(
        "network",
        "mtus",
        lambda reading: mtus(),
        """
        description: The MTU of each interface, in bytes.
        type: dict
        sample:
          eth0: 1500
        """,
    ),
)

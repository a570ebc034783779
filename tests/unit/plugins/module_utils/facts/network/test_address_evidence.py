# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and routes from the JSON of iproute2."""

import json

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import address_evidence

LINKS = [
    {
        "ifname": "lo",
        "flags": ["LOOPBACK", "UP"],
        "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}],
    },
    {
        "ifname": "eth0",
        "flags": ["BROADCAST", "UP"],
        "addr_info": [
            {"family": "inet", "local": "10.0.0.5", "prefixlen": 24, "scope": "global", "dynamic": True},
            {"family": "inet6", "local": "fd00::5", "prefixlen": 64, "scope": "global"},
            {"family": "inet6", "local": "fe80::5", "prefixlen": 64, "scope": "link"},
            {},
        ],
    },
    {"ifname": "down0", "addr_info": []},
]


def test_addresses_carry_interface_family_and_the_kernels_flag():
    assert address_evidence.addresses_from_ip(json.dumps(LINKS)) == [
        {"interface": "eth0", "address": "10.0.0.5", "prefix": 24, "family": "ipv4", "dynamic": True},
        {"interface": "eth0", "address": "fd00::5", "prefix": 64, "family": "ipv6", "dynamic": False},
    ]


ROUTES = [
    {"dst": "default", "gateway": "10.0.0.1", "dev": "eth0", "protocol": "dhcp"},
    {"dst": "default"},
    {"dst": "10.0.0.0/24", "dev": "eth0", "protocol": "kernel"},
    {"dst": "192.0.2.9", "gateway": "10.0.0.2", "dev": "eth0"},
    {"type": "unreachable", "dst": "10.9.9.0/24", "flags": []},
]
ADDRESS_LINES = r"""
1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global dynamic eth0\       valid_lft 8400sec preferred_lft 8400sec
2: eth0    inet6 fd00::5/64 scope global \       valid_lft forever preferred_lft forever
2: eth0    inet6 fe80::5/64 scope link \       valid_lft forever preferred_lft forever
3: veth1@if2    inet 10.9.0.1/30 scope global veth1\       valid_lft forever preferred_lft forever
junk
"""
ROUTE_LINES = """
default via 10.0.0.1 dev eth0 proto dhcp metric 100
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5
192.0.2.9 via 10.0.0.2 dev eth0
unreachable 10.9.9.0/24
"""


def test_an_ip_without_json_says_the_same_in_lines():
    found = address_evidence.addresses_from_lines(ADDRESS_LINES)
    assert found[:2] == address_evidence.addresses_from_ip(json.dumps(LINKS))
    assert found[2:] == [
        {"interface": "veth1", "address": "10.9.0.1", "prefix": 30, "family": "ipv4", "dynamic": False}
    ]
    of_json = [
        route
        for route in address_evidence.routes_from_ip(json.dumps(ROUTES))
        if route["interface"] or route["type"] != "unicast"
    ]
    assert address_evidence.routes_from_lines(ROUTE_LINES) == of_json
    assert [route["destination"] for route in of_json] == ["0.0.0.0/0", "10.0.0.0/24", "192.0.2.9/32", "10.9.9.0/24"]


def test_an_ip_that_refuses_json_is_asked_for_lines(monkeypatch):
    def run(argv):
        if "-j" in argv:
            raise Unreadable('Option "-j" is unknown')
        return ADDRESS_LINES if "address" in argv else ROUTE_LINES

    monkeypatch.setattr(address_evidence, "run_text", run)
    assert address_evidence.addresses()[0]["address"] == "10.0.0.5"
    assert address_evidence.routes()[0]["gateway"] == "10.0.0.1"


def test_the_first_default_route_counts_and_none_is_none():
    assert address_evidence.default_route(address_evidence.routes_from_ip(json.dumps(ROUTES))) == {
        "interface": "eth0",
        "gateway": "10.0.0.1",
        "protocol": "dhcp",
    }
    assert address_evidence.default_route(address_evidence.routes_from_ip("")) is None

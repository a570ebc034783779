# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and routes from the JSON of iproute2."""

import json

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import address_evidence

LINKS = [
    {"ifname": "lo", "flags": ["LOOPBACK", "UP"], "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
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


def test_the_first_default_route_counts_and_none_is_none():
    routes = [{"dst": "default", "gateway": "10.0.0.1", "dev": "eth0", "protocol": "dhcp"}, {"dst": "default"}]
    assert address_evidence.default_route_from_ip(json.dumps(routes)) == {
        "interface": "eth0",
        "gateway": "10.0.0.1",
        "protocol": "dhcp",
    }
    assert address_evidence.default_route_from_ip("") is None

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is asked about its packets, and who is said to decide about them."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.packet_evidence import (
    ANYBODY,
    member,
    packet_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import kernel_rules
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.firewall.recorded_hosts import (
    EMPTY,
    RecordedHost,
    text,
)

APPLIED = {
    "label": "runtime_fabric",
    "sets": {"nodes": ["192.0.2.11", "192.0.2.21", "192.0.2.22", "2001:db8::21"]},
    "rules": [
        {
            "comment": "etcd",
            "transport": "tcp",
            "ports": ["2379-2380"],
            "from_set": "nodes",
            "networks": [],
            "expires": False,
        },
        {"comment": "web", "transport": "tcp", "ports": ["443"], "from_set": None, "networks": [], "expires": False},
        {
            "comment": "ui",
            "transport": "tcp",
            "ports": ["32009"],
            "from_set": None,
            "networks": ["10.0.0.0/8"],
            "expires": False,
        },
        {
            "comment": "agent",
            "transport": "tcp",
            "ports": ["61022"],
            "from_set": "nodes",
            "networks": [],
            "expires": True,
        },
    ],
    "trusted_networks": ["10.244.0.0/16"],
    "default_deny": False,
    "keep_ports": [22],
    "expires_at": 1000,
}


def evidence(rules, applied=None, now=900, **known):
    host = RecordedHost(rules, **known)
    return packet_evidence(
        host, kernel_rules.read(host), APPLIED if applied is None else applied, "runtime_fabric", now
    )


def test_a_policy_of_firewalld_drops_what_was_applied():
    """It is asked for each node but this one, for anybody, and for a network; nodes without a route to them are left out."""
    found = evidence(
        {"nft": text("firewalld-1.3-policy.json"), "listing": text("firewalld-1.3-policy.txt")}, iptables=""
    )
    assert (found["asked"], found["hidden"]) == ("applied", [])
    assert [(one["ports"], one["sources"], one["owner"]) for one in found["answers"]] == [
        (["2379-2380", "61022"], ["192.0.2.21", "192.0.2.22"], "firewalld"),
        (["443"], [ANYBODY[False]], "firewalld"),
        (["32009"], ["10.0.0.1"], "firewalld"),
    ]
    later = evidence({"nft": text("firewalld-1.3-policy.json")}, now=1000, iptables="")
    assert later["answers"][0]["ports"] == ["2379-2380"]


def test_a_node_that_fail2ban_has_banned_is_told_with_the_program():
    found = evidence({"nft": text("fail2ban.json"), "listing": text("fail2ban.txt")})
    assert [(one["verdict"], one["sources"], one["owner"]) for one in found["answers"]] == [
        ("drop", ["192.0.2.21"], "fail2ban")
    ]
    assert found["forward"] == []


def test_without_anything_applied_all_ports_are_asked_for():
    found = evidence({"nft": EMPTY}, {})
    assert found == {"hidden": [], "asked": "everything", "answers": [], "forward": []}
    shut = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 443 -j DROP\nCOMMIT\n"
    legacy = {"files": {"/proc/net/ip_tables_names": "filter\n"}, "iptables": "legacy"}
    (answer,) = evidence({"iptables-save": shut, "nft": EMPTY}, {}, **legacy)["answers"]
    assert (answer["ports"], answer["owner"], answer["where"]) == (["443"], "", "iptables-legacy filter INPUT")


def test_what_pods_send_on_is_replayed_through_the_chains_that_forward():
    saved = text("cni.save").replace(":FORWARD ACCEPT", ":FORWARD DROP")
    legacy = {"files": {"/proc/net/ip_tables_names": "nat\nfilter\n"}, "iptables": "legacy"}
    (answer,) = evidence({"iptables-save": saved, "nft": EMPTY}, **legacy)["forward"]
    assert (answer["verdict"], answer["where"], answer["rule"]) == ("drop", "iptables-legacy filter FORWARD", "")
    assert answer["owner"] == "CNI plugins"


INGRESS = """{"nftables": [
    {"chain": {"family": "netdev", "table": "edge", "name": "in", "handle": 1, "dev": "eth9", "type": "filter", "hook": "ingress",
               "prio": 0, "policy": "drop"}},
    {"chain": {"family": "bridge", "table": "lxd", "name": "in", "handle": 1, "type": "filter", "hook": "input", "prio": 0,
               "policy": "accept"}},
    {"rule": {"family": "bridge", "table": "lxd", "chain": "in", "handle": 2, "expr": [{"drop": null}]}}]}"""


def test_a_chain_below_a_bond_or_a_bridge_leaves_a_doubt():
    """The interface of the packets is eth0: only what is known to lie below it can see them first."""
    assert evidence({"nft": INGRESS})["answers"] == []
    below = evidence({"nft": INGRESS}, files={"/sys/class/net/eth0/lower_eth9": "", "/sys/class/net/eth0/bridge": ""})
    assert {(answer["verdict"], answer["where"]) for answer in below["answers"]} == {("unknown", "netdev edge in")}
    assert below["hidden"] == ["the chain bridge lxd in sees packets before eth0 does, and is not replayed"]


def test_a_host_without_a_route_has_proved_nothing():
    alone = {**APPLIED, "sets": {"nodes": ["192.0.2.11"]}, "rules": APPLIED["rules"][:1]}
    assert evidence({"nft": EMPTY}, alone)["hidden"] == [
        "the host has no route to any address from which packets are accepted"
    ]


@pytest.mark.parametrize(
    "network, address",
    [
        ("10.0.0.0/8", "10.0.0.1"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::/32", "2001:db8::1"),
        ("2001:db8::7/128", "2001:db8::7"),
    ],
)
def test_an_address_stands_for_its_network(network, address):
    assert member(network) == address

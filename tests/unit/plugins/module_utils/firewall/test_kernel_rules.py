# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a packet finds in rules that real programs wrote: recorded from nft 0.9.8, 1.0.6, 1.1.3 and iptables 1.8.9."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import (
    kernel_rules,
    nft_json,
    packet_replay,
    port_conditions,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.packet_replay import Packet
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.firewall.recorded_hosts import (
    BY_HAND,
    EMPTY,
    SAVED,
    RecordedHost,
    text,
)

NODE = "192.0.2.11"


def found(rules, source="192.0.2.21", transport="tcp", first=1, last=65535):
    """[(verdict, ranges of ports, chain, rule)]."""
    destination = "2001:db8::11" if ":" in source else NODE
    packet = Packet(source, destination, transport, "eth0", "")
    return [
        (answer.verdict, port_conditions.ranges(answer.ports), answer.where, answer.rule)
        for answer in packet_replay.replay(rules.chains, packet, port_conditions.between(first, last))
    ]


@pytest.mark.parametrize("version", ["1.0.6", "1.1.3"])
def test_the_words_of_nft(version):
    """One chain with nearly every kind of match, which drops by policy; each answer was looked up in the rules by hand."""
    rules = kernel_rules.read(RecordedHost({"nft": text(f"nft-{version}.json")}))
    assert rules.hidden == []
    assert found(rules, "10.0.0.5") == [
        ("accept", [(1, 5), (22, 22), (53, 53)], "", ""),
        ("drop", [(6, 21), (23, 52), (54, 79), (82, 442), (444, 8079), (8081, 65535)], "inet own input", "rule 25"),
        ("drop", [(80, 80)], "inet own input", "rule 22"),
        ("unknown", [(81, 81)], "inet own pre", "rule 53"),
        ("drop", [(443, 443)], "inet own input", "rule 26"),
        ("unknown", [(8080, 8080)], "inet own pre", "rule 52"),
    ]
    assert found(rules, "10.0.0.5", "udp") == [("accept", [(1, 65535)], "", "")]
    assert found(rules, "203.0.113.7", "udp")[0] == ("drop", [(1, 52), (54, 65535)], "inet own input", "rule 24")
    assert {answer[3] for answer in found(rules, "2001:db8::1") if answer[0] == "drop"} == {"rule 22", "rule 26"}


def test_what_an_old_nft_does_not_print_is_not_taken_for_granted():
    """nft 0.9.8 leaves the limit out of `add @dyn { ip saddr limit rate over 3/minute } drop`."""
    rules = kernel_rules.read(RecordedHost({"nft": text("nft-0.9.8.json")}))
    assert found(rules, "9.9.9.9", first=22, last=22) == [("accept", [(22, 22)], "", "")]
    cut = text("nft-0.9.8.json").replace('[22, {"accept": null}], ', "").replace('"rate": 3', '"rate": 4')
    assert '{"set": {"op": "add"' in cut
    assert found(kernel_rules.read(RecordedHost({"nft": cut})), "9.9.9.9", first=22, last=22)[0][0] == "unknown"


@pytest.mark.parametrize("version", ["1.3", "2.3"])
def test_a_policy_of_firewalld_that_comes_before_the_zones_is_named(version):
    recorded = {"nft": text(f"firewalld-{version}-policy.json"), "listing": text(f"firewalld-{version}-policy.txt")}
    rules = kernel_rules.read(RecordedHost(recorded, iptables=""))
    assert found(rules) == [
        ("drop", [(1, 21), (23, 65535)], "inet firewalld filter_IN_policy_shut", "drop"),
        ("accept", [(22, 22)], "", ""),
    ]
    # Without the policy it is the end of the zone that rejects, or that of all policies.
    jump, nothing = '{"jump": {"target": "filter_IN_policy_shut"}}', '{"counter": null}'
    rules = kernel_rules.read(RecordedHost(dict(recorded, nft=recorded["nft"].replace(jump, nothing)), iptables=""))
    (shut, accepted) = found(rules)
    assert (shut[0], shut[3]) == ("drop", "reject with icmpx 3")
    assert accepted[:2] == ("accept", [(22, 22)])


def test_fail2ban_bans_a_node_in_nftables_and_in_iptables():
    ruleset = {"nft": text("fail2ban.json"), "listing": text("fail2ban.txt")}
    assert found(kernel_rules.read(RecordedHost(ruleset))) == [
        ("drop", [(1, 65535)], "inet f2b-table f2b-chain", "meta l4proto 6 ip saddr @addr-set-sshd reject with icmp 3")
    ]
    assert found(kernel_rules.read(RecordedHost(ruleset)), "192.0.2.22") == [("accept", [(1, 65535)], "", "")]
    legacy = RecordedHost(
        {"iptables-save": text("fail2ban.save"), "nft": EMPTY},
        {"/proc/net/ip_tables_names": "filter\n"},
        iptables="legacy",
    )
    assert found(kernel_rules.read(legacy)) == [
        (
            "drop",
            [(1, 65535)],
            "iptables-legacy filter f2b-sshd",
            "-A f2b-sshd -s 192.0.2.21/32 -j REJECT --reject-with icmp-port-unreachable",
        )
    ]


@pytest.mark.parametrize("name, port", [("cni", 443), ("netavark", 443)])
def test_a_port_that_a_container_publishes_is_not_the_nodes_to_judge(name, port):
    ruleset = {"nft": text("cni.json"), "listing": text("cni.txt"), "iptables-nft-save": text("cni.save")}
    if name == "netavark":
        ruleset = {"iptables-save": text("netavark.save"), "nft": EMPTY}
    host = RecordedHost(ruleset, {"/proc/net/ip_tables_names": "nat\nfilter\n"} if name == "netavark" else (), "legacy")
    if name == "cni":
        host = RecordedHost(ruleset)
    answers = found(kernel_rules.read(host))
    assert [(answer[0], answer[1]) for answer in answers] == [
        ("accept", [(1, port - 1), (port + 1, 65535)]),
        ("unknown", [(port, port)]),
    ]
    assert "dnat to" in answers[1][3] or "-j DNAT" in answers[1][3]


@pytest.mark.parametrize("saved", [SAVED, "# Table `filter' is incompatible, use 'nft' tool.\n"])
def test_a_table_that_iptables_does_not_print_whole_is_read_from_nft(saved):
    """Tables of this name with rules of nft: netbirdio/netbird#2725, k3s-io/k3s#11415, cloudnativelabs/kube-router#1588."""
    host = RecordedHost({"nft": BY_HAND, "iptables-nft-save": saved})
    assert found(kernel_rules.read(host), last=100) == [
        ("drop", [(1, 21), (23, 100)], "ip filter INPUT", ""),
        ("accept", [(22, 22)], "", ""),
    ]
    assert kernel_rules.beyond_iptables(host) == {("ip", "filter")}
    assert kernel_rules.beyond_iptables(RecordedHost({"nft": text("cni.json")})) == set()


def test_what_cannot_be_read_is_said():
    assert kernel_rules.read(RecordedHost({"nft": None})).hidden == [
        "nft -j list ruleset: Error: JSON support not compiled-in."
    ]
    assert (
        kernel_rules.read(RecordedHost({"nft": "nothing"}))
        .hidden[0]
        .startswith("the output of `nft -j list ruleset` cannot")
    )
    assert kernel_rules.read(RecordedHost({"iptables-save": ""})).hidden == [kernel_rules.NO_NFT]
    assert kernel_rules.read(RecordedHost({}, iptables="")).hidden == []
    unseen = RecordedHost({"nft": EMPTY}, {"/proc/net/ip_tables_names": "filter\n"})
    assert "iptables-legacy-save is not installed" in kernel_rules.read(unseen).hidden[0]


def test_a_table_that_is_switched_off_and_the_device_of_a_chain_are_read_from_the_listing():
    listing = kernel_rules.listing(
        "table inet off { # handle 1\n\tflags dormant\n\tchain input { # handle 1\n\t\ttype filter hook input priority 0; policy drop;\n"
        '\t\ttcp dport 22 counter packets 3 bytes 9 drop comment "x" # handle 7\n\t}\n}\ntable netdev edge { # handle 2\n'
        '\tchain in { # handle 1\n\t\ttype filter hook ingress device "eth0" priority 0; policy accept;\n\t}\n}\n'
    )
    assert listing == nft_json.Listing(
        {("inet", "off", "input", 7): 'tcp dport 22 drop comment "x"'},
        {("netdev", "edge", "in"): "eth0"},
        {("inet", "off")},
    )


def test_a_table_of_the_site_beside_ufw_drops_what_ufw_accepts():
    """Recorded from ufw 0.36.2 with iptables 1.8.9, and a table `inet own` that drops by policy."""
    name = "ufw-and-a-table"
    rules = kernel_rules.read(
        RecordedHost(
            {
                "nft": text(name + ".json"),
                "listing": text(name + ".txt"),
                "iptables-nft-save": text(name + ".save"),
                "ip6tables-nft-save": text(name + ".save6"),
            }
        )
    )
    by_port = {first: (verdict, where) for verdict, pairs, where, dummy in found(rules) for first, dummy_last in pairs}
    assert by_port[22] == ("accept", "")
    assert by_port[443] == by_port[9090] == ("drop", "inet own input")
    assert by_port[30005] == ("drop", "ip filter ufw-user-input")
    assert by_port[1] == ("drop", "ip filter INPUT")
    assert [answer[:2] for answer in found(rules, "2001:db8::1", first=20, last=24)] == [
        ("drop", [(20, 21), (23, 24)]),
        ("accept", [(22, 22)]),
    ]


def test_sets_of_ipset_are_looked_up():
    """A set of one kind of address is known, a set of addresses and ports is not."""
    saved = (
        "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m set --match-set nodes src -m tcp --dport 2379 -j ACCEPT\n"
        "-A INPUT -p tcp -m set --match-set pairs src,dst -m tcp --dport 443 -j ACCEPT\nCOMMIT\n"
    )
    sets = (
        "create nodes hash:net family inet hashsize 1024 maxelem 65536\nadd nodes 192.0.2.0/27\n"
        "create pairs hash:ip,port family inet hashsize 1024 maxelem 65536\nadd pairs 192.0.2.21,tcp:443\n"
    )
    files = {"/proc/net/ip_tables_names": "filter\n"}
    host = RecordedHost({"nft": EMPTY, "iptables-save": saved, "ipset": sets}, files, iptables="legacy")
    rules = kernel_rules.read(host)
    assert [answer[:2] for answer in found(rules, "192.0.2.21", first=2379, last=2379)] == [("accept", [(2379, 2379)])]
    assert [answer[:2] for answer in found(rules, "192.0.2.99", first=2379, last=2379)] == [("drop", [(2379, 2379)])]
    assert [answer[:2] for answer in found(rules, "192.0.2.99", first=443, last=443)] == [("unknown", [(443, 443)])]
    del host.rules["ipset"]
    assert [answer[0] for answer in found(kernel_rules.read(host), "192.0.2.21", first=2379, last=2379)] == ["unknown"]

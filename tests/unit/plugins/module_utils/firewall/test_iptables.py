# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that iptables-restore takes, and what is read back of them."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import iptables
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import Rule, Wanted

SITE = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:KUBE-FIREWALL - [0:0]
-A INPUT -j KUBE-FIREWALL
-A FORWARD -j DOCKER-USER
COMMIT
"""


class PlayedHost:
    def __init__(self, saved):
        self.saved = saved

    def program(self, name):
        return "/usr/sbin/" + name

    def run(self, argv, stdin=None, timeout=None):
        return "iptables v1.8.9 (nf_tables)" if argv[1] == "--version" else self.saved

    def read(self, path):
        return "there\n" if path == "/proc/net/if_inet6" else None


def wanted(**changes):
    rules = [
        Rule("etcd", "tcp", [(2379, 2380), (4001, 4001)], "nodes", [], False),
        Rule("ui", "tcp", [(32009, 32009)], None, ["10.0.0.0/8", "2001:DB8::/32"], False),
        Rule("a,b", "udp", [(53, 53)], None, [], False),
        Rule("install", "tcp", [(4242, 4242)], "nodes", [], True),
    ]
    sets = {"nodes": ["192.0.2.11", "2001:db8:0::11"]}
    return Wanted("ours", sets, rules, ["10.244.0.0/16"], False, [22], 2000, 1000)._replace(**changes)


def backend(saved=SITE):
    return iptables.Iptables(PlayedHost(saved), "ours")


def test_sources_lead_to_the_ports_of_their_set_in_each_ip_version():
    lines = backend().native(wanted()).runtime
    assert "iptables -A OURS-in -s 192.0.2.11/32 -m comment --comment nodes -j OURS-nodes" in lines
    assert "ip6tables -A OURS-in -s 2001:db8::11/128 -m comment --comment nodes -j OURS-nodes" in lines
    etcd = "-A OURS-nodes -p tcp -m multiport --dports 2379:2380,4001 -m comment --comment etcd -j ACCEPT"
    assert "iptables " + etcd in lines and "ip6tables " + etcd in lines
    assert (
        "ip6tables -A OURS-in -s 2001:db8::/32 -p tcp -m tcp --dport 32009 -m comment --comment ui -j ACCEPT" in lines
    )
    assert "iptables -A OURS-in -p udp -m udp --dport 53 -m comment --comment a,b -j ACCEPT" in lines
    assert "iptables -A INPUT -m comment --comment ours -j OURS-in" in lines


def test_what_has_expired_is_left_out_and_nothing_else_is():
    text = backend()._text("iptables", wanted())
    before, after = (iptables.parse(iptables.as_it_holds(text, now))[1] for now in (1999, 2000))
    gone = [words for words in before["OURS-nodes"] if words not in after["OURS-nodes"]]
    assert [words[words.index("--comment") + 1] for words in gone] == ["install"]
    assert {chain: rules for chain, rules in before.items() if chain != "OURS-nodes"} == {
        chain: rules for chain, rules in after.items() if chain != "OURS-nodes"
    }


@pytest.mark.parametrize(
    "rule",
    [
        "-j ts-input",
        "-j LIBVIRT_INP",
        "-j NETAVARK_INPUT",
        "-j CROWDSEC_CHAIN",
        "-p tcp -m multiport --dports 22 -j f2b-sshd",
        "-p tcp -m multiport --dports 22 -m set --match-set f2b-sshd src -j REJECT",
        '-m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT',
        '-i lxdbr0 -p udp -m udp --dport 53 -m comment --comment "generated for LXD network lxdbr0" -j ACCEPT',
        "-i virbr0 -p udp -m udp --dport 67 -j ACCEPT",
    ],
)
def test_rules_of_programs_do_not_make_a_host_filter(rule):
    assert backend(SITE.replace("COMMIT", f"-A INPUT {rule}\nCOMMIT")).activity() == ""


def test_a_rule_about_all_but_the_interface_of_a_program_is_of_the_site():
    assert (
        backend(SITE.replace("COMMIT", "-A INPUT ! -i docker0 -p tcp -j DROP\nCOMMIT")).activity()
        == "INPUT has rules in iptables"
    )


def test_what_an_earlier_version_wrote_elsewhere_is_found_and_named():
    one = backend()
    one.host.read = lambda path: (
        "# Written by hostprep.runtime_fabric; loaded by\n" if path == "/etc/iptables/ours.rules.v4" else None
    )
    assert one.look().permanent[:1] == [
        "/etc/iptables/ours.rules.v4 is in a directory that a loader of the site may read"
    ]
    assert "/etc/iptables/ours.rules.v4" in one.files()


def test_helpers_do_not_make_a_host_filter_and_rules_of_a_site_do():
    assert backend().activity() == ""
    assert backend(SITE.replace("COMMIT", "-A INPUT -p tcp -m tcp --dport 23 -j DROP\nCOMMIT")).activity() == (
        "INPUT has rules in iptables"
    )
    assert backend(SITE.replace(":INPUT ACCEPT", ":INPUT DROP")).activity() == "the policy of INPUT is DROP in iptables"
    assert backend(SITE.replace("COMMIT", "-A INPUT -j OURS-in\nCOMMIT")).activity() == ""


def test_a_denial_comes_last_spares_ssh_and_is_not_needed_where_the_policy_drops():
    rules = iptables.parse(backend()._text("iptables", wanted(default_deny=True)))[1]
    assert rules["OURS-deny"][-1] == ["-j", "DROP"]
    assert [words[-1] for words in rules["INPUT"]] == ["OURS-in", "OURS-deny"]
    assert ["-p", "tcp", "-m", "tcp", "--dport", "22", "-m", "comment", "--comment", "ssh", "-j", "ACCEPT"] in rules[
        "OURS-deny"
    ]
    dropping = backend(SITE.replace(":INPUT ACCEPT", ":INPUT DROP"))
    assert "OURS-deny" not in iptables.parse(dropping._text("iptables", wanted(default_deny=True)))[1]


def test_many_ports_are_split_as_one_match_takes_them():
    matches = iptables._port_matches([(port, port + 1) for port in range(1, 40, 3)], "tcp")
    assert [len(match.split()[-1].split(",")) for match in matches] == [7, 6]


def test_a_set_whose_chain_would_have_too_long_a_name_is_refused():
    with pytest.raises(FirewallError, match="makes the name of an iptables chain too long"):
        backend().native(wanted(sets={"nodes": [], "a-very-long-name-of-a-set": []}))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of ours, the rules in chains of the site, and what is read back of both."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import nftables
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import NOTHING, Rule, Wanted
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.firewall.recorded_hosts import text

# nft indents with tabs.
SITE = """\
table inet filter {
    chain services {
        tcp dport { 22, 9090 } accept
        counter packets 3 bytes 120 drop
    }

    chain input {
        type filter hook input priority filter; policy accept;
        jump services
    }

    chain forward {
        type filter hook forward priority filter; policy accept;
    }

    chain output {
        type filter hook output priority filter; policy drop;
    }
}
table ip filter {
    chain FORWARD {
        type filter hook forward priority filter; policy drop;
    }
}
table inet firewalld {
    chain filter_INPUT {
        type filter hook input priority filter + 10; policy accept;
        reject with icmpx admin-prohibited
    }
}
""".replace("    ", "\t")
MARKED = 'chain inet filter input: meta mark & 0x00001000 == 0x00001000 accept comment "ours"'


class PlayedHost:
    """A host of which only the ruleset, the program iptables and some files are known. writes: what was written and removed."""

    def __init__(self, ruleset="", files=(), clock=1000, iptables="nf_tables"):
        self.ruleset, self.files, self.clock, self.iptables = ruleset, dict(files), clock, iptables
        self.runs = []

    def program(self, name):
        return None if name == "iptables" and not self.iptables else "/usr/sbin/" + name

    def run(self, argv, stdin=None, timeout=None):
        self.runs.append(argv)
        if argv == ["iptables", "--version"]:
            return f"iptables v1.8.9 ({self.iptables})"
        return self.ruleset if argv == ["nft", "-n", "list", "ruleset"] else ""

    def read(self, path):
        return self.files.get(path)

    def write(self, path, text, mode=0o644):
        self.files[path] = text

    def remove(self, path):
        self.files.pop(path, None)

    def unit_is(self, question, unit):
        return False

    def now(self):
        return self.clock


def wanted(**changes):
    rules = [
        Rule("etcd", "tcp", [(2379, 2380), (4001, 4001)], "nodes", [], False),
        Rule("web", "tcp", [(443, 443)], None, [], False),
        Rule("ui", "tcp", [(32009, 32009)], None, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"], False),
        Rule("install", "tcp", [(4242, 4242), (61008, 61010)], "nodes", [], True),
    ]
    sets = {"nodes": ["192.0.2.21", "192.0.2.11", "2001:db8::11"]}
    return Wanted("ours", sets, rules, ["10.244.0.0/16"], False, [22], 2000, 1000)._replace(**changes)


def backend(ruleset="", **known):
    return nftables.Nftables(PlayedHost(ruleset, **known), "ours")


def test_a_chain_that_drops_by_way_of_another_gets_the_one_rule_and_no_other_chain_does():
    lines = backend(SITE).native(wanted()).runtime
    assert [line for line in lines if 'comment "ours"' in line] == [MARKED]


def test_rules_say_from_where_in_each_ip_version_and_what_for():
    lines = backend().native(wanted()).runtime
    assert 'chain input: ip saddr @nodes4 tcp dport { 2379-2380, 4001 } goto accepted comment "etcd"' in lines
    assert 'chain input: ip6 saddr @nodes6 tcp dport { 2379-2380, 4001 } goto accepted comment "etcd"' in lines
    assert 'chain input: tcp dport 443 goto accepted comment "web"' in lines
    assert 'chain input: ip saddr { 10.0.0.0/8, 192.0.2.7 } tcp dport 32009 goto accepted comment "ui"' in lines
    assert 'chain input: ip6 saddr 2001:db8::/32 tcp dport 32009 goto accepted comment "ui"' in lines
    assert [line for line in lines if line.startswith("set nodes4")] == [
        "set nodes4 (ipv4_addr): 192.0.2.11",
        "set nodes4 (ipv4_addr): 192.0.2.21",
    ]


def test_the_file_says_the_same_as_what_is_loaded_and_forgets_what_has_expired():
    one, meant = backend(SITE), wanted()
    lines = one.native(meant).runtime
    text = nftables.text_of(one._table(meant), one._in_chains(meant), meant)
    assert nftables.permanent_lines(text, now=1999) == lines
    later = nftables.permanent_lines(text, now=2000)
    assert set(lines) - set(later) == {
        "set ports-install (inet_service, interval,timeout): 4242",
        "set ports-install (inet_service, interval,timeout): 61008-61010",
    }
    assert nftables.expiry_of(text) == 2000


def test_what_nft_prints_is_read_back_whatever_the_version():
    one, meant = backend(), wanted()
    lines = one.native(meant).runtime
    text = nftables.text_of(one._table(meant), [], meant)
    body = [line for line in text.splitlines() if not line.startswith(("#", "add ", "delete "))]
    printed = "\n".join(body).replace("meta mark set meta mark |", "mark set mark or")
    sets = {
        "nodes4": "192.0.2.21,\n\t\t\t     192.0.2.11",
        "nodes6": "2001:db8::11",
        "trusted4": "10.244.0.0/16",
        "ports-install": "61008-61010 timeout 16m40s expires 15m2s, 4242 timeout 16m40s expires 15m2s",
    }
    for name, elements in sets.items():
        start = printed.index(f"\tset {name} {{")
        end = printed.index("}", start)
        inside = printed[printed.index("{", start) + 1 : end].strip().rstrip(";")
        block = "\tset {} {{\n\t\t{}\n\t\telements = {{ {} }}\n\t}}".format(
            name, inside.replace("; ", "\n\t\t"), elements
        )
        printed = printed[:start] + block + printed[end + 1 :]
    assert nftables.Nftables(PlayedHost(printed), "ours").look().runtime == lines


def test_a_site_that_accepts_by_policy_is_not_denied_behind_its_back():
    accepting = SITE.replace("counter packets 3 bytes 120 drop", "counter packets 3 bytes 120")
    with pytest.raises(FirewallError, match="default_deny: the chain inet filter input"):
        backend(accepting).native(wanted(default_deny=True))
    lines = backend("").native(wanted(default_deny=True)).runtime
    assert lines[-2:] == ["chain deny: meta mark & 0x00001000 == 0x00001000 accept", "chain deny: drop"]
    assert 'chain input: tcp dport 22 goto accepted comment "ssh"' in lines


def test_activity_is_of_the_site_alone():
    assert backend(SITE).activity() == "the chain inet filter input filters"
    assert (
        backend(
            "table inet ours {\n\tchain input {\n\t\ttype filter hook input priority -500; policy accept;\n\t\tdrop\n\t}\n}"
        ).activity()
        == ""
    )
    assert backend(SITE[SITE.index("table ip filter") :]).activity() == ""
    assert backend("").look() == NOTHING


BY_HAND = """\
table ip filter {
    chain INPUT {
        type filter hook input priority filter; policy drop;
        tcp dport 22 accept
    }
}
""".replace("    ", "\t")


@pytest.mark.parametrize("iptables", [None, "legacy"])
def test_a_table_with_the_name_of_iptables_is_of_the_site_where_iptables_does_not_write_it(iptables):
    one = backend(BY_HAND, iptables=iptables)
    assert one.activity() == "the chain ip filter INPUT filters"
    assert "chain ip filter INPUT: " + nftables.ACCEPT_MARKED + ' comment "ours"' in one.native(wanted()).runtime
    assert backend(BY_HAND).activity() == ""


def input_chain(rules, policy="accept", hook="input"):
    lines = "".join(f"\t\t{rule}\n" for rule in rules)
    return f"\tchain base {{\n\t\ttype filter hook {hook} priority 0; policy {policy};\n{lines}\t}}\n"


@pytest.mark.parametrize(
    "table, program",
    [
        # Docker 29, which has switched forwarding on itself
        ("table ip docker-bridges {{\n{}}}".format(input_chain(["drop"], "drop", "forward")), "Docker"),
        (
            "table inet f2b-table {{\n{}}}".format(input_chain(["tcp dport 22 ip saddr @addr-set-sshd reject"])),
            "fail2ban",
        ),
        ("table ip kube-proxy {{\n{}}}".format(input_chain(["ct state new jump firewall-check"])), "Kubernetes"),
        ("table inet netavark {{\n{}}}".format(input_chain(["jump NETAVARK-ISOLATION-1"], hook="forward")), "Podman"),
        ("table ip crowdsec {{\n{}}}".format(input_chain(["ip saddr @crowdsec-blacklists drop"])), "CrowdSec"),
        (
            "table ip filter {{\n{}\tchain ts-input {{\n\t\tdrop\n\t}}\n}}".format(
                input_chain(["counter jump ts-input"])
            ),
            "Tailscale",
        ),
        (
            "table inet mine {{ # progname sentinel\n\tflags owner,persist\n\n{}}}".format(
                input_chain(["drop"], "drop")
            ),
            "sentinel",
        ),
    ],
)
def test_what_a_program_keeps_is_no_firewall_of_the_site_and_gets_no_rule(table, program):
    one = backend(table, iptables=None)
    assert one.activity() == "" and not one.denies()
    assert one.programs() == {program}
    assert [line for line in one.native(wanted()).runtime if 'comment "ours"' in line] == []


def test_a_jump_to_a_program_beside_rules_of_the_site_leaves_the_chain_the_sites_and_the_bans_in_force():
    banning = "table inet filter {\n%s\tchain f2b-sshd {\n\t\treject\n\t}\n}"
    accepting = backend(banning % input_chain(["jump f2b-sshd", "tcp dport 22 accept"]))
    assert accepting.activity() == "the chain inet filter base filters"
    assert [line for line in accepting.native(wanted()).runtime if 'comment "ours"' in line] == []
    denying = backend(banning % input_chain(["jump f2b-sshd", "tcp dport 22 accept", "drop"]))
    assert len([line for line in denying.native(wanted()).runtime if 'comment "ours"' in line]) == 1


def test_a_chain_in_which_the_site_lets_a_program_forward_is_the_sites():
    rules = ['iifname "docker0" accept', 'oifname "docker0" accept']
    one = backend("table inet filter {{\n{}}}".format(input_chain(rules, "drop", "forward")))
    assert one.activity() == "the chain inet filter base filters"
    assert [line for line in one.native(wanted()).runtime if 'comment "ours"' in line] == [
        'chain inet filter base: ip saddr 10.244.0.0/16 accept comment "ours"',
        'chain inet filter base: ip daddr 10.244.0.0/16 accept comment "ours"',
    ]


def test_where_the_site_cannot_be_told_from_a_program_nothing_is_written():
    one = backend("table inet sshguard {{\n{}}}".format(input_chain(["tcp dport 22 accept"], "drop")))
    assert one.activity() == "the chain inet sshguard base drops by policy, in a table with a name that SSHGuard uses"
    with pytest.raises(FirewallError, match="rename the table if it is the site's own"):
        one.native(wanted())


@pytest.mark.parametrize("version", ["1.0.6", "1.1.3"])
def test_sets_and_other_objects_of_a_site_may_hold_anything(version):
    """Recorded from nft: sets of ranges, interfaces, hardware addresses, marks and more, maps, helpers, limits, quotas."""
    one = backend(text(f"site-objects-{version}.txt"), iptables=None)
    assert one.activity() == "the chain inet own input filters"
    rules = [line for line in one.native(wanted()).runtime if line.startswith("chain inet own input: ")]
    assert rules and all('comment "ours"' in line for line in rules)


def test_sets_of_a_site_are_read_as_text_and_those_of_ours_by_value():
    """WKnak/fail2ban-block-ip-range#13: with auto-merge, sets of fail2ban hold ranges as well."""
    tables = nftables.parse(
        "table inet own {\n"
        "\tset a {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = { 10.0.0.9-10.0.0.20, 10.0.0.8 }\n\t}\n"
        "\tset b {\n\t\ttypeof tcp dport\n\t\telements = { 9090, 22 }\n\t}\n"
        "\tset c {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.21, 192.0.2.3 }\n\t}\n}\n"
    )
    assert dict(tables["inet", "own"].sets) == {
        "a": ("ipv4_addr", "interval", ["10.0.0.8", "10.0.0.9-10.0.0.20"]),
        "b": ("", "", ["22", "9090"]),
        "c": ("ipv4_addr", "", ["192.0.2.3", "192.0.2.21"]),
    }


def test_a_table_that_sleeps_filters_nothing():
    assert (
        backend("table inet filter {{\n\tflags dormant\n\n{}}}".format(input_chain(["drop"], "drop"))).activity() == ""
    )


def test_what_an_earlier_version_wrote_where_a_site_includes_it_is_replaced():
    old = "/etc/nftables.d/ours.nft"
    host = PlayedHost(files={old: "# Written by hostprep.runtime_fabric; loaded by the unit ours-firewall.service\n"})
    one = nftables.Nftables(host, "ours")
    assert one.look().permanent == [old + " is in a directory that nftables.conf may include"]
    assert old in one.files()
    one.apply(wanted())
    assert old not in host.files and one.rules_path in host.files
    host.files[old] = "# Written by hostprep.runtime_fabric; an earlier version again\n"
    one.remove()
    assert [path for path in host.files if "ours" in path] == []


def test_a_file_of_the_site_with_our_name_stays():
    host = PlayedHost(files={"/etc/nftables.d/ours.nft": "table inet site {}\n"})
    one = nftables.Nftables(host, "ours")
    assert one.look() == NOTHING
    one.apply(wanted())
    one.remove()
    assert list(host.files) == ["/etc/nftables.d/ours.nft"]


@pytest.mark.parametrize("target", ["sysinit", "multi-user"])
def test_what_enables_the_service_is_among_the_files_that_a_rollback_restores(target):
    """Debian's unit is wanted by one target, that of the RedHat family by the other, as in openshift/commatrix."""
    assert f"/etc/systemd/system/{target}.target.wants/nftables.service" in backend().files()


@pytest.mark.parametrize(
    "text, number",
    [("filter", 0), ("-500", -500), ("filter + 10", 10), ("mangle - 5", -155), ("raw", -300)],
)
def test_priorities(text, number):
    assert nftables._priority(text) == number


@pytest.mark.parametrize(
    "printed, meant",
    [
        ("ct state 0x2,0x4  accept", "ct state established,related accept"),
        ("counter packets 7 bytes 420 drop", "counter drop"),
        ("mark set mark and 0xffffdfff", "meta mark set meta mark & 0xffffdfff"),
        ('tcp dport 22 accept comment "mark and 0x1"', 'tcp dport 22 accept comment "mark and 0x1"'),
    ],
)
def test_one_spelling_for_all_versions(printed, meant):
    assert nftables.normal(printed) == meant


def test_what_is_forwarded_is_never_marked():
    """containernetworking/plugins#81: portmap masquerades what bears the bit 0x2000, and netavark does so, too."""
    one = backend("table inet filter {{\n{}}}".format(input_chain([], "drop", "forward")))
    lines = one.native(wanted()).runtime
    assert [line for line in lines if "mark" in line and "forward" in line] == []
    assert [line for line in lines if line.startswith("chain inet filter base")] == [
        'chain inet filter base: ip saddr 10.244.0.0/16 accept comment "ours"',
        'chain inet filter base: ip daddr 10.244.0.0/16 accept comment "ours"',
    ]
    assert nftables.MARK & (0x2000 | 0x4000 | 0x8000 | 0xFFFF0000 | 0x0F00 | 0x80) == 0

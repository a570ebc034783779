# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules on a ufw that is played: its files, and the chains in force."""

import os
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import ufw
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.ufw import Entry, Ufw
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import (
    NOTHING,
    Rule,
    State,
    Wanted,
)

LABEL = "runtime_fabric"
SCRIPT = "/var/lib/hostprep-runtime-fabric/runtime_fabric-ufw-close"
# As ufw 0.36 writes it, but for chains and limits.
USER_RULES = """*filter
:ufw-user-input - [0:0]
### RULES ###

### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=7468652077617920696e
-A ufw-user-input -p tcp --dport 22 -j ACCEPT

### tuple ### deny tcp 30005 0.0.0.0/0 any 192.0.2.22 in
-A ufw-user-input -p tcp --dport 30005 -s 192.0.2.22 -j DROP

### tuple ### limit_log tcp 8022 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 8022 -m conntrack --ctstate NEW -m recent --set
-A ufw-user-input -p tcp --dport 8022 -j ufw-user-limit-accept

### END RULES ###
COMMIT
"""
USER6_RULES = "*filter\n:ufw6-user-input - [0:0]\n### RULES ###\n\n### END RULES ###\nCOMMIT\n"
SITES_CHAIN = [
    "-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT",
    "-A ufw-user-input -s 192.0.2.22/32 -p tcp -m tcp --dport 30005 -j DROP",
]

ETCD = Rule("etcd", "tcp", [(2379, 2380), (4001, 4001)], "nodes", [], False)
HTTPS = Rule("ingress-https", "tcp", [(443, 443)], None, [], False)
OFFICE = Rule("ops-center-ui", "tcp", [(32009, 32009)], None, ["198.51.100.0/24"], False)
AGENT = Rule("install-agents", "tcp", [(61022, 61024)], "nodes", [], True)


def wanted(*rules, nodes=("192.0.2.11",), trusted=(), deny=False, keep=(22,), expires_at=1700000000, now=100):
    return Wanted(LABEL, {"nodes": list(nodes)}, list(rules), list(trusted), deny, list(keep), expires_at, now)


class FakeHost:
    """A host with ufw; the chains print as iptables 1.8 does."""

    def __init__(self, enabled=True, ipv6=True):
        self.files = {
            "/etc/ufw/ufw.conf": f"# comment\nENABLED={'yes' if enabled else 'no'}\n",
            "/etc/default/ufw": f'IPV6={"yes" if ipv6 else "no"}\nDEFAULT_INPUT_POLICY="DROP"\n',
            "/etc/ufw/user.rules": USER_RULES,
            "/etc/ufw/user6.rules": USER6_RULES,
        }
        self.chains = {"iptables": list(SITES_CHAIN), "ip6tables": []} if enabled else {}
        self.calls, self.writes = [], []

    def program(self, name):
        return "/usr/sbin/" + name

    def unit_is(self, question, unit):
        return True

    def read(self, path):
        return self.files.get(path)

    def write(self, path, text, mode=0o644):
        self.files[path] = text
        self.writes.append(path)

    def remove(self, path):
        self.files.pop(path, None)

    def try_run(self, argv):
        assert argv[1] == "-S"
        if argv[0] not in self.chains:
            return 1, "", "no such chain"
        return 0, "".join(line + "\n" for line in ["-N " + argv[2], *self.chains[argv[0]]] if argv[2] in line), ""

    def run(self, argv, stdin=None):
        self.calls.append(argv)
        if argv[0].endswith("tables-restore"):
            self.restore(argv[0][: -len("-restore")], stdin)
        if argv[:3] == ["ufw", "--force", "enable"]:
            self.files["/etc/ufw/ufw.conf"] = "ENABLED=yes\n"
            self.chains = {"iptables": [], "ip6tables": []}
            for program, path in (("iptables", "user.rules"), ("ip6tables", "user6.rules")):
                self.restore(program, self.files["/etc/ufw/" + path])
        return ""

    def restore(self, program, text):
        for line in text.splitlines():
            if line.startswith("-A "):
                self.chains[program].append(self.printed(line))
            elif line.startswith("-D "):
                self.chains[program].remove(self.printed("-A" + line[2:]))

    @staticmethod
    def printed(line):
        """A rule as iptables -S prints it, whichever way it was given."""
        words = line.split()
        parts = {"-m": []}
        position = 2
        while position < len(words):
            parts.setdefault(words[position], words[position + 1])
            if words[position] == "-m" and words[position + 1] == "conntrack":
                return line
            position += 2
        found = words[:2]
        for option in ("-s", "-d"):
            if option in parts:
                address = parts[option]
                suffix = "" if "/" in address else ("/128" if ":" in address else "/32")
                found += [option, address + suffix]
        if "-p" in parts:
            found += ["-p", parts["-p"]]
            option = "--dports" if "--dports" in parts else "--dport"
            found += ["-m", "multiport" if option == "--dports" else parts["-p"], option, parts[option]]
        if "--comment" in parts:
            found += ["-m", "comment", "--comment", "\"\\'{}\\'\"".format(parts["--comment"].strip("\"'\\"))]
        return " ".join([*found, "-j", parts["-j"]])

    def undo(self, tmp_path):
        """Run what the backend wrote down for the guard, with programs that change the chains played here."""
        log = tmp_path / "log"
        for program in self.chains:
            path = tmp_path / (program + "-restore")
            path.write_text(f"#!/bin/sh\n{{ echo {program}; cat; }} >>{log}\n")
            path.chmod(0o755)
        environment = {"PATH": "{}:{}".format(tmp_path, os.environ["PATH"])}
        subprocess.run(["sh", "-c", self.files["/run/runtime_fabric-ufw.undo"]], env=environment, check=True)
        for block in log.read_text().split("COMMIT\n"):
            if block:
                program, dummy, text = block.partition("\n")
                try:
                    self.restore(program, text)
                except ValueError:  # there is no such rule
                    continue


def applied(host, what):
    backend = Ufw(host, LABEL)
    before, target = backend.look(), backend.native(what)
    backend.apply(what)
    assert Ufw(host, LABEL).look() == target
    return before, target


def settled(host, what):
    backend = Ufw(host, LABEL)
    return backend.look() == backend.native(what)


@pytest.fixture
def host():
    return FakeHost()


def test_rules_stand_behind_those_of_the_site_in_the_file_and_in_force(host):
    before, after = applied(host, wanted(ETCD, HTTPS, OFFICE))
    assert before == NOTHING and settled(host, wanted(ETCD, HTTPS, OFFICE))
    text = host.files["/etc/ufw/user.rules"]
    assert text.startswith(USER_RULES.split("### END RULES ###", maxsplit=1)[0])
    assert (
        "### tuple ### allow tcp 2379:2380,4001 0.0.0.0/0 any 192.0.2.11 runtime_fabric-etcd - in "
        "comment=72756e74696d655f6661627269632065746364\n"
        "-A ufw-user-input -p tcp -m multiport --dports 2379:2380,4001 -s 192.0.2.11 -j ACCEPT "
        "-m comment --comment 'dapp_runtime_fabric-etcd'\n\n"
    ) in text
    assert host.chains["iptables"][:2] == SITES_CHAIN
    assert "443" in host.chains["ip6tables"][0]
    assert after.runtime == [
        "allow tcp 2379:2380,4001 from 192.0.2.11 to 0.0.0.0/0 (runtime_fabric-etcd)",
        "allow tcp 32009 from 198.51.100.0/24 to 0.0.0.0/0 (runtime_fabric-ops-center-ui)",
        "allow tcp 443 from 0.0.0.0/0 to 0.0.0.0/0 (runtime_fabric-ingress-https)",
        "allow tcp 443 from ::/0 to ::/0 (runtime_fabric-ingress-https)",
    ]


def test_profiles_say_what_a_row_opens(host):
    applied(host, wanted(ETCD, HTTPS))
    assert host.files["/etc/ufw/applications.d/runtime_fabric"] == (
        "[runtime_fabric-etcd]\ntitle=runtime_fabric: etcd\n"
        "description=Row etcd of the requirements of runtime_fabric. Written by hostprep.runtime_fabric.\n"
        "ports=2379:2380,4001/tcp\n\n"
        "[runtime_fabric-ingress-https]\ntitle=runtime_fabric: ingress-https\n"
        "description=Row ingress-https of the requirements of runtime_fabric. Written by hostprep.runtime_fabric.\n"
        "ports=443/tcp\n"
    )


def test_a_change_is_one_step_for_each_ip_version_and_no_reload(host):
    rules = [Rule(f"row-{number}", "tcp", [(number, number)], "nodes", [], False) for number in range(1000, 1040)]
    applied(host, wanted(*rules, nodes=[f"192.0.2.{number}" for number in range(1, 21)] + ["2001:db8::1"]))
    assert host.calls == [["iptables-restore", "-n"], ["ip6tables-restore", "-n"]]
    assert len(host.chains["iptables"]) == 2 + 40 * 20


def test_where_nothing_changed_nothing_is_written(host):
    applied(host, wanted(ETCD, AGENT, trusted=["10.244.0.0/16"]))
    host.calls, host.writes = [], []
    Ufw(host, LABEL).apply(wanted(ETCD, AGENT, trusted=["10.244.0.0/16"]))
    assert (host.calls, host.writes) == ([], [])


def test_trusted_networks_come_in_and_are_forwarded_both_ways(host):
    applied(host, wanted(trusted=["10.244.0.0/16"]))
    assert host.chains["iptables"][2:] == [
        "-A ufw-user-input -s 10.244.0.0/16 -j ACCEPT",
        "-A ufw-user-forward -s 10.244.0.0/16 -j ACCEPT",
        "-A ufw-user-forward -d 10.244.0.0/16 -j ACCEPT",
    ]
    assert (
        "### tuple ### route:allow any any 10.244.0.0/16 any 0.0.0.0/0 in comment=" in host.files["/etc/ufw/user.rules"]
    )


def test_what_expires_is_deleted_by_ufw(host):
    applied(host, wanted(ETCD, AGENT))
    assert Ufw(host, LABEL).closing_command() == ["/bin/sh", SCRIPT]
    assert host.files[SCRIPT].splitlines()[2:] == [
        "ufw --force delete allow from 192.0.2.11 to any app runtime_fabric-install-agents"
    ]
    applied(host, wanted(ETCD))
    assert SCRIPT not in host.files and not [line for line in host.chains["iptables"] if "install" in line]


def test_what_has_expired_is_not_asked_for(host):
    applied(host, wanted(AGENT))
    for program, line in [("iptables", line) for line in host.chains["iptables"] if "install" in line]:
        host.chains[program].remove(line)
    host.files["/etc/ufw/user.rules"] = USER_RULES
    assert settled(host, wanted(AGENT, now=1700000001))


@pytest.mark.parametrize("expired", [False, True])
def test_undoing_a_change_gives_back_the_chains(host, tmp_path, expired):
    applied(host, wanted(ETCD, HTTPS, trusted=["10.244.0.0/16"]))
    before = {program: sorted(lines) for program, lines in host.chains.items()}
    Ufw(host, LABEL).restore_commands()
    applied(host, wanted(AGENT, OFFICE, nodes=["192.0.2.50"], trusted=["10.99.0.0/16"]))
    if expired:
        host.chains["iptables"] = [line for line in host.chains["iptables"] if "install-agents" not in line]
    host.undo(tmp_path)
    assert {program: sorted(lines) for program, lines in host.chains.items()} == before


def test_removing_leaves_what_is_the_sites_and_nothing_else(host):
    files = dict(host.files)
    applied(host, wanted(ETCD, HTTPS, AGENT, trusted=["10.244.0.0/16"]))
    Ufw(host, LABEL).remove()
    assert Ufw(host, LABEL).look() == NOTHING
    assert {path: text for path, text in host.files.items() if not path.startswith("/run/")} == files
    assert host.chains == {"iptables": SITES_CHAIN, "ip6tables": []}


def test_a_rule_that_the_site_has_already_stays_its_own(host):
    sites = (
        "### tuple ### allow any any 0.0.0.0/0 any 10.244.0.0/16 in\n-A ufw-user-input -s 10.244.0.0/16 -j ACCEPT\n\n"
    )
    host.files["/etc/ufw/user.rules"] = USER_RULES.replace("### END", sites + "### END")
    host.chains["iptables"].append("-A ufw-user-input -s 10.244.0.0/16 -j ACCEPT")
    what = wanted(trusted=["10.244.0.0/16"])
    applied(host, what)
    assert settled(host, what)
    Ufw(host, LABEL).remove()
    assert "-A ufw-user-input -s 10.244.0.0/16 -j ACCEPT" in host.chains["iptables"]


def test_a_rule_that_is_in_force_already_is_not_doubled(host):
    host.chains["iptables"].append("-A ufw-user-forward -s 10.244.0.0/16 -j ACCEPT")
    what = wanted(trusted=["10.244.0.0/16"])
    applied(host, what)
    assert (
        len([line for line in host.chains["iptables"] if line == "-A ufw-user-forward -s 10.244.0.0/16 -j ACCEPT"]) == 1
    )


def test_ufw_is_enabled_only_when_the_rules_and_ssh_are_written(host):
    host = FakeHost(enabled=False)
    what = wanted(HTTPS, keep=[2222])
    backend = Ufw(host, LABEL)
    target = backend.native(what)
    backend.start(what)
    assert host.calls == []
    backend.apply(what)
    assert host.calls[0] == ["ufw", "--force", "enable"]
    assert Ufw(host, LABEL).look() == target
    assert [line for line in host.chains["iptables"] if "2222" in line]
    assert settled(host, what)


def test_a_network_of_one_address_is_that_address(host):
    what = wanted(OFFICE._replace(networks=["198.51.100.80/32", "2001:db8::80/128"]), trusted=["10.244.0.1/32"])
    applied(host, what)
    assert settled(host, what)
    assert " any 198.51.100.80 runtime_fabric-" in host.files["/etc/ufw/user.rules"]


def test_without_ipv6_there_are_no_such_rules():
    host = FakeHost(ipv6=False)
    applied(host, wanted(HTTPS, ETCD, nodes=["192.0.2.11", "2001:db8::1"]))
    assert host.files["/etc/ufw/user6.rules"] == USER6_RULES
    assert host.chains["ip6tables"] == []


def test_more_ports_than_a_rule_can_have_are_several_profiles(host):
    ports = [(number, number) for number in range(1000, 1040, 2)] + [(2000, 2100)]
    applied(host, wanted(Rule("many", "udp", ports, None, [], False)))
    found = [line for line in Ufw(host, LABEL).look().permanent if line.startswith("profile")]
    assert [line.split(":")[0] for line in found] == ["profile runtime_fabric-many-2", "profile runtime_fabric-many"]
    assert found[0].endswith(",2000:2100/udp")


def test_default_deny_is_refused_where_the_site_accepts_by_default(host):
    host.files["/etc/default/ufw"] = 'DEFAULT_INPUT_POLICY="ACCEPT"\n'
    with pytest.raises(FirewallError, match="default_deny: by default, ufw accepts"):
        Ufw(host, LABEL).native(wanted(ETCD, deny=True))


@pytest.mark.parametrize(
    "line, expected",
    [
        (
            "-A ufw-user-input -s 192.0.2.1/32 -p tcp -m tcp --dport 443 -m comment --comment dapp_x -j ACCEPT",
            Entry(False, "input", "tcp", "443", "192.0.2.1", "0.0.0.0/0", "x"),
        ),
        (
            "-A ufw-user-input -p udp -m multiport --dports 1:2,5 -m comment --comment \"\\'dapp_x\\'\" -j ACCEPT",
            Entry(False, "input", "udp", "1:2,5", "0.0.0.0/0", "0.0.0.0/0", "x"),
        ),
        ("-A ufw-user-input -p tcp -m tcp --dport 443 -j DROP", None),
        ("-A ufw-user-input -i eth0 -p tcp -m tcp --dport 443 -j ACCEPT", None),
        ("-A ufw-user-input ! -s 192.0.2.1/32 -j ACCEPT", None),
        ("-N ufw-user-input", None),
    ],
)
def test_rules_in_force_are_read(line, expected):
    assert ufw.entry_of(line, False) == expected


def test_activity_needs_both_the_setting_and_the_chains(host):
    assert Ufw(host, LABEL).activity() == "/etc/ufw/ufw.conf says ENABLED=yes"
    host.chains = {}
    assert Ufw(host, LABEL).activity() == ""
    assert Ufw(FakeHost(enabled=False), LABEL).activity() == ""


def test_a_state_shows_what_holds_after_a_boot_apart(host):
    dummy, after = applied(host, wanted(AGENT))
    line = "allow tcp 61022:61024 from 192.0.2.11 to 0.0.0.0/0 (runtime_fabric-install-agents)"
    assert after == State([line], [line, "profile runtime_fabric-install-agents: 61022:61024/tcp"])

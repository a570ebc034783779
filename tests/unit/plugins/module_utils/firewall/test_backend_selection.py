# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which firewall counts, beside programs that keep rules of their own, and what must not be started or stopped for it."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import backend_selection
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.firewall.recorded_hosts import (
    BY_HAND,
    EMPTY,
    SAVED,
)

OWN = """\
table inet own {
\tchain input {
\t\ttype filter hook input priority 0; policy drop;
\t\ttcp dport 22 accept
\t}
}
"""
BANS = """\
table inet f2b-table {
\tchain f2b-chain {
\t\ttype filter hook input priority filter - 1; policy accept;
\t\ttcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable
\t}
}
"""
DOCKER = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
COMMIT
"""


class PlayedHost:
    """A host with all firewalls installed, of which those named in `units` are active and enabled."""

    def __init__(self, units=(), nft="", iptables="", files=(), nft_json=""):
        self.units, self.nft, self.iptables, self.files = set(units), nft, iptables, dict(files)
        self.nft_json = nft_json
        self.runs = []

    def program(self, name):
        return "/usr/sbin/" + name

    def read(self, path):
        return self.files.get(path)

    def names(self, directory):
        return []

    def unit_is(self, question, unit):
        return unit in self.units

    def try_run(self, argv, stdin=None, timeout=None):
        return (0 if "ufw.service" in self.units else 1), "", ""

    def run(self, argv, stdin=None, timeout=None):
        self.runs.append(argv)
        if argv[1:] == ["--version"]:
            return "iptables v1.8.9 (nf_tables)"
        if argv[0] == "nft":
            return self.nft_json if argv[1] == "-j" else self.nft
        return self.iptables if argv[0].endswith("-save") else ""


def backends(*arguments, **known):
    return backend_selection.all_backends(PlayedHost(*arguments, **known), "ours")


@pytest.mark.parametrize("front_end", ["firewalld", "ufw"])
def test_a_table_of_the_site_that_denies_beside_a_front_end_is_a_second_firewall(front_end):
    known = {
        "units": [front_end + ".service"],
        "files": {"/etc/ufw/ufw.conf": "ENABLED=yes\n"} if front_end == "ufw" else {},
    }
    assert list(backend_selection.active(backends(**known))) == [front_end]
    both = backends(nft=OWN, **known)
    assert set(backend_selection.active(both)) == {front_end, "nftables"}
    with pytest.raises(FirewallError, match="two firewalls are active"):
        backend_selection.choose(backend_selection.AUTO, both, backend_selection.active(both), [])


def test_a_table_called_like_one_of_iptables_that_iptables_cannot_have_is_the_sites():
    """netbirdio/netbird#2725, k3s-io/k3s#11415: iptables prints nothing of it, or rules without their conditions."""
    table = "table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority 0; policy drop;\n\t\tip saddr @s accept\n\t}\n}\n"
    known = {"nft": table, "nft_json": BY_HAND}
    for saved in (SAVED, "# Table `filter' is incompatible, use 'nft' tool.\n"):
        assert list(backend_selection.active(backends(iptables=saved, **known))) == ["nftables"]
    assert list(backend_selection.active(backends(iptables=SAVED, nft=table, nft_json=EMPTY))) == ["iptables"]


def test_a_front_end_is_not_started_beside_a_table_of_the_site_that_denies():
    both = backends(nft=OWN)
    with pytest.raises(FirewallError, match="firewalld is chosen, but nftables is active"):
        backend_selection.choose("firewalld", both, backend_selection.active(both), [])


def test_what_fail2ban_keeps_in_nftables_is_no_second_firewall():
    found = backend_selection.active(
        backends(nft=BANS, iptables=DOCKER.replace("COMMIT", "-A INPUT -p tcp -j DROP\nCOMMIT"))
    )
    assert list(found) == ["iptables"]


@pytest.mark.parametrize(
    "name, known, what",
    [
        (
            "nftables",
            {"nft": BANS, "files": {"/etc/nftables.conf": "#!/usr/sbin/nft -f\n\nflush ruleset\n"}},
            "fail2ban",
        ),
        ("nftables", {"nft": BANS, "files": {"/etc/sysconfig/nftables.conf": "flush ruleset\n"}}, "fail2ban"),
        ("nftables", {"nft": BANS, "files": {"/etc/nftables.conf": "# flush ruleset\n"}}, None),
        ("firewalld", {"iptables": DOCKER}, "Docker"),
        ("firewalld", {"nft": BANS}, None),
        ("ufw", {"nft": BANS, "iptables": DOCKER}, None),
    ],
)
def test_no_firewall_is_started_that_would_flush_what_a_program_keeps(name, known, what):
    if what is None:
        assert backend_selection.require_harmless_start(backends(**known), name) is None
    else:
        with pytest.raises(FirewallError, match=f"{name} is not started, because .* including those of {what}"):
            backend_selection.require_harmless_start(backends(**known), name)


@pytest.mark.parametrize("iptables, stops", [(DOCKER, False), ("", True)])
def test_a_firewall_goes_on_running_where_stopping_it_would_flush_what_a_program_keeps(iptables, stops):
    found = backends(iptables=iptables)
    host = found["firewalld"].host
    backend_selection.stop(found, "firewalld", {"active": False, "enabled": False})
    assert (["systemctl", "disable", "--quiet", "firewalld.service"] in host.runs) is True
    assert (["systemctl", "stop", "firewalld.service"] in host.runs) is stops


def test_a_service_that_was_there_before_stays():
    found = backends()
    backend_selection.stop(found, "nftables", {"active": True, "enabled": True})
    assert [argv for argv in found["nftables"].host.runs if argv[0] == "systemctl"] == []

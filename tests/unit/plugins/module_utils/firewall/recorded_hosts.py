# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host whose kernel rules were recorded: what nft, iptables-save and ip printed there."""

import os

RECORDED = os.path.join(os.path.dirname(__file__), "recorded")
EMPTY = '{"nftables": []}'
# As iptables 1.8.9 and nft 1.0.6 print it: iptables-save leaves out the condition `ip saddr @s`.
BY_HAND = """{"nftables": [
    {"table": {"family": "ip", "name": "filter", "handle": 1}},
    {"set": {"family": "ip", "name": "s", "table": "filter", "type": "ipv4_addr", "handle": 2, "elem": ["1.2.3.4"]}},
    {"chain": {"family": "ip", "table": "filter", "name": "INPUT", "handle": 1, "type": "filter", "hook": "input", "prio": 0,
               "policy": "drop"}},
    {"rule": {"family": "ip", "table": "filter", "chain": "INPUT", "handle": 3, "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}, {"accept": null}]}},
    {"rule": {"family": "ip", "table": "filter", "chain": "INPUT", "handle": 4, "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@s"}}, {"accept": null}]}}]}"""
SAVED = """# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -j ACCEPT
COMMIT
"""
# What the module firewall_rules was asked for.
APPLIED = {
    "label": "runtime_fabric",
    "sets": {"nodes": ["192.0.2.21", "192.0.2.22"]},
    "rules": [
        {
            "comment": "etcd",
            "transport": "tcp",
            "ports": ["2379"],
            "from_set": "nodes",
            "networks": [],
            "expires": False,
        },
        {
            "comment": "web",
            "transport": "tcp",
            "ports": ["443", "8080"],
            "from_set": None,
            "networks": [],
            "expires": False,
        },
        {
            "comment": "ui",
            "transport": "tcp",
            "ports": ["32009"],
            "from_set": None,
            "networks": ["10.0.0.0/8"],
            "expires": False,
        },
        {"comment": "dns", "transport": "udp", "ports": ["53"], "from_set": "nodes", "networks": [], "expires": False},
    ],
    "trusted_networks": ["10.244.0.0/16"],
    "default_deny": False,
    "keep_ports": [22],
    "expires_at": 0,
}


def text(name):
    """The text of a recorded file."""
    with open(os.path.join(RECORDED, name), encoding="utf-8") as stream:
        return stream.read()


class RecordedHost:
    """rules: {program: what it prints}; a program that is not among them is not installed. files: {path: text}."""

    def __init__(self, rules, files=(), iptables="nf_tables"):
        self.rules, self.files, self.iptables = dict(rules), dict(files), iptables

    def program(self, name):
        installed = set(self.rules) | ({"iptables"} if self.iptables else set())
        return "/usr/sbin/" + name if name in installed else None

    def names(self, directory):
        return sorted(
            path[len(directory) + 1 :].split("/")[0] for path in self.files if path.startswith(directory + "/")
        )

    def is_directory(self, path):
        return path in self.files

    def read(self, path):
        return self.files.get(path)

    def run(self, argv, stdin=None, timeout=None):
        code, out, error = self.try_run(argv)
        assert code == 0, error
        return out

    def try_run(self, argv, stdin=None, timeout=None):
        if argv == ["iptables", "--version"]:
            return 0, f"iptables v1.8.9 ({self.iptables})\n", ""
        if argv[:4] == ["ip", "-o", "route", "get"]:
            return _route(argv[4])
        if argv == ["nft", "-a", "-n", "list", "ruleset"]:
            return 0, self.rules.get("listing", ""), ""
        found = self.rules[argv[0]]
        return (0, found, "") if found is not None else (1, "", "Error: JSON support not compiled-in.\n")


class ReportedHost(RecordedHost):
    """A host with the rules of the recorded files NAME.*, and with no front end."""

    def __init__(self, name):
        def recorded(suffix, otherwise=""):
            path = f"{name}.{suffix}"
            return text(path) if os.path.exists(os.path.join(RECORDED, path)) else otherwise

        self.listing = recorded("txt")
        legacy = recorded("legacy")
        saved = "iptables-save", legacy or recorded("save")
        known = {
            "nft": recorded("json", EMPTY),
            "listing": self.listing,
            "ip6tables-save": recorded("save6"),
            "iptables-restore": "",
        }
        if recorded("ipset"):
            known["ipset"] = recorded("ipset")
        files = {"/proc/net/ip_tables_names": "filter\n"} if legacy else {}
        super().__init__(dict([saved], **known), files, "legacy" if legacy else "nf_tables")

    def try_run(self, argv, stdin=None, timeout=None):
        if argv == ["nft", "-n", "list", "ruleset"]:
            return 0, self.listing, ""
        return super().try_run(argv)

    def unit_is(self, question, unit):
        return False


def _route(source):
    if source == "192.0.2.11":
        return 0, "local 192.0.2.11 dev lo src 192.0.2.11 uid 0 \\    cache <local> \n", ""
    if ":" in source:
        return 2, "", "RTNETLINK answers: Network is unreachable\n"
    return 0, f"{source} dev eth0 src 192.0.2.11 uid 0 \\    cache \n", ""

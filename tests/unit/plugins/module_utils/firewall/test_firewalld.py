# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules on a firewalld that is played: what it holds at runtime, and what it reads when it is loaded."""

import copy
import re
import subprocess
from xml.etree import ElementTree

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import firewalld
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.firewalld import Firewalld
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import (
    NOTHING,
    Rule,
    State,
    Wanted,
)

LABEL = "runtime_fabric"
PUBLIC = """<?xml version="1.0" encoding="utf-8"?>
<zone>
  <short>Public</short>
  <service name="ssh"/>
</zone>
"""
TRUSTED = '<?xml version="1.0" encoding="utf-8"?>\n<zone target="ACCEPT">\n  <short>Trusted</short>\n</zone>\n'
DROP = '<?xml version="1.0" encoding="utf-8"?>\n<zone target="DROP">\n  <short>Drop</short>\n</zone>\n'
SITES_RULE = 'rule family="ipv4" source address="192.0.2.9" port port="30005" protocol="tcp" drop'

ETCD = Rule("etcd", "tcp", [(2379, 2380), (4001, 4001)], "nodes", [], False)
HTTPS = Rule("ingress-https", "tcp", [(443, 443)], None, [], False)
OFFICE = Rule("ops-center-ui", "tcp", [(32009, 32009)], None, ["198.51.100.0/24"], False)
AGENT = Rule("install-agents", "tcp", [(61022, 61024)], "nodes", [], True)


def wanted(*rules, nodes=("192.0.2.11", "192.0.2.21"), trusted=(), deny=False, keep=(22,), expires_at=1000, now=100):
    return Wanted(LABEL, {"nodes": list(nodes)}, list(rules), list(trusted), deny, list(keep), expires_at, now)


class FakeHost:
    """A host with firewalld: files, what firewalld knows since it was loaded, and the calls that were made."""

    def __init__(self, active=True, version="1.3.3", lacks=()):
        self.active, self.version, self.lacks = active, version, lacks
        self.files = {
            "/usr/lib/firewalld/zones/public.xml": PUBLIC,
            "/usr/lib/firewalld/zones/trusted.xml": TRUSTED,
            "/usr/lib/firewalld/zones/drop.xml": DROP,
            "/etc/firewalld/firewalld.conf": "# comment\nDefaultZone=public\n",
        }
        self.changes = []
        self.load()

    def load(self):
        """What a reload or a boot does."""
        self.zones, self.ipsets, self.services = {}, {}, set()
        for path, text in sorted(self.files.items(), key=lambda item: item[0].startswith("/etc")):
            match = re.match(r"/(?:etc|usr/lib)/firewalld/(zones|ipsets|services)/(.*)\.xml\Z", path)
            if not match:
                continue
            kind, name = match.groups()
            root = ElementTree.fromstring(text.encode())
            if kind == "zones":
                self.zones[name] = {
                    "target": root.get("target", "default"),
                    "interfaces": [],
                    "rich-rule": firewalld.rich_rules(root),
                    "source": [one.get("address") for one in root.findall("source")],
                }
            elif kind == "ipsets":
                self.ipsets[name] = [one.text for one in root.findall("entry")]
            else:
                self.services.add(name)

    def program(self, name):
        return None if name in self.lacks else "/usr/bin/" + name

    def unit_is(self, question, unit):
        return self.active

    def names(self, directory):
        return sorted(path[len(directory) + 1 :] for path in self.files if path.startswith(directory + "/"))

    def read(self, path):
        return self.files.get(path)

    def write(self, path, text, mode=0o644):
        self.files[path] = text
        if not path.startswith("/run/"):
            self.changes.append(path)

    def remove(self, path):
        self.files.pop(path, None)

    def run(self, argv):
        words = [word for word in argv[1:] if word != "--quiet"]
        if argv[0] == "systemctl" and words[:2] == ["enable", "--now"]:
            self.active = True
            self.load()
        if argv[0] != "firewall-cmd" or words == ["--check-config"]:
            return ""
        if words == ["--version"]:
            return self.version + "\n"
        if words == ["--list-all-zones"]:
            return "\n".join(self._listed(name) for name in self.zones)
        if words in (["--get-ipsets"], ["--get-services"]):
            return " ".join(sorted(self.ipsets if words == ["--get-ipsets"] else self.services | {"ssh", "https"}))
        place, name = words[0][2:].split("=")
        if words[1:] == ["--get-entries"]:
            return "\n".join(self.ipsets[name])
        self.changes.append(words)
        for word in words[1:]:
            match = re.match(r"--(add|remove)-(rich-rule|entry|source)=(.*)", word)
            if match:
                verb, kind, value = match.groups()
                held = self.ipsets[name] if place == "ipset" else self.zones[name][kind]
                for known, pattern in ((self.ipsets, r'ipset="([^"]*)'), (self.services, r'service name="([^"]*)')):
                    assert set(re.findall(pattern, value)) <= set(known), value
                if verb == "add":
                    assert value not in held
                    held.append(value)
                else:
                    held.remove(value)
        return ""

    def _listed(self, name):
        zone = self.zones[name]
        rules = "".join(f"\t{rule}\n" for rule in zone["rich-rule"])
        return "{}{}\n  target: {}\n  interfaces: {}\n  sources: {}\n  services: ssh\n  rich rules: \n{}".format(
            name,
            " (active)" if zone["interfaces"] else "",
            zone["target"],
            " ".join(zone["interfaces"]),
            " ".join(zone["source"]),
            rules,
        )

    def undo(self, label=LABEL):
        """Run what the backend wrote down for the guard."""
        for line in self.files[f"/run/{label}-firewalld.undo"].splitlines():
            words = re.findall(r"'([^']*)'", line)
            self.run(["firewall-cmd", *words])


def applied(host, what):
    """Apply, and return the State before, after and the one that was announced."""
    backend = Firewalld(host, LABEL)
    before, target = backend.look(), backend.native(what)
    backend.apply(what)
    after = Firewalld(host, LABEL).look()
    assert after == target
    return before, after


def settled(host, what):
    """Whether another run finds nothing to do."""
    backend = Firewalld(host, LABEL)
    return backend.look() == backend.native(what)


@pytest.fixture
def host():
    return FakeHost()


def test_rules_hold_at_once_without_a_reload_and_after_one_by_name(host):
    what = wanted(ETCD, HTTPS, OFFICE)
    before, after = applied(host, what)
    assert before == NOTHING and settled(host, what)
    assert sorted(host.zones["public"]["rich-rule"]) == [
        'rule family="ipv4" source address="192.0.2.11" port port="2379-2380" protocol="tcp" accept',
        'rule family="ipv4" source address="192.0.2.11" port port="4001" protocol="tcp" accept',
        'rule family="ipv4" source address="192.0.2.21" port port="2379-2380" protocol="tcp" accept',
        'rule family="ipv4" source address="192.0.2.21" port port="4001" protocol="tcp" accept',
        'rule family="ipv4" source address="198.51.100.0/24" port port="32009" protocol="tcp" accept',
        'rule port port="443" protocol="tcp" accept',
    ]
    host.load()
    assert sorted(host.zones["public"]["rich-rule"]) == [
        'rule family="ipv4" source address="198.51.100.0/24" service name="runtime_fabric-ops-center-ui" accept',
        'rule family="ipv4" source ipset="runtime_fabric-nodes" service name="runtime_fabric-etcd" accept',
        'rule service name="runtime_fabric-ingress-https" accept',
    ]
    assert host.ipsets["runtime_fabric-nodes"] == ["192.0.2.11", "192.0.2.21"]
    assert settled(host, what)
    assert Firewalld(host, LABEL).look().permanent == after.permanent


def test_the_cost_of_a_change_does_not_grow_with_the_rows(host):
    rules = [Rule(f"row-{number}", "tcp", [(number, number)], "nodes", [], False) for number in range(1000, 1040)]
    applied(host, wanted(*rules))
    assert sum(isinstance(change, list) for change in host.changes) == 1


@pytest.mark.parametrize("loaded", [False, True])
def test_a_node_more_is_an_entry_more(host, loaded):
    applied(host, wanted(ETCD))
    if loaded:
        host.load()
    more = wanted(ETCD, nodes=("192.0.2.11", "192.0.2.21", "192.0.2.22"))
    applied(host, more)
    assert settled(host, more)
    assert "<entry>192.0.2.22</entry>" in host.files["/etc/firewalld/ipsets/runtime_fabric-nodes.xml"]
    if loaded:
        assert host.changes[-1] != [] and ["--ipset=runtime_fabric-nodes", "--add-entry=192.0.2.22"] in host.changes
    else:
        assert len([rule for rule in host.zones["public"]["rich-rule"] if "192.0.2.22" in rule]) == 2


def test_changed_ports_hold_at_runtime_though_firewalld_knows_the_service_otherwise(host):
    applied(host, wanted(ETCD))
    host.load()
    other = wanted(ETCD._replace(ports=[(2379, 2379)]))
    applied(host, other)
    assert settled(host, other)
    assert host.zones["public"]["rich-rule"] == [
        'rule family="ipv4" source ipset="runtime_fabric-nodes" port port="2379" protocol="tcp" accept'
    ]
    host.load()
    assert settled(host, other)


def test_what_expires_has_a_timeout_at_runtime_and_outlives_a_boot_until_its_time(host):
    applied(host, wanted(ETCD, AGENT))
    assert [
        "--zone=public",
        '--add-rich-rule=rule family="ipv4" source address="192.0.2.11" port port="61022-61024" protocol="tcp" accept',
        '--add-rich-rule=rule family="ipv4" source address="192.0.2.21" port port="61022-61024" protocol="tcp" accept',
        "--timeout=900",
    ] in host.changes
    host.load()
    assert [rule for rule in host.zones["public"]["rich-rule"] if "install-agents" in rule]
    assert settled(host, wanted(ETCD, AGENT))
    applied(host, wanted(ETCD, AGENT, expires_at=2000))
    assert settled(host, wanted(ETCD, AGENT, expires_at=2000))
    applied(host, wanted(ETCD, AGENT, expires_at=3000, now=1500))
    assert any(change[-1] == "--timeout=1500" for change in host.changes if isinstance(change, list))
    assert not settled(host, wanted(ETCD, AGENT, expires_at=3000, now=3000))


@pytest.mark.parametrize(
    "zone",
    [
        PUBLIC,
        PUBLIC.rstrip(),
        '<!-- the site\'s -->\n<zone>\n  <rule family="ipv4"><source address="192.0.2.9"/><service name="ssh"/><drop/></rule>\n</zone>\n',
        '<zone target="DROP">\n\t<service name="ssh"/></zone>',
    ],
)
def test_the_script_of_the_timer_takes_out_what_has_expired_and_nothing_else(host, zone, tmp_path):
    """Run by the real sh and awk, with a firewall-cmd that writes down how it is called."""
    host.files["/usr/lib/firewalld/zones/public.xml"] = zone
    lasting, calls, program = wanted(ETCD, HTTPS), tmp_path / "calls", tmp_path / "firewall-cmd"
    applied(host, lasting)
    kept = host.files["/etc/firewalld/zones/public.xml"]
    applied(host, wanted(ETCD, HTTPS, AGENT))
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>{calls}\n', encoding="utf-8")
    program.chmod(0o755)
    path = tmp_path / "public.xml"
    path.write_text(host.files["/etc/firewalld/zones/public.xml"], encoding="utf-8")
    command = Firewalld(host, LABEL).closing_command()
    script = host.files[command[1]].replace("/etc/firewalld/zones", str(tmp_path))
    for _twice in range(2):
        subprocess.run(["/bin/sh", "-c", script], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
        assert path.read_text(encoding="utf-8") == kept
    assert sorted(one.name for one in tmp_path.iterdir()) == ["calls", "firewall-cmd", "public.xml"]
    removed = [
        line for line in calls.read_text(encoding="utf-8").splitlines() if line.startswith("--remove-rich-rule=")
    ]
    assert {line.partition("=")[2] for line in removed} >= {
        'rule family="ipv4" source ipset="runtime_fabric-nodes" service name="runtime_fabric-install-agents" accept',
        'rule family="ipv4" source address="192.0.2.11" port port="61022-61024" protocol="tcp" accept',
    }
    assert not [line for line in removed if "etcd" in line or "https" in line]


def test_a_change_without_anything_that_expires_leaves_no_script(host):
    applied(host, wanted(ETCD, AGENT))
    script = Firewalld(host, LABEL).closing_command()[1]
    assert script in host.files and script in Firewalld(host, LABEL).files()
    applied(host, wanted(ETCD))
    assert script not in host.files


@pytest.mark.parametrize("loaded", [False, True])
def test_undoing_a_change_gives_back_the_runtime(host, loaded):
    applied(host, wanted(ETCD, HTTPS, AGENT, trusted=["10.244.0.0/16"]))
    if loaded:
        host.load()
    before = copy.deepcopy((host.zones, host.ipsets))
    applied(host, wanted(OFFICE, trusted=["10.99.0.0/16"], nodes=["192.0.2.50"]))
    host.undo()
    for seen, was in zip((host.zones, host.ipsets), before):
        for name, content in seen.items():
            held = (
                {key: sorted(values) for key, values in content.items()}
                if isinstance(content, dict)
                else sorted(content)
            )
            had = (
                {key: sorted(values) for key, values in was[name].items()}
                if isinstance(content, dict)
                else sorted(was[name])
            )
            assert held == had


@pytest.mark.parametrize("loaded", [False, True])
def test_removing_leaves_what_is_the_sites_and_nothing_else(host, loaded):
    host.zones["public"]["rich-rule"].append(SITES_RULE)
    files = dict(host.files)
    applied(host, wanted(ETCD, HTTPS, AGENT, trusted=["10.244.0.0/16"]))
    if loaded:
        host.load()
        host.zones["public"]["rich-rule"].append(SITES_RULE)
    Firewalld(host, LABEL).remove()
    assert Firewalld(host, LABEL).look() == NOTHING
    assert host.zones["public"]["rich-rule"] == [SITES_RULE]
    assert {path: text for path, text in host.files.items() if not path.startswith("/run/")} == files


def test_rules_come_again_after_they_were_removed(host):
    applied(host, wanted(ETCD))
    host.load()
    Firewalld(host, LABEL).remove()
    applied(host, wanted(ETCD))
    assert settled(host, wanted(ETCD))
    assert len(host.zones["public"]["rich-rule"]) == 4  # firewalld still knows the ipset, but as an empty one


def test_a_rule_that_the_site_has_already_stays_its_own(host):
    same = 'rule port port="443" protocol="tcp" accept'
    host.zones["public"]["rich-rule"].append(same)
    applied(host, wanted(HTTPS))
    assert settled(host, wanted(HTTPS))
    Firewalld(host, LABEL).remove()
    assert host.zones["public"]["rich-rule"] == [same]


def test_every_zone_that_holds_traffic_gets_the_rules_but_not_one_that_only_denies(host):
    host.zones["dmz"] = {"target": "default", "interfaces": ["eth1"], "source": [], "rich-rule": []}
    host.files["/usr/lib/firewalld/zones/dmz.xml"] = PUBLIC.replace("Public", "DMZ")
    host.zones["drop"]["source"].append("203.0.113.0/24")
    applied(host, wanted(HTTPS))
    assert {name for name, zone in host.zones.items() if zone["rich-rule"]} == {"public", "dmz"}
    assert "runtime_fabric-ingress-https" in host.files["/etc/firewalld/zones/dmz.xml"]
    assert "/etc/firewalld/zones/drop.xml" not in host.files


def test_trusted_networks_have_a_zone_that_accepts(host):
    applied(host, wanted(trusted=["10.244.0.0/16", "10.100.0.0/16"]))
    assert host.zones["trusted"]["source"] == ["10.100.0.0/16", "10.244.0.0/16"]
    host.load()
    assert host.zones["runtime_fabric"]["target"] == "ACCEPT"
    assert host.zones["runtime_fabric"]["source"] == ["10.100.0.0/16", "10.244.0.0/16"]
    assert host.zones["trusted"]["source"] == []
    assert settled(host, wanted(trusted=["10.244.0.0/16", "10.100.0.0/16"]))


def test_a_network_that_another_zone_holds_is_refused(host):
    host.zones["public"]["source"].append("10.244.0.0/16")
    with pytest.raises(FirewallError, match="trusted_networks: 10.244.0.0/16 is a source of the zone public"):
        Firewalld(host, LABEL).native(wanted(trusted=["10.244.0.0/16"]))


def test_default_deny_is_refused_where_the_zone_lets_everything_in(host):
    host.files["/etc/firewalld/firewalld.conf"] = "DefaultZone=trusted\n"
    with pytest.raises(FirewallError, match="default_deny: the zone trusted of firewalld accepts all traffic"):
        Firewalld(host, LABEL).native(wanted(ETCD, deny=True))
    applied(host, wanted(ETCD))
    assert host.zones["trusted"]["rich-rule"] == []


def test_ssh_stays_open_on_its_own_port_where_firewalld_is_started_or_denies(host):
    applied(host, wanted(keep=[2222], deny=True))
    assert host.zones["public"]["rich-rule"] == ['rule port port="2222" protocol="tcp" accept']
    host = FakeHost(active=False)
    what = wanted(HTTPS, keep=[2222])
    Firewalld(host, LABEL).start(what)
    assert 'rule service name="runtime_fabric-ssh" accept' in host.zones["public"]["rich-rule"]


@pytest.mark.parametrize("of_the_site", [[], ["10.244.0.0/16"]])
def test_firewalld_that_is_started_holds_what_was_announced_while_it_was_stopped(of_the_site):
    host = FakeHost(active=False)
    for network in of_the_site:
        path = "/usr/lib/firewalld/zones/trusted.xml"
        host.files[path] = host.files[path].replace("</zone>", f'  <source address="{network}"/>\n</zone>')
    what = wanted(ETCD, HTTPS, AGENT, trusted=["10.244.0.0/16", "10.100.0.0/16"])
    backend = Firewalld(host, LABEL)
    announced = backend.native(what)
    backend.start(what)
    backend.apply(what)
    assert Firewalld(host, LABEL).look() == announced == Firewalld(host, LABEL).native(what)
    assert settled(host, what)
    assert host.zones["runtime_fabric"]["source"] == sorted({"10.244.0.0/16", "10.100.0.0/16"} - set(of_the_site))


def test_ipv6_has_ipsets_and_families_of_its_own(host):
    applied(host, wanted(ETCD._replace(ports=[(2379, 2379)]), nodes=["192.0.2.11", "2001:db8::11"]))
    assert sorted(host.zones["public"]["rich-rule"]) == [
        'rule family="ipv4" source address="192.0.2.11" port port="2379" protocol="tcp" accept',
        'rule family="ipv6" source address="2001:db8::11" port port="2379" protocol="tcp" accept',
    ]
    assert '<option name="family" value="inet6"/>' in host.files["/etc/firewalld/ipsets/runtime_fabric-nodes6.xml"]


@pytest.mark.parametrize(
    "text",
    [
        PUBLIC,
        '<!-- mine -->\n<zone>\n  <rule family="ipv4"><source address="192.0.2.9"/><service name="ssh"/><drop/></rule>\n</zone>\n',
        '<zone target="DROP">\n\t<service name="ssh"/></zone>',
    ],
)
def test_a_zone_of_the_site_keeps_its_text(text):
    with_ours = firewalld.with_rules(
        text, "runtime_fabric-", ['rule family="ipv4" source ipset="a" service name="runtime_fabric-b" accept']
    )
    root = ElementTree.fromstring(with_ours)
    assert [one.get("name") for one in root.findall("rule/service")][-1] == "runtime_fabric-b"
    assert firewalld.with_rules(with_ours, "runtime_fabric-", []) == text


def test_an_empty_zone_gets_its_rules():
    text = firewalld.with_rules("<zone/>\n", "x-", ['rule service name="x-a" accept'])
    assert firewalld.rich_rules(ElementTree.fromstring(text)) == ['rule service name="x-a" accept']


def test_a_file_that_is_no_xml_is_named(host):
    host.files["/etc/firewalld/zones/public.xml"] = "<zone>"
    with pytest.raises(FirewallError, match="/etc/firewalld/zones/public.xml is not XML"):
        Firewalld(host, LABEL).look()


@pytest.mark.parametrize(
    "version, lacks, refused", [("0.9.3", ("ipset",), True), ("0.9.3", (), False), ("1.3.3", ("ipset",), False)]
)
def test_a_firewalld_that_can_have_no_ipset_is_refused_by_what_it_lacks(version, lacks, refused):
    host = FakeHost(version=version, lacks=lacks)
    if refused:
        with pytest.raises(FirewallError, match="install the package ipset"):
            Firewalld(host, LABEL).native(wanted(ETCD))
    else:
        assert Firewalld(host, LABEL).native(wanted(ETCD)).runtime


def test_nothing_is_there_where_firewalld_is_not_installed(host):
    host.program = lambda name: None
    backend = Firewalld(host, LABEL)
    assert (backend.look(), backend.activity(), backend.installed()) == (NOTHING, "", False)


@pytest.mark.parametrize("header", ["public", "public (active)", "public (default, active)"])
def test_zones_of_every_version_are_read(header):
    text = (
        header
        + "\n  target: default\n  ingress-priority: 0\n  interfaces: eth0 eth1\n  sources: 192.0.2.0/24\n  rich rules: \n\t"
        + SITES_RULE
        + "\n"
    )
    zone = firewalld.parse_zones(text)["public"]
    assert zone == firewalld.Zone("default", ["eth0", "eth1"], ["192.0.2.0/24"], [SITES_RULE])


def test_a_state_shows_runtime_and_permanent_apart(host):
    assert applied(host, wanted(HTTPS))[1] == State(
        ['zone public: rule port port="443" protocol="tcp" accept'],
        [
            "service runtime_fabric-ingress-https: tcp 443",
            "ipset runtime_fabric-nodes: 192.0.2.11",
            "ipset runtime_fabric-nodes: 192.0.2.21",
            'zone public: rule service name="runtime_fabric-ingress-https" accept',
        ],
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backend iptables: chains of our own, and one jump to them at the head of INPUT and of FORWARD, for IPv4 and IPv6.

It writes to the tables that the host's program `iptables` writes to, be they those of nftables or the legacy ones. The
rules are kept in files that `iptables-restore --noflush` takes. The unit of own_rules_service.py loads them behind the units by which
distributions load what a site has saved, and behind nftables.service, which flushes the tables of iptables-nft, too.

Sources are distinguished by one rule for each address, which leads to the ports of its set. That needs no ipset, whose
program and kernel module many hosts lack, and costs a packet one comparison for each node.
"""

import shlex
import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import kernel_rules
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend import Backend
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.own_rules_service import Loader
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.rule_owners import (
    owner_of_chain,
    owner_of_jump,
    owner_of_rule,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import (
    NOTHING,
    State,
    is_ipv6,
    lasting,
    of_family,
)

SITE_UNITS = ("netfilter-persistent.service", "iptables.service", "ip6tables.service", "nftables.service")
FAMILIES = {"iptables": "ip", "ip6tables": "ip6"}
LONGEST_CHAIN = 28
MOST_PORTS = 15  # that one match takes; a range counts twice

PROGRAM = r"""#!/bin/sh
# Written by hostprep.runtime_fabric. Loads the rules called @label@ beside those of the site, or takes them away, in one
# step for each IP version and without touching anything else.
set -euf

# Takes our jumps out of the chains of the site: they are known by their comment.
without_jumps() {
    "$1-save" -t filter | sed -n 's/^-A \(\(INPUT\|FORWARD\) .*-j @chains@-.*\)$/-D \1/p'
}

# Our chains that are there, by name.
chains() {
    "$1-save" -t filter | sed -n 's/^:\(@chains@-[^ ]*\) .*/\1/p'
}

# A file as it holds now: without what has expired.
as_it_holds() {
    awk -v now="$(date +%s)" '
        /^# until / { expired = $3 <= now; next }
        expired { expired = 0; next }
        $1 != "*filter" && $1 != "COMMIT" && $1 != "#" { print }' "$1"
}

load() {
    {
        echo '*filter'
        without_jumps "$1"
        as_it_holds "$2"
        for chain in $(chains "$1"); do
            grep -q "^:$chain " "$2" || printf '%s\n' "-F $chain" "-X $chain"
        done
        echo COMMIT
    } | "$1-restore" -w 10 --noflush
}

unload() {
    {
        echo '*filter'
        without_jumps "$1"
        for chain in $(chains "$1"); do echo "-F $chain"; done
        for chain in $(chains "$1"); do echo "-X $chain"; done
        echo COMMIT
    } | "$1-restore" -w 10 --noflush
}

for version in 4 6; do
    program=iptables
    if [ $version = 6 ]; then
        [ -e /proc/net/if_inet6 ] || continue
        program=ip6tables
    fi
    case ${1:-} in
    load) load $program @rules@.v$version ;;
    unload) unload $program ;;
    *)
        echo "usage: $0 load | unload" >&2
        exit 2
        ;;
    esac
done
"""


class Iptables(Backend):
    """The filter table, by the program iptables, whichever of both kinds that is on the host."""

    name = "iptables"
    closes_by_itself = False

    def __init__(self, host, label):
        super().__init__(host, label)
        self.chains = label.upper()
        former = tuple(f"/etc/iptables/{label}.rules.v{version}" for version in (4, 6))
        self.loader = Loader(host, label, SITE_UNITS, former)
        self._beyond_iptables = None

    def installed(self):
        return self.host.program("iptables") is not None and self.host.program("iptables-restore") is not None

    def running(self):
        return True  # the kernel filters; there is nothing to be started

    def start(self, wanted):
        pass

    def activity(self):
        if not self.installed():
            return ""
        for program in self._programs():
            policies, rules = parse(self._save(program))
            if policies.get("INPUT") == "DROP":
                return f"the policy of INPUT is DROP in {program}"
            for words in rules.get("INPUT", []):
                if not self._is_ours(words) and not owner_of_rule(" ".join(words)):
                    return f"INPUT has rules in {program}"
            helpers = any(owner_of_jump(" ".join(words)) for words in rules.get("FORWARD", []))
            if policies.get("FORWARD") == "DROP" and not helpers:
                return f"the policy of FORWARD is DROP in {program}"
        return ""

    def programs(self):
        if not self.installed():
            return set()
        found = set()
        for program in self._programs():
            policies, rules = parse(self._save(program))
            found |= set(map(owner_of_chain, policies))
            found |= {owner_of_rule(" ".join(words)) for chain in rules.values() for words in chain}
        return found - {""}

    def _programs(self):
        """The programs for the IP versions that the host has."""
        return ["iptables"] + ["ip6tables"] * (self.host.read("/proc/net/if_inet6") is not None)

    def _save(self, program):
        names = {"iptables": "ip_tables_names", "ip6tables": "ip6_tables_names"}
        legacy = "nf_tables" not in self.host.run([program, "--version"])
        # Asking for a legacy table would bring it into being.
        if legacy and "filter" not in (self.host.read("/proc/net/" + names[program]) or "").split():
            return ""
        if not legacy and (FAMILIES[program], "filter") in self._beyond():
            return ""  # the table is nft's, and iptables would print rules of it without their conditions
        return self.host.run([program + "-save", "-t", "filter"])

    def _beyond(self):
        if self._beyond_iptables is None:
            self._beyond_iptables = kernel_rules.beyond_iptables(self.host)
        return self._beyond_iptables

    def _is_ours(self, words):
        return _target(words).startswith(self.chains + "-")

    def look(self):
        if not self.installed():
            return NOTHING
        runtime = []
        permanent = [
            f"{path} is in a directory that a loader of the site may read" for path in self.loader.left_behind()
        ]
        for program in self._programs():
            runtime += self._lines(program, parse(self._save(program))[1])
            text = self.host.read(self._path(program))
            if text is not None:
                permanent += self._lines(program, parse(as_it_holds(text, self.host.now()))[1])
        if permanent and not self.loader.in_place(self._program()):
            permanent.append(f"{self.loader.unit} does not load this at boot")
        return State(runtime, permanent)

    def _lines(self, program, rules):
        """Return rules of ours, {chain: [words]}, as the commands that would add them."""
        lines = []
        for chain in sorted(rules):
            for words in rules[chain]:
                if chain.startswith(self.chains + "-") or self._is_ours(words):
                    lines.append("{} -A {} {}".format(program, chain, " ".join(words)))
        return lines

    def native(self, wanted):
        lines = []
        for program in self._programs():
            lines += self._lines(program, parse(as_it_holds(self._text(program, wanted), wanted.now))[1])
        return State(lines, list(lines))

    def _path(self, program):
        return self.loader.rules_path("rules.v{}".format(6 if program == "ip6tables" else 4))

    def _program(self):
        text = PROGRAM.replace("@label@", self.label).replace("@chains@", self.chains)
        return text.replace("@rules@", self.loader.rules_path("rules"))

    def _chain(self, name):
        chain = f"{self.chains}-{name}"
        if len(chain) > LONGEST_CHAIN:
            raise FirewallError(f"sets: {name!r} makes the name of an iptables chain too long: {chain}")
        return chain

    def _text(self, program, wanted):
        """Return the file for one IP version."""
        ipv6 = program == "ip6tables"
        jump = f"-m comment --comment {self.label} -j "
        chains = [self._chain(name) for name in ["in", "fwd"] + sorted(wanted.sets)]
        lines = []
        for network in of_family(wanted.trusted, ipv6):
            lines.append(f"-A {chains[0]} -s {_network(network)} -m comment --comment trusted-networks -j ACCEPT")
            for side in ("-s", "-d"):
                lines.append(
                    f"-A {chains[1]} {side} {_network(network)} -m comment --comment trusted-networks -j ACCEPT"
                )
        for name in sorted(wanted.sets):
            for address in of_family(wanted.sets[name], ipv6):
                lines.append(
                    f"-A {chains[0]} -s {_network(address)} -m comment --comment {name} -j {self._chain(name)}"
                )
        for rule in wanted.rules:
            lines += self._of_rule(rule, ipv6, wanted)
        if wanted.default_deny and not self._denies(program):
            chains.append(self._chain("deny"))
            lines += _denial(chains[-1], ipv6, wanted.keep_ports)
            lines.append(f"-A INPUT {jump}{chains[-1]}")
        lines += [f"-I INPUT 1 {jump}{chains[0]}", f"-I FORWARD 1 {jump}{chains[1]}"]
        head = [
            f"# Written by hostprep.runtime_fabric; loaded by the unit {self.loader.unit}.",
            "# A rule below `# until` holds until then, in seconds since the epoch.",
            "*filter",
        ]
        return "\n".join(head + [f":{chain} - [0:0]" for chain in chains] + lines + ["COMMIT", ""])

    def _denies(self, program):
        """Whether the site drops by policy what no rule of INPUT accepts."""
        return parse(self._save(program))[0].get("INPUT") == "DROP"

    def _of_rule(self, rule, ipv6, wanted):
        chain, sources = self._chain("in"), [""]
        if rule.from_set is not None:
            if not of_family(wanted.sets[rule.from_set], ipv6):
                return []
            chain = self._chain(rule.from_set)
        elif rule.networks and "0.0.0.0/0" not in rule.networks:
            sources = [f"-s {_network(one)} " for one in of_family(rule.networks, ipv6)]
        lines = []
        for source in sources:
            for match in _port_matches(rule.ports, rule.transport):
                if rule.expires:
                    lines.append(f"# until {int(wanted.expires_at if rule in lasting(wanted) else wanted.now)}")
                lines.append(
                    f"-A {chain} {source}-p {rule.transport} {match} -m comment --comment {shlex.quote(rule.comment)} -j ACCEPT"
                )
        return lines

    def apply(self, wanted):
        for program in self._programs():
            self.host.write(self._path(program), self._text(program, wanted))
        self.loader.install(self._program())
        self.loader.load()

    def remove(self):
        self.loader.uninstall()
        for program in ("iptables", "ip6tables"):
            self.host.remove(self._path(program))

    def files(self):
        return [self._path("iptables"), self._path("ip6tables")] + self.loader.files()

    def restore_commands(self):
        lines = self.loader.restore_commands()
        if self.host.read(self.loader.program) is None:
            unload = self._program().replace("${1:-}", "unload")
            lines += ["/bin/sh -s <<'END OF UNLOAD'", unload.rstrip("\n"), "END OF UNLOAD"]
        return lines

    def closing_command(self):
        return [self.loader.program, "load"]


def _target(words):
    """Where a rule leads to."""
    for word, target in zip(words, words[1:]):
        if word in ("-j", "-g"):
            return target
    return ""


def _network(text):
    """An address or a network as iptables-save prints it."""
    address, dummy_slash, prefix = text.partition("/")
    family = socket.AF_INET6 if is_ipv6(address) else socket.AF_INET
    spelt = socket.inet_ntop(family, socket.inet_pton(family, address))
    return f"{spelt}/{prefix or (128 if is_ipv6(address) else 32)}"


def _range(pair):
    return str(pair[0]) if pair[0] == pair[1] else "{}:{}".format(*pair)


def _port_matches(bounds, transport):
    """Return the matches for ports, as few as possible."""
    if len(bounds) == 1:
        return [f"-m {transport} --dport {_range(bounds[0])}"]
    matches, held, used = [], [], 0
    for pair in bounds:
        cost = 1 if pair[0] == pair[1] else 2
        if used + cost > MOST_PORTS:
            matches.append(held)
            held, used = [], 0
        held, used = held + [_range(pair)], used + cost
    return ["-m multiport --dports {}".format(",".join(ports)) for ports in matches + [held]]


def _denial(chain, ipv6, keep_ports):
    """Return the rules of the chain that ends INPUT: what a host cannot do without, then drop."""
    rules = [
        "-i lo -j ACCEPT",
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-p {} -j ACCEPT".format("ipv6-icmp" if ipv6 else "icmp"),
        f"-p udp -m udp --dport {546 if ipv6 else 68} -m comment --comment dhcp -j ACCEPT",
    ]
    rules += [f"-p tcp -m tcp --dport {port} -m comment --comment ssh -j ACCEPT" for port in keep_ports]
    return [f"-A {chain} {rule}" for rule in rules + ["-j DROP"]]


def as_it_holds(text, now):
    """Return a file of ours without what has expired, as our program loads it."""
    lines, expired = [], False
    for line in text.splitlines():
        if line.startswith("# until "):
            expired = int(line.split()[2]) <= now
        elif expired:
            expired = False
        else:
            lines.append(line)
    return "\n".join(lines)


def parse(text):
    """Return ({chain: policy}, {chain: [words of a rule]}) of what iptables-save prints, or of a file of ours."""
    policies, rules = {}, {}
    for line in text.splitlines():
        if line.startswith(":"):
            words = line[1:].split()
            policies[words[0]] = words[1]
        elif line.startswith(("-A ", "-I ")):
            words = shlex.split(line)
            chain, rest = words[1], words[2:]
            held = rules.setdefault(chain, [])
            if words[0] == "-I":
                held.insert(0, rest[1:] if rest[0].isdigit() else rest)
            else:
                held.append(rest)
    return policies, rules

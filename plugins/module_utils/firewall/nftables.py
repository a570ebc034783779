# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backend nftables: a table of our own, and one rule in each chain of the site that would drop what it lets through.

In nftables an accept ends one base chain; the next one may still drop. So our chain, which sees a packet that comes in
first, marks what is to be let through, and a rule at the head of each of the site's chains that drop accepts what bears the
mark. That is one rule in a chain of the site, whatever the number of ports, and it is known by its comment. What is only
forwarded is never marked: a mark lives until the packet leaves, and programs decide by marks of their own what they
masquerade. There the rules in the chains of the site name the networks. Tables and chains of programs that write them
themselves get none: the program makes them anew, and is responsible for what they drop.

The rules are kept in a file that `nft -f` takes. The unit of own_rules_service.py loads them behind nftables.service, so that a
`flush ruleset` in the site's file does no harm. The file does not lie in /etc/nftables.d, which nftables.conf of many a
site includes before its own tables: what adds rules to these would fail there, and with it the whole file of the site.
"""

import re
from collections import OrderedDict, namedtuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import kernel_rules
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend import Backend
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.own_rules_service import Loader
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.rule_owners import (
    owner_of_chain,
    owner_of_jump,
    owner_of_rule,
    owner_of_table,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import (
    NOTHING,
    State,
    lasting,
    of_family,
)

# A bit that these do not use: Kubernetes (0x4000, 0x8000), the CNI plugin portmap and netavark (0x2000), Calico (0xffff0000),
# Cilium (0x0f00), Antrea (0x800000ff), Istio (0x539), the VPC CNI plugin of Amazon (0x80).
MARK = 0x1000
SITE_UNIT = "nftables.service"
FIRST, LAST = -500, 30  # priorities: before everything of a site, and behind what is customary
ACCEPT_MARKED = f"meta mark & 0x{MARK:08x} == 0x{MARK:08x} accept"
TAKE_MARK = f"meta mark set meta mark & 0x{0xFFFFFFFF ^ MARK:08x}"
SET_MARK = f"meta mark set meta mark | 0x{MARK:08x}"

# Of SITE_UNIT, by distribution: its configuration, and what enabling it makes.
CONFIGURATIONS = ("/etc/nftables.conf", "/etc/sysconfig/nftables.conf")
LINKS = tuple(f"/etc/systemd/system/{target}.target.wants/{SITE_UNIT}" for target in ("sysinit", "multi-user"))

# A table of the ruleset: {name: Chain} and {name: [element]}; its flags, and the program that nft names as its owner, ""
# without. Chain: hook is "" for one that is only jumped to.
Table = namedtuple("Table", "family name chains sets flags program")
Chain = namedtuple("Chain", "header hook drops_by_policy rules")

_IPTABLES_TABLES = ("filter", "nat", "mangle", "raw", "security")
_STATES = {"0x1": "invalid", "0x2": "established", "0x4": "related", "0x8": "new"}
_BASIC = (
    'iifname "lo" goto accepted comment "loopback"',
    'ct state established,related goto accepted comment "answers"',
    'meta l4proto { 1, 58 } goto accepted comment "icmp"',
    'udp dport { 68, 546 } goto accepted comment "dhcp"',
)

PROGRAM = r"""#!/bin/sh
# Written by hostprep.runtime_fabric. Loads the rules called @label@ beside those of the site, or takes them away, in one
# step and without touching anything else.
set -euf
rules=@rules@
expires=@expires@

# Our rules in chains of the site are known by their comment.
in_chains_of_the_site() {
    nft -a list ruleset | awk -v comment='comment "@label@" # handle' '
        $1 == "table" { table = $2 " " $3 }
        $1 == "chain" { chain = $2 }
        index($0, comment) && table != "inet @label@" { print "delete rule " table " " chain " handle " $NF }'
}

# The file as it holds now: without what has expired, and without chains that the site no longer has.
as_it_holds() {
    left=$((expires - $(date +%s)))
    while IFS= read -r line; do
        case $line in
        "insert rule "* | "add rule "*)
            set -- $line
            nft list chain "$3" "$4" "$5" >/dev/null 2>&1 || continue
            ;;
        "add element "*" timeout "*)
            [ "$left" -gt 0 ] || continue
            line=$(printf '%s\n' "$line" | sed "s/ timeout [0-9]*s/ timeout ${left}s/g")
            ;;
        esac
        printf '%s\n' "$line"
    done <"$rules"
}

case ${1:-} in
load)
    { in_chains_of_the_site && as_it_holds; } | nft -f -
    ;;
unload)
    { in_chains_of_the_site && echo "add table inet @label@" && echo "delete table inet @label@"; } | nft -f -
    ;;
*)
    echo "usage: $0 load | unload" >&2
    exit 2
    ;;
esac
"""


class Nftables(Backend):
    """The packet filter that the kernel has, by its own program nft."""

    name = "nftables"
    unit = SITE_UNIT
    flushed = "nftables"

    def __init__(self, host, label):
        super().__init__(host, label)
        self.loader = Loader(host, label, (SITE_UNIT,), (f"/etc/nftables.d/{label}.nft",))
        self.rules_path = self.loader.rules_path("nft")

    def installed(self):
        return self.host.program("nft") is not None

    def activity(self):
        if not self.installed():
            return ""
        tables = self._tables()
        for table, name, _dummy, _dummy_rules in self._site_chains(tables):
            return f"the chain {table.family} {table.name} {name} filters"
        return ambiguous(tables)

    def denies(self):
        return self.installed() and any(
            chain.drops_by_policy or _can_drop(rules, table)
            for table, dummy, chain, rules in self._site_chains(self._tables())
        )

    def programs(self):
        if not self.installed():
            return set()
        found = set()
        for table in self._tables().values():
            found |= {owner(table)} | {owner_of_chain(name) for name in table.chains}
            found |= {owner_of_rule(rule) for chain in table.chains.values() for rule in chain.rules}
        return found - {"", "firewalld"}

    def flushes(self):
        for path in CONFIGURATIONS:
            if re.search(r"^\s*flush ruleset\b", self.host.read(path) or "", re.MULTILINE):
                return f"{path} flushes all rules when {SITE_UNIT} starts"
        return ""

    def _site_chains(self, tables):
        """Yield (table, name, Chain, [rule of the site]) for each chain in which the site filters packets to this host."""
        of_iptables = self._of_iptables(tables)
        for place, table in tables.items():
            if place in of_iptables or not _is_of_the_site(table, self.label):
                continue
            for name, chain in table.chains.items():
                if chain.hook not in ("input", "forward") or owner_of_chain(name):
                    continue
                others = [rule for rule in chain.rules if not _is_our_rule(rule, self.label)]
                rules = [rule for rule in others if not owner_of_rule(rule)]
                # Docker sets the policy of FORWARD itself, where it has switched forwarding on.
                theirs = chain.hook == "forward" and any(owner_of_jump(rule) for rule in others)
                if rules or (chain.drops_by_policy and not theirs):
                    yield table, name, chain, rules

    def _of_iptables(self, tables):
        """The tables, (family, name), that the host's program iptables keeps and can show whole."""
        found = {
            place
            for place, table in tables.items()
            if place[0] in ("ip", "ip6") and place[1] in _IPTABLES_TABLES and any(map(str.isupper, table.chains))
        }
        if not found or self.host.program("iptables") is None:
            return set()
        writes = "nf_tables" in self.host.run(["iptables", "--version"])
        return found - kernel_rules.beyond_iptables(self.host) if writes else set()

    def running(self):
        return self.host.unit_is("is-active", SITE_UNIT) and self.host.unit_is("is-enabled", SITE_UNIT)

    def look(self):
        if not self.installed():
            return NOTHING
        tables = self._tables()
        runtime = []
        ours = tables.get(("inet", self.label))
        if ours:
            runtime = _lines(ours)
        for table in tables.values():
            if table is not ours:
                for name, chain in table.chains.items():
                    runtime += [_in_chain(table, name, rule) for rule in chain.rules if _is_our_rule(rule, self.label)]
        return State(runtime, self._permanent())

    def _permanent(self):
        text = self.host.read(self.rules_path)
        lines = [f"{path} is in a directory that nftables.conf may include" for path in self.loader.left_behind()]
        if text is None:
            return lines
        lines += permanent_lines(text, self.host.now())
        if not self.loader.in_place(self._program(expiry_of(text))):
            lines.append(f"{self.loader.unit} does not load this at boot")
        return lines

    def native(self, wanted):
        table, chains = self._table(wanted), self._in_chains(wanted)
        lines = _lines(table) + chains
        return State(lines, list(lines))

    def _tables(self):
        return parse(self.host.run(["nft", "-n", "list", "ruleset"]))

    def _in_chains(self, wanted):
        """Return our rules in chains of the site, as `chain FAMILY TABLE NAME: rule`."""
        found = []
        comment = f' comment "{self.label}"'
        site_inputs = []
        tables = self._tables()
        doubt = ambiguous(tables)
        if doubt:
            raise FirewallError(f"{doubt}: rename the table if it is the site's own")
        for table, name, chain, rules in self._site_chains(tables):
            if chain.hook == "input":
                site_inputs.append((table, name, chain.drops_by_policy))
            if chain.drops_by_policy or _can_drop(rules, table):
                accepted = [ACCEPT_MARKED] if chain.hook == "input" else _forwarded(wanted.trusted, table.family)
                found += [_in_chain(table, name, rule + comment) for rule in accepted]
        if wanted.default_deny and site_inputs and not any(policy for dummy, dummy_too, policy in site_inputs):
            table, name, dummy = site_inputs[0]
            raise FirewallError(
                f"default_deny: the chain {table.family} {table.name} {name} of the site accepts whatever none of its rules drops; "
                "set its policy to drop"
            )
        return found

    def _table(self, wanted):
        """Return the table that is to be there, as parse() would find it."""
        sets, rules = OrderedDict(), []
        for name in sorted(wanted.sets):
            for suffix, ipv6 in (("4", False), ("6", True)):
                sets[name + suffix] = ("ipv6_addr" if ipv6 else "ipv4_addr", "", of_family(wanted.sets[name], ipv6))
        for suffix, ipv6 in (("4", False), ("6", True)):
            kind = "ipv6_addr" if ipv6 else "ipv4_addr"
            sets["trusted" + suffix] = (kind, "interval", [_network(one) for one in of_family(wanted.trusted, ipv6)])
        for rule in wanted.rules:
            ports = _port_match(rule.ports)
            if rule.expires:
                name = "ports-" + re.sub(r"[^A-Za-z0-9_.-]", "-", rule.comment)
                held = [_range(pair) for pair in rule.ports] if rule in lasting(wanted) else []
                sets[name] = ("inet_service", "interval,timeout", held)
                ports = "@" + name
            for source in _sources(rule, wanted):
                rules.append(f'{source}{rule.transport} dport {ports} goto accepted comment "{rule.comment}"')
        trusted = [
            f'{family} saddr @trusted{suffix} goto accepted comment "trusted-networks"'
            for family, suffix in (("ip", "4"), ("ip6", "6"))
        ]
        chains = OrderedDict()
        chains["accepted"] = Chain("", "", False, [SET_MARK + " accept"])
        basic = []
        if wanted.default_deny:
            basic = list(_BASIC)
            if wanted.keep_ports:
                kept = _port_match([(port, port) for port in wanted.keep_ports])
                basic.append(f'tcp dport {kept} goto accepted comment "ssh"')
        chains["input"] = _base("input", FIRST, [TAKE_MARK] + basic + trusted + rules)
        if wanted.default_deny:
            chains["deny"] = _base("input", LAST, [ACCEPT_MARKED, "drop"])
        return Table("inet", self.label, chains, sets, [], "")

    def _program(self, expires_at):
        text = PROGRAM.replace("@label@", self.label).replace("@rules@", self.rules_path)
        return text.replace("@expires@", str(int(expires_at)))

    def start(self, wanted):
        self.host.run(["systemctl", "enable", "--now", SITE_UNIT])

    def apply(self, wanted):
        self.host.write(self.rules_path, text_of(self._table(wanted), self._in_chains(wanted), wanted))
        self.loader.install(self._program(wanted.expires_at))
        self.loader.load()

    def remove(self):
        self.loader.uninstall()
        self.host.remove(self.rules_path)

    def files(self):
        return [self.rules_path, *LINKS] + self.loader.files()

    def restore_commands(self):
        active = self.host.unit_is("is-active", SITE_UNIT)
        lines = [f"systemctl is-active --quiet {SITE_UNIT} || systemctl start {SITE_UNIT}"] if active else []
        lines += self.loader.restore_commands()
        if self.host.read(self.loader.program) is None:
            # The unit of a program that was not there before: its table goes, and its rules in the site's chains.
            unload = self._program(0).replace("${1:-}", "unload")
            lines += ["/bin/sh -s <<'END OF UNLOAD'", unload.rstrip("\n"), "END OF UNLOAD"]
        if not active:
            lines.append(f"systemctl is-active --quiet {SITE_UNIT} && systemctl stop {SITE_UNIT}")
        return lines


def _forwarded(trusted, family):
    """Return the rules that accept what comes from networks and what goes to them, for a chain of a family."""
    return [
        f"{version} {side} {_network(network)} accept"
        for version, ipv6 in (("ip", False), ("ip6", True))
        if family in (version, "inet")
        for network in of_family(trusted, ipv6)
        for side in ("saddr", "daddr")
    ]


def _base(hook, priority, rules):
    header = f"type filter hook {hook} priority {priority}; policy accept;"
    return Chain(header, hook, False, rules)


def _sources(rule, wanted):
    """Return the source match of a rule, one for each IP version that is needed; "" matches everybody."""
    if rule.from_set is not None:
        return [
            f"{family} saddr @{rule.from_set}{suffix} "
            for family, suffix, ipv6 in (("ip", "4", False), ("ip6", "6", True))
            if of_family(wanted.sets[rule.from_set], ipv6)
        ]
    if not rule.networks or "0.0.0.0/0" in rule.networks:
        return [""]
    found = []
    for family, ipv6 in (("ip", False), ("ip6", True)):
        networks = [_network(one) for one in of_family(rule.networks, ipv6)]
        if networks:
            found.append(f"{family} saddr {_braced(networks)} ")
    return found


def _network(text):
    """nft prints a network of one address without its prefix."""
    return re.sub(r"/(32|128)\Z", "", text) if not (":" in text and text.endswith("/32")) else text


def _range(pair):
    return str(pair[0]) if pair[0] == pair[1] else "{}-{}".format(*pair)


def _braced(texts):
    return texts[0] if len(texts) == 1 else "{{ {} }}".format(", ".join(texts))


def _port_match(bounds):
    return _braced([_range(pair) for pair in bounds])


def _in_chain(table, name, rule):
    return f"chain {table.family} {table.name} {name}: {rule}"


def _is_our_rule(rule, label):
    return rule.endswith(f' comment "{label}"')


def owner(table):
    """The program that writes a table itself, "" where the site or iptables does."""
    return owner_of_table(table.family, table.name) or (
        table.program or "another program" if "owner" in table.flags else ""
    )


def _is_of_the_site(table, label):
    """Not ours, not that of a program that writes its rules itself, and one that sees IP packets."""
    if table.name == label or owner(table) or "dormant" in table.flags:
        return False
    return table.family in ("ip", "ip6", "inet")


def ambiguous(tables):
    """Return why it is unknown whether one of the tables belongs to the site or to a program, "" where that is clear.

    None of the programs that are known by the names of their tables drops what comes in by policy.
    """
    for table in tables.values():
        program = owner_of_table(table.family, table.name)
        if program and program != "firewalld" and "owner" not in table.flags:
            for name, chain in table.chains.items():
                if chain.hook == "input" and chain.drops_by_policy:
                    return f"the chain {table.family} {table.name} {name} drops by policy, in a table with a name that {program} uses"
    return ""


def _can_drop(rules, table, seen=()):
    """Whether a packet can be dropped by rules of the site, or by those of a chain that they lead to."""
    for rule in rules:
        words = rule.split(" comment ")[0].split()
        if "drop" in words or "reject" in words:
            return True
        for word, target in zip(words, words[1:]):
            if (
                word in ("jump", "goto")
                and target in table.chains
                and target not in seen
                and not owner_of_chain(target)
            ):
                if _can_drop(table.chains[target].rules, table, seen + (target,)):
                    return True
        if "vmap" in words:  # the verdicts of a map are not known
            return True
    return False


def _lines(table):
    """Return a table of ours as lines."""
    lines = []
    for name, (kind, flags, elements) in table.sets.items():
        about = "set {} ({}{})".format(name, kind, ", " + flags if flags else "")
        lines += [f"{about}: {element}" for element in elements] or [about + ": empty"]
    for name, chain in table.chains.items():
        if chain.header:
            lines.append(f"chain {name}: {chain.header}")
        lines += [f"chain {name}: {rule}" for rule in chain.rules]
    return lines


def text_of(table, in_chains, wanted):
    """Return a table and our rules in chains of the site as a file for `nft -f`, to be loaded any number of times."""
    name = "inet " + table.name
    left = max(1, int(wanted.expires_at - wanted.now))
    lines = [
        "# Written by hostprep.runtime_fabric; loaded by the unit {}-firewall.service, which knows that what has a".format(
            table.name.replace("_", "-")
        ),
        f"# timeout ends at {int(wanted.expires_at)} seconds since the epoch.",
        "add table " + name,
        "delete table " + name,
        f"table {name} {{",
    ]
    for set_name, (kind, flags, _dummy) in table.sets.items():
        lines.append("\tset {} {{ type {};{} }}".format(set_name, kind, f" flags {flags};" if flags else ""))
    for chain_name, chain in table.chains.items():
        lines.append(f"\tchain {chain_name} {{")
        lines += ["\t\t" + line for line in [chain.header] * bool(chain.header) + chain.rules]
        lines.append("\t}")
    lines.append("}")
    for set_name, (_dummy, flags, elements) in table.sets.items():
        if elements:
            ends = f" timeout {left}s" if "timeout" in flags else ""
            listed = ", ".join(element + ends for element in elements)
            lines.append(f"add element {name} {set_name} {{ {listed} }}")
    for line in reversed(in_chains):  # each is put before the one that was inserted last
        place, dummy, rule = line.partition(": ")
        lines.append("insert rule {} {}".format(place[len("chain ") :], rule))
    return "\n".join(lines) + "\n"


def expiry_of(text):
    """Return when what has a timeout ends, as the head of our file says, in seconds since the epoch."""
    match = re.search(r"^# timeout ends at (\d+) ", text, re.MULTILINE)
    return int(match.group(1)) if match else 0


def permanent_lines(text, now):
    """Return what our file holds at a time, as the same lines as _lines and _in_chain make."""
    elements, in_chains, body = {}, [], []
    expired = expiry_of(text) <= now
    for line in text.splitlines():
        if line.startswith("add element "):
            if expired and " timeout " in line:
                continue
            words, dummy, listed = line.partition(" { ")
            elements[words.split()[-1]] = [entry.split()[0] for entry in listed.rstrip(" }").split(",")]
        elif line.startswith("insert rule "):
            words = line.split(" ", 5)
            in_chains.append("chain {}: {}".format(" ".join(words[2:5]), words[5]))
        elif not line.startswith(("#", "add table", "delete table")):
            body.append(line)
    lines = []
    for table in parse("\n".join(body)).values():
        for name in table.sets:
            kind, flags, dummy = table.sets[name]
            table.sets[name] = (kind, flags, elements.get(name, []))
        lines += _lines(table)
    return lines + in_chains[::-1]


def parse(text):
    """Return {(family, name): Table} of what `nft list ruleset` prints, its texts in one spelling for all versions."""
    tables = OrderedDict()
    table = kind = name = None
    block = []
    for line in _unwrapped(text):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "table" and "{" in words:  # nft may name the owner of a table behind the brace
            program = re.search(r"# progname (\S+)", line)
            table = Table(words[1], words[2], OrderedDict(), OrderedDict(), [], program.group(1) if program else "")
            tables[words[1], words[2]] = table
        elif kind is None and words[0] == "flags" and table is not None:
            table.flags.extend(line.partition("flags")[2].rstrip(";").replace(",", " ").split())
        elif kind is None and words[0] in ("chain", "set", "map") and "{" in words:
            kind, name, block = words[0], words[1], []
            rest = line.partition("{")[2].strip()
            if rest.endswith("}"):
                block = [part.strip() for part in rest[:-1].split(";")]
                kind = _store(table, kind, name, block)
        elif words[0] == "}":
            if kind is not None:
                kind = _store(table, kind, name, block)
        elif kind is not None:
            block.append(line.strip())
    return tables


def _unwrapped(text):
    """Yield lines, with the elements of a set joined that nft wraps over several lines."""
    held = ""
    for line in text.splitlines():
        held = f"{held} {line.strip()}" if held else line
        if not (held.lstrip().startswith("elements = {") and held.count("{") > held.count("}")):
            yield held
            held = ""


def _store(table, kind, name, block):
    if kind == "chain":
        table.chains[name] = _chain(block)
    elif kind == "set":
        table.sets[name] = _set(block)
    return


def _chain(block):
    header = hook = ""
    rules = []
    for line in block:
        match = re.match(r"type (\w+) hook (\w+) (?:device \S+ )?priority ([^;]+);(?: policy (\w+);)?", line)
        if match:
            kind, hook, priority, policy = match.groups()
            policy = policy or "accept"
            header = f"type {kind} hook {hook} priority {_priority(priority)}; policy {policy};"
            if kind != "filter":
                hook = ""
        elif not line.startswith("comment "):
            rules.append(normal(line))
    return Chain(header, hook, " policy drop;" in header, rules)


def _priority(text):
    names = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
    total, sign = 0, 1
    for word in text.split():
        if word in ("+", "-"):
            sign = 1 if word == "+" else -1
        else:
            total += sign * (names[word] if word in names else int(word))
    return total


def _set(block):
    kind, flags, elements = "", "", []
    for line in block:
        if line.startswith("type "):
            kind = line[len("type ") :].rstrip(";").strip()
        elif line.startswith("flags "):
            flags = ",".join(sorted(word.strip() for word in line[len("flags ") :].rstrip(";").split(",")))
        elif line.startswith("elements = {"):
            elements = [entry.split()[0] for entry in line.partition("{")[2].rstrip("} ").split(",") if entry.split()]
    return (kind, flags, _sorted_elements(kind, elements))


def _sorted_elements(kind, elements):
    """Sort by value what sets of ours can hold. A set of the site may hold anything, such as ranges and names: as text."""
    try:
        if kind == "inet_service":
            return sorted(elements, key=lambda text: int(text.partition("-")[0]))
        return of_family(elements, False) + of_family(elements, True)
    except (OSError, ValueError):
        return sorted(elements)


def normal(rule):
    """Return a rule in one spelling: counters without numbers, words for bits as signs, elements of sets sorted."""
    rule = re.sub(r"counter packets \d+ bytes \d+", "counter", " ".join(rule.split()))
    body, quote, comment = rule.partition(' comment "')
    body = re.sub(r"(?<!meta )(?<!ct )\bmark\b", "meta mark", body)
    body = re.sub(r" and (0x)", r" & \1", re.sub(r" or (0x)", r" | \1", body))
    body = re.sub(r"ct state (0x\d(?:,0x\d)*)", _named_states, body)
    return body + quote + comment


def _named_states(match):
    """nft prints states as numbers when it is asked for numbers."""
    return "ct state " + ",".join(sorted(_STATES.get(word, word) for word in match.group(1).split(",")))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backend ufw: an application profile for each rule, and ufw's own rules that name it, one for each address.

ufw knows no sets of addresses. A chain of our own in before.rules could use them, but `ufw status` would not show it, and
it would come before what the site denies. So each address has its rules, behind those of the site, each with its comment.

The files are written as ufw writes them, and what changed is added to, or taken from, the chains in force in one step for
IPv4 and one for IPv6: ufw itself would take a call for each rule, and a reload would flush its chains. What expires is
deleted by ufw's own command when its time has come.
"""

import re
from collections import OrderedDict, namedtuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.backend_host import FirewallError
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.front_end import FrontEnd
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import (
    NOTHING,
    Rule,
    State,
    is_ipv6,
    lasting,
    of_family,
)

UNIT = "ufw.service"
CONFIGURATION, DEFAULTS = "/etc/ufw/ufw.conf", "/etc/default/ufw"
MOST_PORTS = 15  # of one rule of iptables; a range counts twice
LONGEST_NAME = 64  # of an application profile
ANY = {False: "0.0.0.0/0", True: "::/0"}
RULES = {False: "/etc/ufw/user.rules", True: "/etc/ufw/user6.rules"}
PROGRAMS = {False: "iptables", True: "ip6tables"}
CHAINS = {False: "ufw-user-", True: "ufw6-user-"}
END = "### END RULES ###"

# A rule of ufw that accepts. chain: "input" or "forward". transport, ports: "any" where it is for all of them.
# application: the profile, "" without.
Entry = namedtuple("Entry", "ipv6 chain transport ports source destination application")

# What was added goes rule by rule: one that has expired in the meantime keeps no other one.
UNDO = """\
{program}-restore -n <<'END'
*filter
{old}COMMIT
END
while IFS= read -r rule; do
    printf '*filter\\n-D %s\\nCOMMIT\\n' "$rule" | {program}-restore -n 2>/dev/null
done <<'END'
{new}END
"""

CLOSING = """\
#!/bin/sh
# Written by hostprep.runtime_fabric. Deletes the ufw rules that have expired.
{commands}
"""


class Ufw(FrontEnd):
    """ufw, with its files and the chains that it keeps in iptables."""

    name = program = "ufw"
    unit = UNIT

    def __init__(self, host, label):
        super().__init__(host, label)
        self.profiles_path = "/etc/ufw/applications.d/" + label
        self._enabling = False

    def activity(self):
        return f"{CONFIGURATION} says ENABLED=yes" if self._is_active() else ""

    def _is_active(self):
        return self.installed() and self._setting(CONFIGURATION, "ENABLED") == "yes" and self._listed(False) is not None

    def _setting(self, path, name):
        """The last value of a setting in a file of ufw, in small letters."""
        found = re.findall(rf'^\s*{name}\s*=\s*"?([^"\s#]*)', self.host.read(path) or "", re.MULTILINE)
        return found[-1].lower() if found else ""

    def _families(self):
        return (False, True) if self._setting(DEFAULTS, "IPV6") == "yes" else (False,)

    def _listed(self, ipv6):
        """The rules in the user's chains as `iptables -S` prints them, None where ufw does not run."""
        found = []
        for chain in ("input", "forward"):
            code, out, dummy_err = self.host.try_run([PROGRAMS[ipv6], "-S", CHAINS[ipv6] + chain])
            if code != 0:
                return None
            found += [line for line in out.splitlines() if line.startswith("-A ")]
        return found

    def start(self, wanted):
        # What lets SSH in has to be there first, so apply() enables ufw when it has written that.
        self._enabling = True

    def service_state(self):
        return dict(super().service_state(), active=self._is_active())

    def stop(self, before):
        if not before["active"]:
            self.host.run(["ufw", "--force", "disable"])
        if not before["enabled"]:
            self.host.run(["systemctl", "disable", "--quiet", UNIT])

    # Current state

    def look(self):
        if not self.installed():
            return NOTHING
        kept = self._kept()
        runtime = []
        if self._is_active():
            there = [one for ipv6 in self._families() for one in self._in_force(ipv6, kept)]
            runtime = _lines(there)
        return State(runtime, _lines(kept) + self._profile_lines(self.host.read(self.profiles_path)))

    def _kept(self):
        """Our Entries in ufw's files."""
        return [one for ipv6 in (False, True) for one in ours(self.host.read(RULES[ipv6]) or "", self.label, ipv6)]

    def _in_force(self, ipv6, kept):
        """Our Entries in the chains: those of our profiles, and those without one that our files have."""
        found = []
        for line in self._listed(ipv6) or []:
            one = entry_of(line, ipv6)
            if one is not None and (one.application.startswith(self.prefix) or (not one.application and one in kept)):
                found.append(one)
        return list(OrderedDict.fromkeys(found))

    @staticmethod
    def _profile_lines(text):
        found = re.findall(r"^\[(.+)\]\n(?:.+\n)*?ports=(.*)$", text or "", re.MULTILINE)
        return sorted(f"profile {name}: {ports}" for name, ports in found)

    # Wanted state

    def native(self, wanted):
        self._refuse(wanted)
        entries = _lines(self._entries(wanted))
        return State(entries, entries + self._profile_lines(self._profiles(wanted)))

    def _refuse(self, wanted):
        if wanted.default_deny and self._setting(DEFAULTS, "DEFAULT_INPUT_POLICY") == "accept":
            raise FirewallError(
                "default_deny: by default, ufw accepts everything that no rule denies; run `ufw default deny incoming` to change that"
            )

    def _rules(self, wanted):
        """The rules, and the one for SSH where it is needed: where our doing denies everything else, or it is there."""
        rules = list(wanted.rules)
        ssh = self.prefix + "ssh"
        needed = wanted.default_deny or not self._is_active() or any(one.application == ssh for one in self._kept())
        if needed and wanted.keep_ports:
            rules.append(Rule("ssh", "tcp", [(port, port) for port in wanted.keep_ports], None, [], False))
        return rules

    def _expiring(self, wanted):
        return [rule for rule in lasting(wanted) if rule.expires]

    def _named_ports(self, rule):
        """Return [(application, ports)], as many as iptables needs for the ports of a rule."""
        name = self.prefix + re.sub(r"[^A-Za-z0-9_.+-]", "-", rule.comment)
        groups, weight = [[]], 0
        for pair in rule.ports:
            needed = 1 if pair[0] == pair[1] else 2
            if weight + needed > MOST_PORTS:
                groups.append([])
                weight = 0
            groups[-1].append(str(pair[0]) if pair[0] == pair[1] else "{}:{}".format(*pair))
            weight += needed
        suffixes = [""] + [f"-{number}" for number in range(2, len(groups) + 1)]
        return [
            (name[: LONGEST_NAME - len(suffix)] + suffix, ",".join(group)) for suffix, group in zip(suffixes, groups)
        ]

    def _entries(self, wanted):
        """Return our Entries, without those that the site has itself."""
        site = self._of_the_site()
        found = []
        rules = [rule for rule in self._rules(wanted) if not rule.expires or rule in lasting(wanted)]
        for ipv6 in self._families():
            for rule in rules:
                for application, ports in self._named_ports(rule):
                    for source in _sources(rule, wanted, ipv6):
                        found.append(Entry(ipv6, "input", rule.transport, ports, source, ANY[ipv6], application))
            for network in map(_network, of_family(wanted.trusted, ipv6)):
                for chain, source, destination in (
                    ("input", network, ANY[ipv6]),
                    ("forward", network, ANY[ipv6]),
                    ("forward", ANY[ipv6], network),
                ):
                    found.append(Entry(ipv6, chain, "any", "any", source, destination, ""))
        return [one for one in OrderedDict.fromkeys(found) if one not in site]

    def _of_the_site(self):
        """The Entries without a profile in ufw's files that are not ours."""
        found = set()
        for ipv6 in (False, True):
            text = self.host.read(RULES[ipv6]) or ""
            mine = set(ours(text, self.label, ipv6))
            found |= {one for one in every(text, ipv6) if one not in mine and not one.application}
        return found

    def _profiles(self, wanted):
        """The text of our file of application profiles, None where there is none to be."""
        blocks = OrderedDict()
        for rule in self._rules(wanted):
            for name, ports in self._named_ports(rule):
                blocks[name] = (
                    f"[{name}]\ntitle={self.label}: {rule.comment}\n"
                    f"description=Row {rule.comment} of the requirements of {self.label}. Written by hostprep.runtime_fabric.\n"
                    f"ports={ports}/{rule.transport}\n"
                )
        return "\n".join(blocks.values()) if blocks else None

    # Changes

    def apply(self, wanted):
        self._refuse(wanted)
        self._carry_out(self._entries(wanted), self._profiles(wanted), self._expiring(wanted), wanted)

    def remove(self):
        self._carry_out([], None, [], None)

    def _carry_out(self, entries, profiles, expiring, wanted):
        active = self._is_active()
        kept = self._kept()
        if profiles is not None:
            self._write(self.profiles_path, profiles, 0o644)
        for ipv6 in (False, True):
            meant = [one for one in entries if one.ipv6 == ipv6]
            there = self._in_force(ipv6, kept) if active else []
            text = self.host.read(RULES[ipv6])
            if text is None and meant:
                raise FirewallError(f"{RULES[ipv6]} is missing; is ufw installed completely?")
            if text is not None:
                self._write(RULES[ipv6], with_entries(text, self.label, ipv6, meant), 0o640)
            if active:
                self._change_chains(ipv6, meant, there)
        if profiles is None:
            self.host.remove(self.profiles_path)
        self._keep_script(expiring, wanted)
        if self._enabling:
            self.host.run(["ufw", "--force", "enable"])
            self.host.run(["systemctl", "--quiet", "enable", UNIT])

    def _write(self, path, text, mode):
        if self.host.read(path) != text:
            self.host.write(path, text, mode)

    def _change_chains(self, ipv6, meant, there):
        """Add what is missing at the end, then take away what is too much; write down first how to undo it."""
        raw = {entry_of(line, ipv6): line for line in self._listed(ipv6) or []}
        added = [one for one in meant if one not in raw]
        gone = [one for one in there if one not in meant]
        if not (added or gone):
            return
        old = [raw[one][len("-A ") :] for one in gone]
        new = [_arguments(one) for one in added]
        before = self.host.read(self.undo_path) or ""
        undo = UNDO.format(
            program=PROGRAMS[ipv6],
            old="".join(f"-A {line}\n" for line in old),
            new="".join(line + "\n" for line in new),
        )
        self.host.write(self.undo_path, before + undo, 0o600)
        steps = ["-A " + line for line in new] + ["-D " + line for line in old]
        self.host.run([PROGRAMS[ipv6] + "-restore", "-n"], "*filter\n{}\nCOMMIT\n".format("\n".join(steps)))

    def _keep_script(self, expiring, wanted):
        commands = [
            f"ufw --force delete allow from {source} to any app {application}"
            for rule in expiring
            for application, dummy in self._named_ports(rule)
            for ipv6 in self._families()
            for source in _sources(rule, wanted, ipv6)
        ]
        if commands:
            self._write(self.script_path, CLOSING.format(commands="\n".join(commands)), 0o700)
        else:
            self.host.remove(self.script_path)

    # Rollback

    def files(self):
        link = f"/etc/systemd/system/multi-user.target.wants/{UNIT}"
        return [RULES[False], RULES[True], self.profiles_path, CONFIGURATION, self.script_path, link]

    def restore_commands(self):
        self.host.remove(self.undo_path)
        if not self._is_active():
            return ["ufw --force disable"]
        # After a reboot the file below /run is gone, and ufw has read the files from before they were put back. Where ufw was
        # disabled, its chains are gone, too.
        return [
            f"{PROGRAMS[False]} -S {CHAINS[False]}input >/dev/null 2>&1 || rm -f {self.undo_path}",
            f"if [ -f {self.undo_path} ]; then sh {self.undo_path}; rm -f {self.undo_path}; else ufw reload; fi",
        ]


def _sources(rule, wanted, ipv6):
    """The senders of one IP version that a rule accepts."""
    if rule.from_set is not None:
        return of_family(wanted.sets[rule.from_set], ipv6)
    if not rule.networks:
        return [ANY[ipv6]]
    return [_network(one) for one in of_family(rule.networks, ipv6)]


def _arguments(one):
    """An Entry as iptables takes it, behind -A or -D, in the words in which ufw writes it."""
    words = [CHAINS[one.ipv6] + one.chain]
    if one.transport != "any":
        many = re.search("[:,]", one.ports)
        words += ["-p", one.transport] + (["-m", "multiport", "--dports"] if many else ["--dport"]) + [one.ports]
    if one.destination != ANY[one.ipv6]:
        words += ["-d", one.destination]
    if one.source != ANY[one.ipv6]:
        words += ["-s", one.source]
    words += ["-j", "ACCEPT"]
    if one.application:
        words += ["-m", "comment", "--comment", f"'dapp_{one.application}'"]
    return " ".join(words)


def _tuple(one, label):
    """An Entry as the line by which ufw knows it."""
    action = "route:allow" if one.chain == "forward" else "allow"
    comment = "{} {}".format(label, one.application[len(label) + 1 :] or "trusted network")
    words = ["### tuple ###", action, one.transport, one.ports, one.destination, "any", one.source]
    if one.application:
        words += [one.application, "-"]
    return " ".join(words + ["in", "comment=" + comment.encode("utf-8").hex()])


def _blocks(text):
    """Yield (tuple line or None, text) for the pieces of a file of rules: a rule with what belongs to it, and the rest."""
    # Not re.split(): Python 3.6 does not split where a pattern matches nothing.
    starts = [found.start() for found in re.finditer(r"(?m)^### (?:tuple|END RULES) ###", text)]
    for begin, end in zip([0] + starts, starts + [len(text)]):
        piece = text[begin:end]
        line = piece.partition("\n")[0]
        yield (line if line.startswith("### tuple ###") else None), piece


def _entry(line, ipv6):
    """The Entry of a tuple line that accepts what comes in or is forwarded, else None."""
    words = line[len("### tuple ###") :].split()
    options = [word for word in words if word.startswith("comment=")]
    words = [word for word in words if word not in options]
    if len(words) not in (7, 9) or words[0] not in ("allow", "route:allow") or words[4] != "any" or words[-1] != "in":
        return None
    application = words[6] if len(words) == 9 else ""
    chain = "forward" if words[0].startswith("route:") else "input"
    return Entry(ipv6, chain, words[1], words[2], words[5], words[3], "" if application == "-" else application)


def every(text, ipv6):
    """Return the Entries of a file of rules."""
    found = [_entry(line, ipv6) for line, dummy in _blocks(text) if line]
    return [one for one in found if one is not None]


def ours(text, label, ipv6):
    """Return our Entries of a file of rules: those whose comment says so."""
    return [
        _entry(line, ipv6) for line, dummy in _blocks(text) if line and _is_ours(line, label) and _entry(line, ipv6)
    ]


def _is_ours(line, label):
    match = re.search(r" comment=([0-9a-f]*)", line)
    return bool(match) and bytes.fromhex(match.group(1)).decode("utf-8", "replace").startswith(label + " ")


def with_entries(text, label, ipv6, entries):
    """Return a file of rules with these Entries behind those of the site, in place of ours; the rest stays as it is."""
    if ours(text, label, ipv6) == entries:
        return text
    rest = "".join(piece for line, piece in _blocks(text) if not (line and _is_ours(line, label)))
    block = "".join(f"{_tuple(one, label)}\n-A {_arguments(one)}\n\n" for one in entries)
    return rest.replace(END, block + END, 1)


def entry_of(line, ipv6):
    """Return the Entry of a line that `iptables -S` prints, None for a rule that is none."""
    words = line.split()
    if words[:1] != ["-A"] or words[-2:] != ["-j", "ACCEPT"] or "!" in words:
        return None
    values = dict(zip(words, words[1:]))
    known = {"-A", "-s", "-d", "-p", "-m", "--dport", "--dports", "--comment", "-j"}
    if any(word.startswith("-") and word not in known for word in words):
        return None
    application = values.get("--comment", "").strip("\"'\\")
    return Entry(
        ipv6,
        words[1][len(CHAINS[ipv6]) :],
        values.get("-p", "any"),
        values.get("--dports", values.get("--dport", "any")),
        _network(values.get("-s", ANY[ipv6])),
        _network(values.get("-d", ANY[ipv6])),
        application[len("dapp_") :] if application.startswith("dapp_") else "",
    )


def _network(text):
    """ufw writes a network of one address without its prefix."""
    return re.sub(r"/128\Z" if is_ipv6(text) else r"/32\Z", "", text)


def _lines(entries):
    return sorted(
        "{} {} from {} to {}{}".format(
            "allow" if one.chain == "input" else "route allow",
            "any" if one.transport == "any" else f"{one.transport} {one.ports}",
            one.source,
            one.destination,
            f" ({one.application})" if one.application else "",
        )
        for one in entries
    )

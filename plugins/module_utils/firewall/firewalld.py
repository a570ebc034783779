# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backend firewalld: a service definition for each rule, an ipset for each set of addresses, and rich rules with both.

The rich rules stand in every zone that holds traffic of the host, so no interface and no source changes its zone, and
what is denied there by the site is denied still. Trusted networks are the sources of a zone of our own.

firewalld takes service definitions, ipsets and zones from its files only when it is loaded anew, and that would drop what
the site has set at runtime and may drop the rules of a container runtime. It is never done here. Until it happens for
another reason the rules at runtime say the same with addresses and ports. Which of those are ours is kept in a file
below /run, which like them does not outlive a boot. What expires has firewalld's own timeout where it was added at runtime; a
script that a timer runs takes it out of the files, and out of the runtime where it came from them.
"""

import json
import re
from collections import OrderedDict, namedtuple
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

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

UNIT = "firewalld.service"
SITE, VENDOR = "/etc/firewalld", "/usr/lib/firewalld"
TRUSTED = "trusted"  # a zone that every firewalld has, and that accepts everything
DENYING = ("DROP", "%%REJECT%%")
ANYWHERE = ("0.0.0.0/0", "::/0")
LINKS = (
    "/etc/systemd/system/multi-user.target.wants/" + UNIT,
    "/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service",
)

CLOSING = """\
#!/bin/sh
# Written by hostprep.runtime_fabric. Takes the rules that have expired out of the files of firewalld and out of what runs.
set -u
services=' {services} '

# Prints a zone without those rich rules that accept one of the services, all else as it is; fails where there are none.
without_expired() {{
    awk -v services="$services" -v RS='\\001' '
        {{
            rest = $0
            while (match(rest, /[ \\t]*<rule[ \\t\\n>]/)) {{
                begin = RSTART
                length_of_rule = index(substr(rest, begin), "</rule>") + 6
                if (length_of_rule == 6) break
                rule = substr(rest, begin, length_of_rule)
                printf "%s", substr(rest, 1, begin - 1)
                rest = substr(rest, begin + length_of_rule)
                expired = match(rule, /<service name="[^"]*"/) && index(services, " " substr(rule, RSTART + 15, RLENGTH - 16) " ")
                if (!expired) printf "%s", rule
                else {{ removed = 1; sub(/^[ \\t]*\\n/, "", rest) }}
            }}
            printf "%s", rest
        }}
        END {{ exit !removed }}' "$1"
}}

for zone in {zones}; do
    file={directory}/$zone.xml
    [ -f "$file" ] && cp -p "$file" "$file.closing" || continue
    if without_expired "$file" >"$file.closing"; then mv -f "$file.closing" "$file"; else rm -f "$file.closing"; fi
done
{commands}
exit 0
"""

# A zone as it is at runtime, or as a file says. rules: rich rules in firewalld's own words.
Zone = namedtuple("Zone", "target interfaces sources rules")

# What runs now. zones: {name: Zone}. entries: {ipset: [address]} of ours that firewalld knows. record: as _Record below.
Runtime = namedtuple("Runtime", "zones entries record")

# The rules that are to be there. zones: {zone: [rich rule]}. entries: {ipset: [address]}. sources: {zone: [network]}.
Target = namedtuple("Target", "zones entries sources")

NO_RECORD = {"rules": [], "sources": [], "stale": [], "expires_at": 0, "expiring": []}


class Firewalld(FrontEnd):
    """firewalld, with firewall-cmd and its files."""

    name = "firewalld"
    program = "firewall-cmd"
    unit = UNIT
    flushed = "iptables"

    def __init__(self, host, label):
        super().__init__(host, label)
        self.zone = label[:17]  # no longer name is possible
        self.record_path = f"/run/{label}-firewalld.json"
        self._forget()

    def activity(self):
        return f"{UNIT} is active" if self._is_active() else ""

    def _is_active(self):
        return self.installed() and self.host.unit_is("is-active", UNIT)

    def flushes(self):
        return "firewalld flushes all rules of iptables when it starts"  # its issue 742

    def start(self, wanted):
        self.apply(wanted)  # into its files only
        self._forget()
        self.host.run(["systemctl", "enable", "--now", "--quiet", UNIT])

    # Current state

    def look(self):
        if not self.installed():
            return NOTHING
        runtime = []
        if self._is_active():
            found = self._runtime()
            runtime = _lines(self._ours(found))
        return State(runtime, self._permanent_lines(self._files()))

    def _cmd(self, *words):
        return self.host.run(["firewall-cmd"] + list(words))

    def _runtime(self):
        if self._seen is None:
            zones = parse_zones(self._cmd("--list-all-zones"))
            entries = {}
            referenced = self._referenced(zones, "ipset")
            names = self._ipset_files()
            if set(names) - referenced and names:
                referenced |= set(self._names_at_runtime("ipset"))
            for name in names:
                if name in referenced:
                    entries[name] = self._cmd("--ipset=" + name, "--get-entries").split()
            self._seen = Runtime(zones, entries, self._record(zones))
        return self._seen

    def _referenced(self, zones, kind):
        """The names of our services or ipsets that rules at runtime use: firewalld knows these."""
        pattern = re.compile(
            '{}{}="({}[^"]*)"'.format(kind, " name" if kind == "service" else "", re.escape(self.prefix))
        )
        return {name for zone in zones.values() for rule in zone.rules for name in pattern.findall(rule)}

    def _record(self, zones):
        """What is remembered of the rules at runtime, NO_RECORD where firewalld was loaded anew since."""
        text = self.host.read(self.record_path)
        if text is None:
            return dict(NO_RECORD)
        record = json.loads(text)
        there = [(zone, rule) for zone, rule in record["rules"] if zone in zones and rule in zones[zone].rules]
        there += [(zone, one) for zone, one in record["sources"] if zone in zones and one in zones[zone].sources]
        return record if there else dict(NO_RECORD)

    def _ours(self, runtime):
        """Return the Target that fits what is there of ours at runtime."""
        zones, sources = OrderedDict(), OrderedDict()
        for name in sorted(runtime.zones):
            zone = runtime.zones[name]
            rules = [rule for rule in zone.rules if self._names_ours(rule) or [name, rule] in runtime.record["rules"]]
            if rules:
                zones[name] = sorted(rules)
            kept = [one for one in zone.sources if name == self.zone or [name, one] in runtime.record["sources"]]
            if kept:
                sources[name] = sorted(kept)
        entries = OrderedDict(
            (name, _sorted(runtime.entries[name])) for name in sorted(runtime.entries) if runtime.entries[name]
        )
        return Target(zones, entries, sources)

    def _names_ours(self, rule):
        return f'="{self.prefix}' in rule

    def _files(self):
        """Return {path: text} of the files below /etc/firewalld that hold something of ours or a zone."""
        found = OrderedDict()
        for kind in ("services", "ipsets", "zones"):
            directory = f"{SITE}/{kind}"
            for name in self.host.names(directory):
                if name.endswith(".xml") and (kind == "zones" or name.startswith(self.prefix)):
                    path = f"{directory}/{name}"
                    found[path] = self.host.read(path)
        return found

    def _ipset_files(self):
        """The names of our ipsets: those with a file, and those that were removed while firewalld still knows them."""
        names = [name[: -len(".xml")] for name in self.host.names(SITE + "/ipsets")]
        return [name for name in names if name.startswith(self.prefix)]

    def _permanent_lines(self, files):
        lines = []
        for path, text in files.items():
            kind, name = path[len(SITE) + 1 : -len(".xml")].split("/")
            root = parsed(text, path)
            if kind == "services":
                lines.append(f"service {name}: {_service_line(root)}")
            elif kind == "ipsets":
                lines += [f"ipset {name}: {one}" for one in _sorted(_entries(root))] or [f"ipset {name}: empty"]
            elif name == self.zone:
                lines += [
                    "zone {} ({}): source {}".format(name, root.get("target"), one) for one in _sorted(_sources(root))
                ]
            else:
                rules = sorted(rule for rule in rich_rules(root) if self._names_ours(rule))
                lines += [f"zone {name}: {rule}" for rule in rules]
        return lines

    # Wanted state

    def native(self, wanted):
        self._require_ipsets()
        permanent = self._permanent_lines(self._wanted_files(wanted))
        return State(_lines(self._target(wanted)), permanent)

    def _require_ipsets(self):
        """Before 1.0 firewalld takes no ipset without the program ipset, and says so only in its log."""
        if self.host.program("ipset") is None and self._is_active():
            version = self._cmd("--version").strip()
            if version.startswith("0."):
                raise FirewallError(
                    f"firewalld {version} cannot use address sets without the program ipset: install the package ipset and "
                    "restart firewalld"
                )

    def _all_rules(self, wanted):
        """The rules, and the one for SSH where it is needed.

        It is where everything else is denied by our doing, and where it was put once: then nothing else may let SSH in.
        """
        rules = list(wanted.rules)
        name = self.prefix + "ssh"
        needed = wanted.default_deny or not self._is_active() or self._path("services", name) in self._files()
        if needed and wanted.keep_ports:
            rules.append(Rule("ssh", "tcp", [(port, port) for port in wanted.keep_ports], None, [], False))
        return rules

    def _holding(self, zones, default):
        """Return the names of the zones that get our rules. Raises nothing; zones that let everything in need none.

        A zone that only denies some sources what others are allowed is a deliberate decision of the site.
        """
        found = []
        for name in sorted(zones):
            zone = zones[name]
            holds = zone.interfaces or name == default or (zone.sources and zone.target not in DENYING)
            if holds and zone.target != "ACCEPT" and name != self.zone:
                found.append(name)
        return found

    def _default_zone(self):
        match = re.search(r"^\s*DefaultZone\s*=\s*(\S+)", self.host.read(SITE + "/firewalld.conf") or "", re.MULTILINE)
        return match.group(1) if match else "public"

    def _known(self, zones, kind, name, wanted_line, files):
        """Whether firewalld knows a service or ipset of ours at runtime, with the content that is wanted."""
        if not self._is_active():
            return True  # it reads our files when it starts, and they are written before
        path = self._path(kind + "s", name)
        right = path in files and (kind == "ipset" or _service_line(parsed(files[path], path)) == wanted_line)
        record = self._runtime().record
        if not right or name in record["stale"]:
            return False
        return name in self._referenced(zones, kind) or name in self._names_at_runtime(kind)

    def _names_at_runtime(self, kind):
        if kind not in self._names:
            self._names[kind] = self._cmd(f"--get-{kind}s").split()
        return self._names[kind]

    def _forget(self):
        self._seen, self._names = None, {}

    @staticmethod
    def _path(kind, name):
        return f"{SITE}/{kind}/{name}.xml"

    def _target(self, wanted):
        """Return the Target at runtime."""
        files = self._files()
        active = self._is_active()
        zones = self._runtime().zones if active else self._zone_files(files)
        ours = self._ours(self._runtime()) if active else Target({}, {}, {})
        target = Target(OrderedDict(), OrderedDict(), OrderedDict())
        rules = [rule for rule in self._all_rules(wanted) if not rule.expires or rule in lasting(wanted)]
        known = {}
        for rule in rules:
            name = self._service(rule)
            known[name] = self._known(zones, "service", name, _ports_line(rule), files)
        for name, addresses in self._ipsets(wanted).items():
            known[name] = self._known(zones, "ipset", name, None, files)
            if known[name] and addresses:
                target.entries[name] = addresses
        for zone in self._checked_zones(wanted, zones):
            theirs = set(zones[zone].rules) - set(ours.zones.get(zone, []))
            texts = {text for rule in rules for text in self._texts(rule, wanted, known)}
            if texts - theirs:
                target.zones[zone] = sorted(texts - theirs)
        zone = self.zone if self.zone in zones or not active else TRUSTED
        theirs = [
            one
            for name in {zone, TRUSTED} & set(zones)
            for one in zones[name].sources
            if name != self.zone and one not in ours.sources.get(name, [])
        ]
        sources = [one for one in self._untrusted(wanted, zones) if one not in theirs]
        if sources:
            target.sources[zone] = sorted(sources)
        return target

    def _checked_zones(self, wanted, zones):
        default = self._default_zone()
        if wanted.default_deny:
            for name in sorted(zones):
                if zones[name].target == "ACCEPT" and (zones[name].interfaces or name == default):
                    raise FirewallError(
                        "default_deny: the zone {} of firewalld accepts all traffic and applies to {}; use another zone "
                        "for that".format(
                            name, ", ".join(zones[name].interfaces) or "everything without a zone of its own"
                        )
                    )
        return self._holding(zones, default)

    def _untrusted(self, wanted, zones):
        """Return the trusted networks that no zone of the site lets in already. Raises FirewallError for a conflict."""
        found = []
        for network in wanted.trusted:
            holders = [
                name
                for name, zone in sorted(zones.items())
                if network in zone.sources and name not in (self.zone, TRUSTED)
            ]
            for name in holders:
                if zones[name].target != "ACCEPT":
                    raise FirewallError(
                        f"trusted_networks: {network} is a source of the zone {name} of firewalld, which does not accept all traffic; "
                        "remove it from that zone"
                    )
            if not holders:
                found.append(network)
        return found

    def _zone_files(self, files):
        """Return {name: Zone} as firewalld finds them when it starts."""
        texts = OrderedDict()
        for name in self.host.names(VENDOR + "/zones"):
            if name.endswith(".xml"):
                path = f"{VENDOR}/zones/{name}"
                texts[name[: -len(".xml")]] = (self.host.read(path), path)
        for path, text in files.items():
            if path.startswith(SITE + "/zones/"):
                texts[path[len(SITE + "/zones/") : -len(".xml")]] = (text, path)
        return OrderedDict((name, _zone(parsed(text, path))) for name, (text, path) in texts.items())

    def _service(self, rule):
        return self.prefix + re.sub(r"[^A-Za-z0-9_-]", "-", rule.comment)

    def _ipsets(self, wanted):
        """Return {ipset: [address]}, one for each IP version in use."""
        found = OrderedDict()
        for name in sorted(wanted.sets):
            for suffix, ipv6 in (("", False), ("6", True)):
                addresses = of_family(wanted.sets[name], ipv6)
                if addresses:
                    found[self.prefix + name + suffix] = addresses
        return found

    def _texts(self, rule, wanted, known):
        """Return a rule as rich rules, with the ipsets and services that firewalld knows."""
        service = self._service(rule)
        if known[service]:
            elements = [f'service name="{service}"']
        else:
            elements = [f'port port="{_range(pair)}" protocol="{rule.transport}"' for pair in rule.ports]
        return [
            " ".join(["rule"] + source + [element, "accept"])
            for source in self._from(rule, wanted, known)
            for element in elements
        ]

    def _from(self, rule, wanted, known):
        """Return the sources of a rule, each as a list of words; [] matches everybody."""
        if rule.from_set is None:
            if not rule.networks or any(one in ANYWHERE for one in rule.networks):
                return [[]]
            return [_address_words(network) for network in rule.networks]
        found = []
        for suffix, ipv6 in (("", False), ("6", True)):
            name, addresses = self.prefix + rule.from_set + suffix, of_family(wanted.sets[rule.from_set], ipv6)
            if addresses and known[name]:
                found.append(['family="{}"'.format("ipv6" if ipv6 else "ipv4"), f'source ipset="{name}"'])
            else:
                found += [_address_words(address) for address in addresses]
        return found

    def _wanted_files(self, wanted):
        """Return {path: text} of all of _files() as they are to be; what says the right thing already keeps its text."""
        files = self._files()
        result = OrderedDict()
        rules = self._all_rules(wanted)
        everything = {}
        for rule in rules:
            name = self._service(rule)
            everything[name] = True
            path = self._path("services", name)
            same = path in files and _service_line(parsed(files[path], path)) == _ports_line(rule)
            result[path] = files[path] if same else _service_xml(rule, self.label)
        for name, addresses in self._ipsets(wanted).items():
            everything[name] = True
            path = self._path("ipsets", name)
            same = path in files and _sorted(_entries(parsed(files[path], path))) == addresses
            result[path] = files[path] if same else _ipset_xml(name, addresses, self.label)
        zones = self._zone_files(files)
        if self._is_active():  # an interface may have its zone from NetworkManager, and no file says so
            for name, zone in self._runtime().zones.items():
                zones[name] = zones[name]._replace(interfaces=zone.interfaces) if name in zones else zone
        held = [rule for rule in rules if not rule.expires or rule in lasting(wanted)]
        texts = sorted({text for rule in held for text in self._texts(rule, wanted, everything)})
        holding = self._checked_zones(wanted, zones)
        result.update(self._zones_with(files, {name: texts for name in holding if texts}))
        sources = [
            one for one in self._untrusted(wanted, zones) if TRUSTED not in zones or one not in zones[TRUSTED].sources
        ]
        path = self._path("zones", self.zone)
        if sources:
            same = path in files and _sorted(_sources(parsed(files[path], path))) == _sorted(sources)
            result[path] = files[path] if same else _zone_xml(_sorted(sources), self.label)
        return OrderedDict(sorted(result.items(), key=lambda item: _file_order(item[0])))

    def _zones_with(self, files, rules):
        """Return {path: text} of the zone files of the site with our rules ({zone: [rich rule]}), and none elsewhere."""
        result = OrderedDict()
        names = {path[len(SITE + "/zones/") : -len(".xml")] for path in files if path.startswith(SITE + "/zones/")}
        for name in sorted((names | set(rules)) - {self.zone}):
            path, vendor = self._path("zones", name), f"{VENDOR}/zones/{name}.xml"
            text = files.get(path)
            copied = f"<!-- {self.label}: as in {vendor}, with rules of ours -->\n"
            if text is None:
                text = self.host.read(vendor)
                if text is None:
                    raise FirewallError(f"firewalld has no file for the zone {name}")
                text = re.sub(r"<zone\b", lambda match, copied=copied: copied + match.group(0), text, count=1)
            there = sorted(rule for rule in rich_rules(parsed(text, path)) if self._names_ours(rule))
            if there != rules.get(name, []):
                text = with_rules(text, self.prefix, rules.get(name, []))
            if name not in rules and copied in text and text.replace(copied, "") == self.host.read(vendor):
                continue
            result[path] = text
        return result

    # Changes

    def apply(self, wanted):
        self._forget()
        files, target = self._wanted_files(wanted), self._target(wanted)
        expiring = {text for rule in wanted.rules if rule.expires for text in self._every_text(rule, wanted)}
        self._carry_out(files, target, expiring, wanted)

    def _every_text(self, rule, wanted):
        """A rule in all the words in which it can be at runtime."""
        names = [self._service(rule)] + list(self._ipsets(wanted))
        texts = []
        for service in (False, True):
            for ipset in (False, True):
                known = dict.fromkeys(names, ipset)
                known[self._service(rule)] = service
                texts += self._texts(rule, wanted, known)
        return texts

    def remove(self):
        self._forget()
        files = OrderedDict(self._zones_with(self._files(), {}))
        self._carry_out(files, Target({}, {}, {}), set(), None)

    def _carry_out(self, files, target, expiring, wanted):
        before = self._files()
        if self._is_active():
            self._change_runtime(target, expiring, wanted, files)
        for path, text in files.items():
            if before.get(path) != text:
                self.host.write(path, text)
        for path in before:
            if path not in files:
                self.host.remove(path)
        self._keep_script(target, wanted)
        self._forget()
        if files != before and wanted is not None:
            program = "firewall-cmd" if self._is_active() else "firewall-offline-cmd"
            self.host.run([program, "--check-config"])

    def _keep_script(self, target, wanted):
        """Keep the script that removes what expires, as long as there is anything that does."""
        rules = [rule for rule in lasting(wanted) if rule.expires] if wanted is not None else []
        if not rules:
            self.host.remove(self.script_path)
            return
        options = [_quoted(f"--remove-rich-rule={text}") for rule in rules for text in self._every_text(rule, wanted)]
        removing = " ".join(OrderedDict.fromkeys(options))
        text = CLOSING.format(
            services=" ".join(map(self._service, rules)),
            zones=" ".join(target.zones),
            directory=SITE + "/zones",
            commands="\n".join(f"firewall-cmd --quiet --zone={zone} {removing} 2>/dev/null" for zone in target.zones),
        )
        if self.host.read(self.script_path) != text:
            self.host.write(self.script_path, text, 0o700)

    def _change_runtime(self, target, expiring, wanted, files):
        """Add first, take away then, each with one call for a zone or ipset; the way back is written down before."""
        runtime = self._runtime()
        ours = self._ours(runtime)
        now, expires_at = (wanted.now, wanted.expires_at) if wanted else (0, 0)
        renewed = expiring if runtime.record["expires_at"] != expires_at else set()
        timeout = [f"--timeout={max(1, int(expires_at - now))}"]
        back = ["--timeout={}".format(max(1, int(runtime.record["expires_at"] - now)))]
        ended = set(runtime.record["expiring"])
        steps, timed = [], []
        for zone in sorted(set(target.zones) | set(ours.zones)):
            new, old = set(target.zones.get(zone, [])), set(ours.zones.get(zone, []))
            again = sorted(new & old & renewed)
            place = ["--zone=" + zone]
            steps.append((place, "rich-rule", sorted(new - old - expiring), sorted(old - new - ended), [], []))
            timed.append((place, "rich-rule", [], sorted((old - new) & ended) + again, [], back))
            timed.append((place, "rich-rule", sorted((new - old) & expiring) + again, [], timeout, []))
        for name in sorted(set(target.entries) | set(ours.entries)):
            new, old = set(target.entries.get(name, [])), set(ours.entries.get(name, []))
            steps.append((["--ipset=" + name], "entry", sorted(new - old), sorted(old - new), [], []))
        for zone in sorted(set(target.sources) | set(ours.sources)):
            new, old = set(target.sources.get(zone, [])), set(ours.sources.get(zone, []))
            steps.append((["--zone=" + zone], "source", sorted(new - old), sorted(old - new), [], []))
        commands, undo = [], []
        for place, kind, added, gone, limit, limit_back in steps + timed:  # a short time runs out last
            adding, removing = (
                [[f"--{verb}-{kind}={word}" for word in words] for words in (added, gone)] for verb in ("add", "remove")
            )
            if added:
                commands.append(place + adding[0] + limit)
                undo.append(place + removing[0])
            if gone:
                commands.append(place + removing[1])
                undo.append(place + adding[1] + limit_back)
        lines = ["firewall-cmd {}\n".format(" ".join(map(_quoted, words))) for words in reversed(undo)]
        self.host.write(self.undo_path, "".join(lines), 0o600)
        for command in commands:
            self._cmd("--quiet", *command)
        self._remember(target, expires_at, expiring, runtime, files)

    def _remember(self, target, expires_at, expiring, runtime, files):
        rules = [
            [zone, rule]
            for zone, texts in target.zones.items()
            for rule in texts
            if rule in expiring or " port port=" in rule
        ]
        sources = [[zone, one] for zone, found in target.sources.items() if zone != self.zone for one in found]
        stale = set(runtime.record["stale"])
        before = self._files()
        for path, text in files.items():
            kind, name = path[len(SITE) + 1 : -len(".xml")].split("/")
            # What is in an ipset can be changed at runtime, what is in a service cannot.
            if kind in ("services", "ipsets") and (path not in before or (kind == "services" and before[path] != text)):
                stale.add(name)
        kept = sorted(rule for rule in expiring if any(rule in texts for texts in target.zones.values()))
        record = {
            "rules": rules,
            "sources": sources,
            "stale": sorted(stale),
            "expires_at": expires_at,
            "expiring": kept,
        }
        if rules or sources or expires_at:
            self.host.write(self.record_path, json.dumps(record, indent=2, sort_keys=True) + "\n", 0o600)
        else:
            self.host.remove(self.record_path)

    # Rollback

    def files(self):
        paths = list(self._files()) + [self._path("zones", name) for name in self._zone_files({})]
        paths += [self._path("zones", self.zone), self.record_path, self.script_path]
        return sorted(set(paths) | set(LINKS))

    def restore_commands(self):
        self.host.remove(self.undo_path)
        kept = " ".join(path for path in self._files() if "/" + self.prefix in path)
        lines = [
            f"for file in {SITE}/services/{self.prefix}*.xml {SITE}/ipsets/{self.prefix}*.xml; do",
            f'    case " {kept} " in *" $file "*) ;; *) rm -f "$file" ;; esac',
            "done",
        ]
        if not self._is_active():
            return lines + [f"systemctl stop {UNIT}"]
        # After a reboot the file below /run is gone, and firewalld has read the files from before they were put back.
        return lines + [
            f"systemctl is-active --quiet {UNIT} || systemctl start {UNIT}",
            f"if [ -f {self.undo_path} ]; then",
            f"    sh {self.undo_path}; rm -f {self.undo_path}",
            "else",
            "    firewall-cmd --reload",
            "fi",
        ]


def parse_zones(text):
    """Return {name: Zone} of what `firewall-cmd --list-all-zones` prints."""
    zones = OrderedDict()
    zone = None
    for line in text.splitlines():
        if line and not line[0].isspace():
            zone = {"target": "default", "interfaces": "", "sources": "", "rules": []}
            zones[line.split()[0]] = zone
        elif line.strip().startswith("rule ") and zone is not None:
            zone["rules"].append(" ".join(line.split()))
        elif zone is not None:
            key, colon, value = line.strip().partition(":")
            if colon and key in ("target", "interfaces", "sources"):
                zone[key] = value.strip()
    return OrderedDict(
        (name, Zone(one["target"], one["interfaces"].split(), one["sources"].split(), one["rules"]))
        for name, one in zones.items()
    )


def parsed(text, path):
    """Return the root element of a file of firewalld. Raises FirewallError."""
    try:
        return ElementTree.fromstring(text.encode("utf-8"))
    except ElementTree.ParseError as problem:
        raise FirewallError(f"{path} is not XML: {problem}") from problem


def with_rules(text, prefix, rules):
    """Return a zone file with rich rules in the place of those that name a service of ours; all else stays as it is."""
    text = re.sub(
        r"[ \t]*<rule\b(?:(?!</rule>).)*?</rule>[ \t]*\n?",
        lambda match: "" if f'<service name="{prefix}' in match.group(0) else match.group(0),
        text,
        flags=re.DOTALL,
    )
    if not rules:
        return text
    block = "".join(_rule_xml(rule) for rule in rules)
    if re.search(r"<zone\b[^>]*/>\s*\Z", text):
        return re.sub(r"(<zone\b[^>]*?)\s*/>\s*\Z", lambda match: match.group(1) + ">\n" + block + "</zone>\n", text)
    return re.sub(r"[ \t]*</zone>", lambda match: block + "</zone>", text, count=1)


def _rule_xml(rule):
    family = re.search(r' family="([^"]*)"', rule)
    source = re.search(r' source (ipset|address)="([^"]*)"', rule)
    service = re.search(r' service name="([^"]*)"', rule)
    lines = [f"  <rule family={quoteattr(family.group(1))}>" if family else "  <rule>"]
    if source:
        lines.append(f"    <source {source.group(1)}={quoteattr(source.group(2))}/>")
    lines += [f"    <service name={quoteattr(service.group(1))}/>", "    <accept/>", "  </rule>"]
    return "".join(line + "\n" for line in lines)


def rich_rules(root):
    """The rich rules of a zone file that accept a service, in the words in which firewall-cmd prints them."""
    found = []
    for rule in root.findall("rule"):
        words = ["rule"]
        if rule.get("family"):
            words.append('family="{}"'.format(rule.get("family")))
        source, service = rule.find("source"), rule.find("service")
        if source is not None:
            kind = "ipset" if source.get("ipset") else "address"
            words.append(f'source {kind}="{source.get(kind)}"')
        if service is not None and rule.find("accept") is not None:
            found.append(" ".join(words + ['service name="{}"'.format(service.get("name")), "accept"]))
    return found


def _zone(root):
    interfaces = [one.get("name") for one in root.findall("interface")]
    return Zone(root.get("target", "default"), interfaces, _sources(root), rich_rules(root))


def _sources(root):
    return [one.get("address") for one in root.findall("source") if one.get("address")]


def _entries(root):
    return [one.text.strip() for one in root.findall("entry") if one.text]


def _service_line(root):
    ports = ["{} {}".format(one.get("protocol"), one.get("port")) for one in root.findall("port")]
    return ", ".join(sorted(ports))


def _ports_line(rule):
    return ", ".join(sorted(f"{rule.transport} {_range(pair)}" for pair in rule.ports))


def _service_xml(rule, label):
    ports = "".join(f'  <port protocol="{rule.transport}" port="{_range(pair)}"/>\n' for pair in rule.ports)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<service>\n  <short>{label}: {rule.comment}</short>\n'
        f"  <description>Row {rule.comment} of the requirements of {label}. "
        f"Written by hostprep.runtime_fabric.</description>\n{ports}</service>\n"
    )


def _ipset_xml(name, addresses, label):
    option = '  <option name="family" value="inet6"/>\n' if is_ipv6(addresses[0]) else ""
    entries = "".join(f"  <entry>{address}</entry>\n" for address in addresses)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<ipset type="hash:ip">\n  <short>{name}</short>\n'
        f"  <description>Addresses for {label}. Written by hostprep.runtime_fabric.</description>\n{option}{entries}</ipset>\n"
    )


def _zone_xml(sources, label):
    entries = "".join(f'  <source address="{source}"/>\n' for source in sources)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<zone target="ACCEPT">\n  <short>{label}</short>\n'
        f"  <description>Trusted networks of {label}. Written by hostprep.runtime_fabric.</description>\n{entries}</zone>\n"
    )


def _lines(target):
    lines = [f"ipset {name}: {entry}" for name, entries in target.entries.items() for entry in entries]
    lines += [f"zone {zone}: {rule}" for zone in sorted(target.zones) for rule in target.zones[zone]]
    return lines + [f"zone {zone}: source {one}" for zone in sorted(target.sources) for one in target.sources[zone]]


def _address_words(address):
    return ['family="{}"'.format("ipv6" if is_ipv6(address) else "ipv4"), f'source address="{address}"']


def _sorted(addresses):
    return of_family(addresses, False) + of_family(addresses, True)


def _range(pair):
    return str(pair[0]) if pair[0] == pair[1] else "{}-{}".format(*pair)


def _file_order(path):
    kind = path[len(SITE) + 1 :].split("/")[0]
    return (["services", "ipsets", "zones"].index(kind), path)


def _quoted(word):
    return "'{}'".format(word.replace("'", "'\\''"))

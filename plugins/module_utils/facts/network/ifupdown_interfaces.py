# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ifupdown's own reading of /etc/network/interfaces: sourced files, classes, several stanzas of one interface, inheritance.

interfaces(5). ifupdown2 and ifupdown-ng read the same files, and accept stanzas without a family and a method. An error in the
first file makes ifupdown configure nothing; one in a sourced file ends the reading of that file.
"""

import os
import re
from fnmatch import fnmatchcase
from typing import Any, List

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_boot_settings import (
    DHCP,
    NONE,
    NOT_AT_BOOT,
    STATIC,
    Settings,
    hosts_of,
)

INTERFACES = "/etc/network/interfaces"
DEFAULTS = "/etc/default/networking"
# By their directories the other programs that read these files.
IFUPDOWN2, NG = "ifupdown2", "ifupdown-ng"
OTHERS = {"/usr/share/ifupdown2": IFUPDOWN2, "/usr/libexec/ifupdown-ng": NG, "/lib/ifupdown-ng": NG}
STATE = "/run/network/ifstate"
FAMILIES = ("inet", "inet6", "ipx", "can", "x25")
METHODS = ("loopback", "static", "manual", "dhcp", "bootp", "tunnel", "ppp", "wvdial", "ipv4ll")
COMMANDS = ("up", "post-up", "pre-up")
MOST_NESTED = 10
_ADDING = re.compile(r"\bip\s+(?:-\S+\s+)*a(?:d|dd|ddr|ddress)?\s+(?:add|replace|change)\s+([0-9.]+(?:/\d+)?)")
# What source-directory takes; a name with a dot is not among them.
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")


class Refused(ValueError):
    """ifupdown does not read the file any further."""


class Stanza:
    """An iface stanza. method: "" of one without a method, which only ifupdown2 and ifupdown-ng accept.

    single: whether only the first address counts.
    """

    def __init__(self, name, family, method, path, options=(), single=True):
        self.name, self.family, self.method, self.path, self.single = name, family, method, path, single
        self.options: List[Any] = list(options)

    def addresses(self):
        """The IPv4 addresses that it sets, with those that its commands add."""
        own = [value for key, value in self.options if key == "address"]
        if self.method in ("static", "tunnel", "loopback"):
            own = own[:1] if self.single else own  # of a second one ifupdown says nothing, and leaves it out
        elif self.method:
            own = []
        found = [match.group(1) for key, value in self.options if key in COMMANDS for match in _ADDING.finditer(value)]
        return hosts_of(own + found)

    def leased(self):
        """Whether it has a DHCP client run."""
        return self.method in ("dhcp", "bootp") or ("use", "dhcp") in self.options


class Interfaces:
    """What the files say to a program: "" for ifupdown itself. problem: why it configures nothing, or ""."""

    def __init__(self, tree, program=""):
        self.tree, self.program, self.lenient = tree, program, bool(program)
        self.automatic: List[str] = []
        self.stanzas: List[Stanza] = []
        self.mapped: List[str] = []
        self.files: List[str] = []
        self.problem = ""
        self._open: Any = None
        if tree.is_file(INTERFACES):
            try:
                self._read(INTERFACES, 0)
            except Refused as problem:
                self.problem = (
                    f"{program or 'ifupdown'} refuses {INTERFACES}, which has {problem}, and configures nothing"
                )

    def _read(self, path, depth):
        text = self.tree.text(path) if path not in self.files and depth <= MOST_NESTED else None
        self.files.append(path)
        self._open = None
        for line in _lines(text or ""):
            self._line(path, line.split(), line, depth)
        self._open = None

    def _line(self, path, words, line, depth):
        keyword = words[0]
        if keyword in ("source", "source-directory"):
            self._open = None
            for pattern in words[1:]:
                self._source(path, pattern, keyword, depth)
        elif keyword == "auto" or keyword.startswith("allow-"):
            self._open = None
            if keyword in ("auto", "allow-auto", "allow-hotplug"):
                self.automatic += words[1:2] if self.program == NG else words[1:]
        elif keyword == "mapping":
            self.mapped += words[1:]
            self._open = Stanza("", "", "", path)
        elif keyword in ("no-auto-down", "no-scripts", "rename"):
            self._open = None
        elif keyword == "iface":
            self._iface(path, words)
        elif self._open is None:
            raise Refused("an option outside a stanza")
        else:
            self._open.options.append((keyword, line.strip()[len(keyword) :].strip()))

    def _source(self, path, pattern, keyword, depth):
        pattern = os.path.normpath(os.path.join(os.path.dirname(path), pattern))
        if self.program == NG and keyword == "source" and not self.tree.is_file(pattern):
            raise Refused("a line that sources a file that does not exist")
        if keyword == "source-directory":
            found = self.tree.files_in(pattern)
            found = [one for one in found if self.program == NG or _NAME.match(os.path.basename(one))]
        else:
            found = [one for one in self.tree.names(pattern) if not self.tree.is_directory(one)]
        for one in found:
            try:
                self._read(one, depth + 1)
            except Refused:
                continue

    def _iface(self, path, words):
        name, rest = (words + [""])[1], words[2:]
        family = rest.pop(0) if rest and rest[0] in FAMILIES else ""
        method = rest.pop(0) if rest and rest[0] != "inherits" else ""
        parent = rest[1] if len(rest) > 1 and rest[0] == "inherits" else ""
        if not self.lenient and not parent:
            if not family:
                raise Refused("a stanza without a known family")
            if not method or (family == "inet" and method not in METHODS):
                raise Refused("a stanza without a known method")
        inherited = [one for one in self.stanzas if parent and one.name == parent and family in ("", one.family)]
        if parent and not inherited and not self.lenient:
            raise Refused("a stanza that inherits from one that does not exist")
        options = inherited[-1].options if inherited else ()
        if inherited:
            family, method = family or inherited[-1].family, method or inherited[-1].method
        self._open = Stanza(name, family, method, path, options, not self.lenient)
        self.stanzas.append(self._open)

    def logical(self, interface):
        """Return the names of the stanzas that boot configures for an interface: its own, its labels', those it is called."""
        names = []
        for word in self.automatic:
            physical, _equals, called = word.partition("=")
            pattern = physical.strip("/").split("/")[0] if physical.startswith("/") else ""
            if physical == interface or (pattern and fnmatchcase(interface, pattern)):
                names.append(called or interface)
            elif physical.partition(":")[0] == interface:
                names.append(called or physical)
            elif self.lenient and fnmatchcase(interface, physical):
                names.append(called or interface)
        return names


def _lines(text):
    """The lines of a file: comments left out, those that end with a backslash joined."""
    begun = ""
    for line in text.splitlines():
        if not begun and line.lstrip().startswith("#"):
            continue
        if line.endswith("\\"):
            begun += line[:-1] + " "
            continue
        if (begun + line).strip():
            yield begun + line
        begun = ""
    if begun.strip():
        yield begun


def excluded(tree):
    """Return (whether ifupdown configures anything at boot, patterns of interfaces that it leaves out)."""
    text = (tree.text(DEFAULTS) if tree.is_file(DEFAULTS) else "") or ""
    values = dict(line.strip().partition("=")[::2] for line in text.splitlines() if not line.lstrip().startswith("#"))
    patterns = values.get("EXCLUDE_INTERFACES", "").strip("\"'").split()
    return values.get("CONFIGURE_INTERFACES", "yes").strip("\"'") != "no", patterns


def configurations(tree, links):
    """Return the Settings of each interface for which there is a stanza."""
    known = Interfaces(tree, next((program for path, program in OTHERS.items() if tree.is_directory(path)), ""))
    at_boot, patterns = excluded(tree)
    found = []
    for link in links:
        about = [one for one in known.stanzas if one.name.partition(":")[0] == link.name and one.family in ("", "inet")]
        names = known.logical(link.name)
        used = [one for one in known.stanzas if one.name in names and one.family in ("", "inet")]
        if not about and not used:
            continue
        skipped = not at_boot or any(fnmatchcase(link.name, pattern) for pattern in patterns)
        found.append(_settings(link.name, about, [] if skipped else used, known))
    return found


def _settings(interface, about, used, known):
    files = list(dict.fromkeys(one.path for one in used or about))
    addresses = [address for one in used or about for address in one.addresses()]
    mapped = [pattern for pattern in known.mapped if fnmatchcase(interface, pattern)]
    uncertain = known.problem
    if mapped and not uncertain:
        uncertain = f"a script that `mapping {mapped[0]}` names in {INTERFACES} decides at boot"
    leased = any(one.leased() for one in used)
    other = used[0].method if used else NONE
    method = NOT_AT_BOOT if not used else STATIC if addresses else DHCP if leased else other or NONE
    return Settings(files[0], interface, method, addresses, files, leased, uncertain)


def managed(tree, link):
    """Whether ifupdown has configured an interface; None where it does not say."""
    text = tree.text(STATE) if tree.is_file(STATE) else None
    if text is None:
        return None
    return any(line.partition("=")[0].partition(":")[0] == link.name for line in text.splitlines())

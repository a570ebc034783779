# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd-networkd's own merge of its .network files: the first file that matches an interface, with its drop-ins.

systemd.network(5): files are sorted by name, whatever their directory; of one name the first directory counts; an empty file
or a link to /dev/null hides it; NAME.network.d/*.conf of all directories are read after it; empty values reset lists.
"""

import os
import re
from fnmatch import fnmatchcase
from typing import Dict, NamedTuple, Optional, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.systemd_units import systemd_version
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import ini_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_boot_settings import (
    IGNORED,
    NOT_AT_BOOT,
    Settings,
    hosts_of,
    method_of,
)

DIRECTORIES = (
    "/etc/systemd/network",
    "/run/systemd/network",
    "/usr/local/lib/systemd/network",
    "/usr/lib/systemd/network",
    "/lib/systemd/network",
)
STATES = "/run/systemd/netif/links/{}"  # what networkctl reads
LEASED = ("yes", "true", "1", "on", "y", "t", "ipv4", "both", "v4")
NOT_LEASED = ("no", "false", "0", "off", "n", "f", "ipv6", "v6", "none")
RESETTING = 256  # the first version in which an empty Address= takes back those before it
DOWN = ("manual", "down", "always-down")
ADDRESSES = ("MACAddress", "PermanentMACAddress")
GLOBS = ("Name", "Driver", "Type", "Kind", "OriginalName")
# Of the machine or of udev's database; networkd alone knows what they make of an interface.
UNDECIDED = (
    "Path",
    "Property",
    "WLANInterfaceType",
    "SSID",
    "BSSID",
    "Host",
    "Virtualization",
    "KernelCommandLine",
    "KernelVersion",
    "Version",
    "Credential",
    "Architecture",
    "Firmware",
)


class Network(NamedTuple):
    """A .network file with its drop-ins. entries: None where one of them could not be read here.

    ignored: why networkd leaves the file out, or "".
    """

    path: str
    files: Sequence[str]
    entries: Optional[Sequence[ini_text.Entry]]
    ignored: str = ""


def networks(tree, readable=lambda status: True):
    """Return the Networks in the order in which networkd tries them. readable: whether networkd's user can read a file."""
    by_name: Dict[str, str] = {}
    for folder in DIRECTORIES:
        for path in tree.paths(folder + "/*.network"):
            by_name.setdefault(os.path.basename(path), path)
    found = []
    for name, path in sorted(by_name.items()):
        if not tree.is_masked(path):
            found.append(_network(tree, path, _drop_ins(tree, name), readable))
    return found


def _drop_ins(tree, name):
    by_name: Dict[str, str] = {}
    for folder in DIRECTORIES:
        for path in tree.paths(f"{folder}/{name}.d/*.conf"):
            by_name.setdefault(os.path.basename(path), path)
    return [path for _name, path in sorted(by_name.items()) if not tree.is_masked(path)]


def _network(tree, path, drop_ins, readable):
    entries, files, last, ignored = [], [path], 0, ""
    for file in [path] + drop_ins:
        status, text = tree.status(file), tree.text(file)
        if status is not None and not readable(status):
            if file == path:
                ignored = "the user systemd-network cannot read it"
            else:
                continue
        if text is None:
            return Network(path, files, None, ignored)
        own = ini_text.parse(text)
        entries += [entry._replace(number=entry.number + last) for entry in own]
        last += max([entry.number for entry in own] + [0])
        files += [file] if file != path else []
    return Network(path, files, entries, ignored)


def matches(entries, link):
    """Return True, False, or the key of [Match] that decides and of which this host says nothing."""
    wanted: Dict[str, list] = {}
    for entry in entries:
        if entry.section == "Match" and entry.key in GLOBS + ADDRESSES + UNDECIDED:
            words = _words(entry) if entry.value else []
            wanted[entry.key] = wanted.get(entry.key, []) + words if words else []
    wanted = {key: words for key, words in wanted.items() if words}
    if not wanted:
        return False  # networkd ignores such a file, and says so
    open_keys = [key for key in sorted(wanted) if key in UNDECIDED]
    known = {
        "Driver": link.driver,
        "Type": link.type,
        "Kind": link.kind,
        "MACAddress": link.address,
        "PermanentMACAddress": link.permanent,
    }
    for key, words in sorted(wanted.items()):
        if key in UNDECIDED:
            continue
        if key in ("Name", "OriginalName"):
            if not any(_globbed(words, name) for name in link.names or (link.name,)):
                return False
        elif known[key] is None:
            open_keys.append(key)
        elif key in ADDRESSES:
            if known[key].lower() not in [word.lower().replace("-", ":") for word in words]:
                return False
        elif not _globbed(words, known[key]):
            return False
    return open_keys[0] if open_keys else True


def _words(entry):
    """The words of a list; an exclamation mark before it inverts all of them."""
    words = entry.value.replace('"', " ").replace("'", " ").split()
    if entry.key in GLOBS and words and words[0].startswith("!"):
        words = [words[0][1:]] + words[1:]
        return ["!" + word for word in words if word]
    return words


def _globbed(words, text):
    positive = [word for word in words if not word.startswith("!")]
    if any(text and fnmatchcase(text, _pattern(word[1:])) for word in words if word.startswith("!")):
        return False
    return not positive or any(text and fnmatchcase(text, _pattern(word)) for word in positive)


def _pattern(word):
    return word.replace("[^", "[!")


def settings_of(network, interface, version=None):
    """Return the Settings that a Network makes of an interface that it matches. version: of systemd, None where not known."""
    addresses, leased, down, doubt = {}, False, False, ""
    for entry in network.entries:
        if (entry.section, entry.key) == ("Network", "Address"):
            if entry.value:
                addresses.setdefault(0, []).extend(hosts_of([entry.value]))
            elif version is None:
                doubt = "an empty Address= clears earlier addresses since systemd 256, and the version of systemd is not known"
            elif version >= RESETTING:
                addresses = {}
        elif (entry.section, entry.key) == ("Address", "Address"):
            addresses[entry.number] = hosts_of([entry.value])
        elif (entry.section, entry.key) == ("Network", "DHCP"):
            leased = entry.value.lower() in LEASED or (leased and entry.value.lower() not in NOT_LEASED)
        elif (entry.section, entry.key) == ("Link", "ActivationPolicy"):
            down = entry.value.lower() in DOWN
        elif (entry.section, entry.key) == ("Link", "Unmanaged"):
            down = entry.value.lower() in LEASED
    known = [address for number in sorted(addresses) for address in addresses[number] if address != "0.0.0.0"]
    method = NOT_AT_BOOT if down else method_of(known, leased)
    return Settings(network.path, interface, method, known, network.files, leased, doubt)


def configurations(tree, links, readable=lambda status: True, version=systemd_version):
    """Return the Settings of each interface for which networkd has a file.

    readable: see networks. version: a function that returns the version of systemd.
    """
    known, found = networks(tree, readable), []
    for link in links:
        applied = _applied(tree, link)
        chosen, ignored, others = None, None, []
        for network in known:
            verdict = "" if network.entries is None else matches(network.entries, link)
            if verdict not in (True, False) and applied and not _newer(tree, network, link):
                verdict = network.path == applied
            if verdict is False:
                continue
            settings = _settings(network, link, verdict, version)
            if network.ignored:
                ignored = ignored or settings._replace(method=IGNORED, uncertain="", ignored=network.ignored)
            elif chosen is None:
                chosen = settings
                continue
            others.append((settings.path, settings.addresses))
        if chosen is not None:
            found.append(chosen._replace(passed_over=others))
        elif ignored is not None:
            found.append(ignored)
    return found


def _settings(network, link, verdict, version):
    if network.entries is None:
        return Settings(network.path, link.name, "", (), network.files, uncertain=f"{network.path} could not be read")
    emptied = any((entry.section, entry.key, entry.value) == ("Network", "Address", "") for entry in network.entries)
    found = settings_of(network, link.name, version() if emptied else None)
    if verdict is True:
        return found
    why = f"whether {network.path} applies to {link.name} depends on {verdict}= in its section [Match]"
    return found._replace(uncertain=why)


def _applied(tree, link):
    """The file that networkd has applied to an interface, "" where it does not say."""
    path = STATES.format(link.index)
    text = tree.text(path) if tree.is_file(path) else ""
    found = re.search(r"^NETWORK_FILE=(\S+)$", text or "", re.MULTILINE)
    return found.group(1) if found else ""


def _newer(tree, network, link):
    """Whether a file has changed since networkd said which one it applied."""
    state = tree.status(STATES.format(link.index))
    times = [status.st_mtime for status in map(tree.status, network.files) if status is not None]
    return state is None or max(times + [0]) > state.st_mtime


def managed(tree, link):
    """Whether networkd manages an interface now; None where it does not say."""
    path = STATES.format(link.index)
    text = tree.text(path) if tree.is_file(path) else ""
    found = re.search(r"^ADMIN_STATE=(\S+)$", text or "", re.MULTILINE)
    return None if found is None else found.group(1) in ("configured", "configuring", "failed")

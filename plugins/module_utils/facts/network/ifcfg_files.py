# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ifcfg files as the network scripts of Red Hat and wicked of SUSE read them: shell variables, a file for each interface."""

import os
import re
from typing import Dict, List, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_boot_settings import (
    NOT_AT_BOOT,
    Settings,
    hosts_of,
    method_of,
)

RED_HAT, SUSE = "/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network/ifcfg-*"
NO = ("no", "false", "0", "n")
AT_BOOT = ("auto", "onboot", "boot", "hotplug", "nfsroot", "ifplugd", "on")


class File(NamedTuple):
    """An ifcfg file. name: what follows `ifcfg-`."""

    path: str
    name: str
    values: Dict[str, str]


def parse(text):
    """Return `{NAME: value}` of a file."""
    values = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            value = value.strip()
            quoted = re.match(r"""(["'])(.*?)\1""", value)
            values[key.strip().upper()] = quoted.group(2) if quoted else value.split(" #")[0].strip()
    return values


def addresses(values):
    """Return the addresses that a file sets."""
    return hosts_of(value for key, value in values.items() if re.match(r"IPADDR(_?\w+)?\Z", key))


def leased(values):
    """Whether a file has a DHCP client run."""
    protocol = values.get("BOOTPROTO", "none").lower()
    return protocol.startswith(("dhcp", "bootp")) and protocol != "dhcp6"


def read(tree, pattern):
    """Return the Files of a pattern, without that of loopback."""
    found: List[File] = []
    for path in tree.paths(pattern):
        name = os.path.basename(path)[len("ifcfg-") :]
        text = tree.text(path) if name != "lo" else None
        if text is not None:
            found.append(File(path, name, parse(text)))
    return found


def configurations(tree, links, pattern):
    """Return the Settings of each interface that has a file, as the network scripts or wicked apply it."""
    files, found = read(tree, pattern), []
    for link in links:
        mine = [file for file in files if _is_for(file, link)]
        at_boot = [file for file in mine if _at_boot(file.values, pattern)]
        used = at_boot or mine
        if not used:
            continue
        known = [address for file in used for address in addresses(file.values)]
        asks = any(leased(file.values) for file in used)
        method = method_of(known, asks) if at_boot else NOT_AT_BOOT
        paths = [file.path for file in used]
        doubt = ""
        if len([file for file in at_boot if ":" not in file.name]) > 1:
            doubt = f"{paths[0]} and {paths[1]} both configure {link.name}"
        others = [(file.path, addresses(file.values)) for file in mine if file not in used]
        found.append(Settings(paths[0], link.name, method, known, paths, asks, doubt, passed_over=others))
    return found


def _is_for(file, link):
    """Whether a file is for an interface; what follows a colon is a label."""
    hardware = file.values.get("HWADDR", "").lower()
    if hardware and hardware not in (link.permanent, link.address):
        return False
    device = (file.values.get("DEVICE") or ("" if hardware else file.name)).partition(":")[0]
    return device == link.name or (not device and bool(hardware))


def _at_boot(values, pattern):
    if pattern == SUSE:
        return values.get("STARTMODE", "manual").lower() in AT_BOOT
    return values.get("ONBOOT", "yes").lower() not in NO

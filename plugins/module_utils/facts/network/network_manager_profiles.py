# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which profile NetworkManager activates on an interface at boot.

Of the profiles that fit and have autoconnect, it takes the one with the highest autoconnect-priority, of equal ones that which
was active last. nm-settings-keyfile(5): a keyfile that others than root may read is ignored; of one UUID the file in /run
hides that in /etc, and this one that in /usr/lib. What is in /run is gone at the next boot unless a program makes it again.
"""

import os
import re
from fnmatch import fnmatchcase
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import ifcfg_files, ini_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.ini_text import (
    last_of,
    values_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_boot_settings import (
    IGNORED,
    NONE,
    NOT_AT_BOOT,
    Settings,
    hosts_of,
    method_of,
)

ETC, RUN, LIB = (
    "/etc/NetworkManager/system-connections",
    "/run/NetworkManager/system-connections",
    "/usr/lib/NetworkManager/system-connections",
)
TIMESTAMPS = "/var/lib/NetworkManager/timestamps"
DEVICES = "/run/NetworkManager/devices/{}"
PLUGINS = (
    "/usr/lib64/NetworkManager/*/libnm-settings-plugin-ifcfg-rh.so",
    "/usr/lib64/NetworkManager/libnm-settings-plugin-ifcfg-rh.so",
    "/usr/lib/*/NetworkManager/*/libnm-settings-plugin-ifcfg-rh.so",
)
WIRED = ("", "ethernet", "802-3-ethernet", "veth")
ORIGIN = "nm-initrd-generator"  # makes its profiles at every boot, from the kernel's command line
FALSE = ("false", "no", "0", "off")
METHODS = {"manual": NONE, "auto": NONE, "disabled": NONE}
# Of the machine; NetworkManager alone knows what they make of an interface.
UNDECIDED = ("path", "driver", "kernel-command-line")


class Profile(NamedTuple):
    """A profile. names, hardware: what it is limited to, if anything.

    at_boot: whether it is activated without a command. undecided: a key that only NetworkManager can judge. ignored: why
    NetworkManager leaves the file out, or "". controller: the interface or the UUID of the bond or bridge that it is a port of.
    lasting: whether the file is there after a boot.
    """

    path: str
    uuid: str
    type: str
    names: Sequence[str]
    hardware: str
    priority: int
    at_boot: bool
    method: str
    addresses: Sequence[str]
    leased: bool
    undecided: str = ""
    ignored: str = ""
    controller: str = ""
    lasting: bool = True


def keyfile(path, text, ignored=""):
    """Return the Profile of a keyfile. ignored: why NetworkManager ignores it, or ""."""
    entries = ini_text.parse(text)
    addresses: List[str] = []
    for entry in entries:
        if entry.section == "ipv4" and re.match(r"address\d*\Z", entry.key):
            addresses.append(entry.value.split(",")[0])
        elif entry.section == "ipv4" and re.match(r"addresses\d*\Z", entry.key):
            addresses += [word for word in re.split(r"[;,]", entry.value) if "." in word]
    method = last_of(entries, "ipv4", "method") or "auto"
    port = last_of(entries, "connection", "controller") or last_of(entries, "connection", "master")
    made_again = not path.startswith(RUN) or "netplan-" in path or ORIGIN in text
    hosts = [] if port or method in ("disabled", "link-local", "shared") else hosts_of(addresses)
    leased = method == "auto" and not port
    names = [name for name in [last_of(entries, "connection", "interface-name")] if name]
    matched = [word for value in values_of(entries, "match", "interface-name") for word in value.split(";") if word]
    sections = ("ethernet", "802-3-ethernet")
    hardware = [value for name in sections for value in values_of(entries, name, "mac-address")]
    priority = last_of(entries, "connection", "autoconnect-priority", "0")
    undecided = [key for key in UNDECIDED if values_of(entries, "match", key)]
    return Profile(
        path,
        last_of(entries, "connection", "uuid") or path,
        last_of(entries, "connection", "type"),
        names or matched,
        (hardware or [""])[-1].lower(),
        int(priority) if re.match(r"-?\d+\Z", priority) else 0,
        last_of(entries, "connection", "autoconnect", "true").lower() not in FALSE
        and not last_of(entries, "connection", "permissions")
        and made_again
        and not ignored,
        method_of(hosts, leased, METHODS.get(method, method)),
        hosts,
        leased,
        undecided[0] if undecided else "",
        ignored,
        port,
        made_again,
    )


def profiles(tree, owner=0):
    """Return the Profiles of all keyfiles, of one UUID only that which counts. owner: who must own them, root on a host."""
    by_uuid: Dict[str, Profile] = {}
    hidden = {
        os.path.basename(path)[: -len(".nmmeta")]
        for path in tree.names(ETC + "/*.nmmeta")
        if os.path.realpath(tree.real(path)) == os.devnull
    }
    for pattern in (RUN + "/*.nmconnection", ETC + "/*", LIB + "/*.nmconnection"):
        for path in tree.paths(pattern):
            text = None if path.endswith(".nmmeta") else tree.text(path)
            if text is None:
                continue
            found = keyfile(path, text, _why_ignored(tree.status(path), owner))
            known = by_uuid.get(found.uuid)
            if found.uuid not in hidden and (known is None or known.ignored or not known.lasting):
                by_uuid[found.uuid] = found
    return list(by_uuid.values())


def _why_ignored(status, owner):
    if status is None or (status.st_uid == owner and not status.st_mode & 0o077):
        return ""
    return f"root must own it, and others must not read it (its mode is {status.st_mode & 0o777:04o})"


def ifcfg_profiles(tree):
    """Return the Profiles that the plugin ifcfg-rh makes of ifcfg files, none where NetworkManager has no such plugin."""
    if not tree.names(PLUGINS[0]) + tree.names(PLUGINS[1]) + tree.names(PLUGINS[2]):
        return []
    files, found = ifcfg_files.read(tree, ifcfg_files.RED_HAT), []
    for file in files:
        values = file.values
        if ":" in file.name or values.get("NM_CONTROLLED", "yes").lower() in FALSE:
            continue
        labels = [one for one in files if one.name.startswith(file.name + ":")]
        addresses = [address for one in [file] + labels for address in ifcfg_files.addresses(one.values)]
        leased = ifcfg_files.leased(values)
        port = values.get("MASTER") or values.get("BRIDGE") or values.get("TEAM_MASTER") or ""
        priority = values.get("AUTOCONNECT_PRIORITY", "0")
        found.append(
            Profile(
                file.path,
                values.get("UUID", file.path),
                values.get("TYPE", "").lower(),
                [values["DEVICE"]] if values.get("DEVICE") else [],
                values.get("HWADDR", "").lower(),
                int(priority) if re.match(r"-?\d+\Z", priority) else 0,
                values.get("ONBOOT", "yes").lower() not in FALSE and not values.get("USERS"),
                method_of(addresses, leased),
                [] if port else addresses,
                leased and not port,
                controller=port,
            )
        )
    return found


def fits(profile, link):
    """Whether a profile is for an interface; None where only NetworkManager knows."""
    if profile.names and not any(fnmatchcase(link.name, name) for name in profile.names):
        return False
    if profile.hardware:
        known = link.permanent or link.address
        if profile.hardware.replace("-", ":") != known:
            return False
    if not profile.names and (profile.type not in WIRED or link.kind or link.type not in ("ether", None)):
        return False  # a bond or a bridge is made by the profile that has its name
    return None if profile.undecided else True


def timestamps(tree):
    """Return when each profile was active last, `{uuid: seconds}`."""
    text = tree.text(TIMESTAMPS) if tree.is_file(TIMESTAMPS) else ""
    entries = ini_text.parse(text or "")
    return {entry.key: int(entry.value) for entry in entries if entry.value.isdigit()}


def configurations(tree, links, owner=0):
    """Return the Settings of each interface for which there is a profile."""
    known = _with_controllers(profiles(tree, owner) + ifcfg_profiles(tree))
    active = timestamps(tree)

    def order(profile):
        return (-profile.priority, -active.get(profile.uuid, 0))

    found = []
    for link in links:
        fitting = [(profile, fits(profile, link)) for profile in known]
        ranked: List[Tuple[Profile, Any]] = sorted(
            ((profile, fit) for profile, fit in fitting if fit is not False and profile.at_boot),
            key=lambda entry: (order(entry[0]), entry[0].path),
        )
        idle = [profile for profile, fit in fitting if fit and not profile.at_boot]
        if not ranked:
            found += [
                _settings(profile, link.name)._replace(
                    method=IGNORED if profile.ignored else NOT_AT_BOOT, ignored=profile.ignored
                )
                for profile in idle[:1]
            ]
            continue
        chosen = ranked[0][0]
        rivals = [profile for profile, _fit in ranked[1:] if order(profile) == order(chosen)]
        others = [(profile.path, profile.addresses) for profile, _fit in ranked[1:]]
        others += [(profile.path, profile.addresses) for profile in idle]
        found.append(
            _settings(chosen, link.name)._replace(
                passed_over=others, uncertain=_doubt(chosen, ranked[0][1], rivals, link, links)
            )
        )
    return found


def _with_controllers(known):
    """The profiles; a port whose bond or bridge has no profile is not activated."""
    names = {name for profile in known if profile.at_boot for name in list(profile.names) + [profile.uuid]}
    return [
        profile._replace(at_boot=profile.at_boot and (not profile.controller or profile.controller in names))
        for profile in known
    ]


def _settings(profile, interface):
    addresses, leased = profile.addresses, profile.leased
    return Settings(profile.path, interface, profile.method, addresses, [profile.path], leased)


def _outcome(profile):
    return profile.method, profile.addresses


def _doubt(chosen, fit, rivals, link, links):
    """Why it is not certain that a profile is activated on an interface, or ""."""
    if fit is None:
        return f"whether {chosen.path} applies to {link.name} depends on {chosen.undecided}= in its section [match]"
    different = [profile.path for profile in rivals if _outcome(profile) != _outcome(chosen)]
    if different:
        return (
            f"{chosen.path} and {different[0]} both apply to {link.name}, with the same autoconnect-priority, and neither was"
            " active last"
        )
    wired = [other.name for other in links if other.device and not other.kind and other.name != link.name]
    if not chosen.names and not chosen.hardware and wired:
        return f"{chosen.path} names no interface: NetworkManager activates it on {link.name} or on {wired[0]}"
    return ""


def managed(tree, link):
    """Whether NetworkManager manages an interface now; None where it does not say."""
    path = DEVICES.format(link.index)
    text = tree.text(path) if tree.is_file(path) else ""
    found = values_of(ini_text.parse(text or ""), "device", "managed")
    return None if not found else found[-1].lower() == "true"

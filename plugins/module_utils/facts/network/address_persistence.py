# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of this host that set the IPv4 addresses of its interfaces at the next boot, and leases of DHCP."""

import glob
import ipaddress
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    noted,
    read_text,
)

STATIC, DHCP = "static", "dhcp"

# A file of the same name in an earlier directory of systemd-networkd hides the later ones.
NETWORKD = (
    "/etc/systemd/network",
    "/run/systemd/network",
    "/usr/local/lib/systemd/network",
    "/usr/lib/systemd/network",
)
NETWORK_MANAGER = (
    "/etc/NetworkManager/system-connections/*",
    "/run/NetworkManager/system-connections/*",
    "/usr/lib/NetworkManager/system-connections/*",
)
IFCFG = ("/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network/ifcfg-*")
IFUPDOWN = ("/etc/network/interfaces", "/etc/network/interfaces.d/*")
LEASES = (
    "/run/systemd/netif/leases/*",
    "/var/lib/dhclient/*.lease*",
    "/var/lib/dhcp/*.lease*",
    "/var/lib/NetworkManager/*.lease",
)
# The services that read the files of a manager; one that runs is enough.
SERVICES = {
    "NetworkManager": ("NetworkManager.service",),
    "systemd-networkd": ("systemd-networkd.service",),
    "ifcfg": ("NetworkManager.service", "network.service", "wicked.service"),
    "ifupdown": ("networking.service",),
}
# Of a script of System V init, as on EL 7, systemd does not know whether it starts at boot.
SCRIPTS = ("network.service",)
RUNS, UNKNOWN = "runs", "unknown"
MOST_FILES = 200  # of one kind; a directory with more is not read completely


def parse_ini(text):
    """Return `[(section, key, value)]` in the order of the file; keys in lower case, comments left out."""
    found, section = [], ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().lower()
        elif line and line[0] not in "#;" and "=" in line:
            key, dummy, value = line.partition("=")
            found.append((section, key.strip().lower(), value.strip()))
    return found


def values_of(entries, section, key):
    """Return the values of a key in a section of parse_ini."""
    return [value for where, name, value in entries if where == section and name == key]


def network_manager(text):
    """Return [(interface or None, method, [address])] of a keyfile of NetworkManager."""
    entries = parse_ini(text)
    interface = (values_of(entries, "connection", "interface-name") or [None])[0]
    method = (values_of(entries, "ipv4", "method") or ["auto"])[0]
    addresses = [
        value.split(",")[0] for where, key, value in entries if where == "ipv4" and re.match(r"address\d*$", key)
    ]
    addresses += [
        word for value in values_of(entries, "ipv4", "addresses") for word in re.split(r"[;,]", value) if "." in word
    ]
    words = {"auto": DHCP, "manual": STATIC}
    return [(interface, words.get(method, method), _hosts(addresses))]


def networkd(text):
    """Return [(interface or None, method, [address])] of a .network file of systemd-networkd; interfaces may be globs."""
    entries = parse_ini(text)
    names = [name for value in values_of(entries, "match", "name") for name in value.split()]
    addresses = values_of(entries, "network", "address") + values_of(entries, "address", "address")
    leased = any(
        value.lower() in ("yes", "true", "ipv4", "both", "1", "on") for value in values_of(entries, "network", "dhcp")
    )
    method = STATIC if _hosts(addresses) and not leased else DHCP if leased else "none"
    return [(name, method, _hosts(addresses)) for name in names or [None]]


def ifcfg(text):
    """Return [(interface or None, method, [address])] of an ifcfg file of Red Hat or SUSE."""
    values = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            values[key.strip().upper()] = value.strip().strip("\"'")
    addresses = [value for key, value in values.items() if re.match(r"IPADDR(_?\d+)?$", key)]
    protocol = values.get("BOOTPROTO", "none").lower()
    if values.get("ONBOOT", "yes").lower() in ("no", "false", "0"):
        method = "not at boot"
    elif protocol.startswith(("dhcp", "bootp")):
        method = DHCP
    else:
        method = STATIC if _hosts(addresses) else "none"
    return [(values.get("DEVICE") or values.get("NAME"), method, _hosts(addresses))]


def ifupdown(text):
    """Return [(interface, method, [address])] of a file of ifupdown."""
    found, automatic = [], set()
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 4 and words[0] == "iface" and words[2] == "inet":
            found.append((words[1], words[3], []))
        elif words and words[0] in ("auto", "allow-hotplug", "allow-auto"):
            automatic.update(words[1:])
        elif words and words[0] == "iface":
            found.append((words[1] if len(words) > 1 else None, "other", []))
        elif found and len(words) >= 2 and words[0] == "address":
            found[-1][2].append(words[1])
    return [
        (name, method if name in automatic else "not at boot", _hosts(addresses))
        for name, method, addresses in found
        if method != "other"
    ]


def lease_addresses(text):
    """Return the addresses that a file of leases names, the last one of a file last."""
    found = re.findall(r"^\s*(?:fixed-address\s+|ADDRESS=)([0-9.]+)", text, re.MULTILINE)
    return list(dict.fromkeys(_hosts(found)))


def _hosts(texts):
    """The IPv4 addresses among texts such as `10.0.0.5/24`, without their prefix."""
    found = []
    for text in texts:
        try:
            found.append(str(ipaddress.IPv4Interface(text.strip()).ip))
        except ValueError:
            continue
    return found


class _Files:
    """Reads the files of patterns below a root directory, and records which could not be read."""

    def __init__(self, root):
        self.root, self.problems = root, []

    def each(self, *patterns):
        """Yield (path as on the host, text)."""
        for pattern in patterns:
            for path in sorted(glob.glob(os.path.join(self.root, pattern.lstrip("/"))))[:MOST_FILES]:
                own = "/" + os.path.relpath(path, self.root)
                if os.path.isdir(path) or own.endswith(("~", ".bak", ".orig", ".rpmsave", ".rpmnew")):
                    continue
                try:
                    yield own, read_text(path)
                except Unreadable as problem:
                    self.problems.append(problem)


def read_services():
    """Return what systemd_units.read_units does for the services of all managers, None where systemd does not answer."""
    names = sorted({name for services in SERVICES.values() for name in services})
    try:
        return systemd_units.read_units(names)
    except Unreadable:
        return None


def service_of(manager, units):
    """Return (service, state) of a manager: RUNS, UNKNOWN, or why its files do not count; units: see read_services."""
    states = [(name, _state(name, units)) for name in SERVICES[manager]]
    installed = [entry for entry in states if entry[1] != "is not installed"]
    return next((entry for entry in states if entry[1] == RUNS), (installed or states)[0])


def _state(name, units):
    if units is None:
        return UNKNOWN
    if name not in units:
        return "is not installed"
    if not units[name]["active"]:
        return "does not run"
    return RUNS if units[name]["enabled"] or name in SCRIPTS else "does not start at boot"


def persistence_evidence(root="/", ask=read_services):
    """Return `{configurations, leases, unreadable, dangling}`.

    configurations: `[{manager, path, interface, method, addresses, cloud_init, service, state}]`; interface is a name, a
    glob or None where a file names none; method is `static`, `dhcp` or the manager's own term; service is the one that
    reads the file, state as service_of has it. leases: `[{path, address}]`. ask: see read_services.
    """
    units = ask()
    files, found = _Files(root), []
    for path, text in files.each(*NETWORK_MANAGER):
        found += _configuration("NetworkManager", path, text, network_manager(text), units)
    for path, text in _visible(files.each(*[folder + "/*.network" for folder in NETWORKD])):
        found += _configuration("systemd-networkd", path, text, networkd(text), units)
    for path, text in files.each(*IFCFG):
        if not path.endswith("ifcfg-lo"):
            found += _configuration("ifcfg", path, text, ifcfg(text), units)
    for path, text in files.each(*IFUPDOWN):
        found += _configuration("ifupdown", path, text, [entry for entry in ifupdown(text) if entry[0] != "lo"], units)
    leases = []
    for path, text in files.each(*LEASES):
        leases += [{"path": path, "address": address} for address in lease_addresses(text)[-1:]]
    return {"configurations": found, "leases": leases, **noted(files.problems)}


def _visible(files):
    seen = set()
    for path, text in files:
        name = os.path.basename(path)
        if name not in seen:
            seen.add(name)
            yield path, text


def _configuration(manager, path, text, entries, units):
    service, state = service_of(manager, units)
    return [
        {
            "manager": "netplan" if "netplan" in os.path.basename(path) else manager,
            "path": path,
            "interface": interface,
            "method": method,
            "addresses": addresses,
            "cloud_init": "cloud-init" in path or "cloud-init" in text[:2000],
            "service": service,
            "state": state,
        }
        for interface, method, addresses in entries
    ]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each manager of the network does to the IPv4 addresses of each interface at the next boot, and leases of DHCP."""

import os
import pwd
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import systemd_units
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable, noted
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import (
    ifcfg_files,
    ifupdown_interfaces,
    interface_identity,
    netplan_files,
    netplan_output,
    network_manager_profiles,
    networkd_networks,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.files_at_next_boot import HostTree
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.interface_boot_settings import (
    hosts_of,
)

LEASES = (
    "/run/systemd/netif/leases/*",
    "/var/lib/dhclient/*.lease*",
    "/var/lib/dhcp/*.lease*",
    "/var/lib/NetworkManager/*.lease",
)
NETWORK_MANAGER, NETWORKD, IFUPDOWN = "NetworkManager", "systemd-networkd", "ifupdown"
IFCFG, SCRIPTS, WICKED = "ifcfg", "network scripts", "wicked"
# The services that read the files of a manager; one that runs is enough.
SERVICES = {
    NETWORK_MANAGER: ("NetworkManager.service",),
    NETWORKD: ("systemd-networkd.service",),
    IFCFG: ("NetworkManager.service", "network.service", "wicked.service"),
    SCRIPTS: ("network.service",),
    WICKED: ("wicked.service",),
    IFUPDOWN: ("networking.service",),
}
# Of a script of System V init, as on EL 7, systemd does not know whether it starts at boot.
INIT_SCRIPTS = ("network.service",)
RUNS, UNKNOWN, NOT_INSTALLED = "runs", "unknown", "is not installed"


def lease_addresses(text):
    """Return the addresses that a file of leases names, the last one of a file last."""
    found = re.findall(r"^\s*(?:fixed-address\s+|ADDRESS=)([0-9.]+)", text, re.MULTILINE)
    return list(dict.fromkeys(hosts_of(found)))


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
    installed = [entry for entry in states if entry[1] != NOT_INSTALLED]
    return next((entry for entry in states if entry[1] == RUNS), (installed or states)[0])


def _state(name, units):
    if units is None:
        return UNKNOWN
    if name not in units:
        return NOT_INSTALLED
    if not units[name]["active"]:
        return "does not run"
    return RUNS if units[name]["enabled"] or name in INIT_SCRIPTS else "does not start at boot"


def read_by_networkd():
    """Return a function that says of an os.stat whether systemd-networkd, which does not run as root, can read the file."""
    try:
        user = pwd.getpwnam("systemd-network")
    except KeyError:
        return lambda status: True
    groups = set(os.getgrouplist(user.pw_name, user.pw_gid))
    return lambda status: bool(
        status.st_mode & 0o004
        or (status.st_mode & 0o040 and status.st_gid in groups)
        or (status.st_mode & 0o400 and status.st_uid == user.pw_uid)
    )


def persistence_evidence(root="/", ask=read_services, links=None):
    """Return `{configurations, leases, unreadable, dangling}`. ask: see read_services. links: see interface_identity.read_links.

    configurations: what each manager makes of each interface at the next boot, `[{manager, path, files, interface, method,
    leased, addresses, passed_over, ignored, uncertain, cloud_init, service, state, managed}]`. What has no words here is as
    in interface_boot_settings.Settings. service is the one that reads the files, state as service_of has it; managed is whether the
    manager manages the interface now, None where it does not say. leases: `[{path, address}]`.
    """
    units = ask()
    tree, refused = HostTree(root), ""
    known = interface_identity.read_links(root) if links is None else links
    program = netplan_files.generator()
    if program and netplan_files.sources(tree):
        try:
            tree.generate(netplan_files.MADE, netplan_output.generated(tree, program))
        except Unreadable:
            refused = "netplan rejects its YAML: run `netplan generate` to see why"
    found = []
    for manager, settings, managed in _settings(tree, known, units):
        service, state = service_of(manager, units)
        found.append(_row(tree, manager, settings, service, state, managed, refused))
    leases = []
    for path in tree.paths(*LEASES):
        leases += [{"path": path, "address": address} for address in lease_addresses(tree.text(path) or "")[-1:]]
    return {"configurations": found, "leases": leases, **noted(tree.problems)}


def _settings(tree, links, units):
    """Yield (manager, Settings, whether it manages the interface now) of every manager."""
    by_name = {link.name: link for link in links}
    owner = os.stat(tree.root).st_uid
    by_network_manager = set()
    for one in network_manager_profiles.configurations(tree, links, owner):
        by_network_manager.add(one.interface)
        yield NETWORK_MANAGER, one, network_manager_profiles.managed(tree, by_name[one.interface])
    for one in networkd_networks.configurations(tree, links, read_by_networkd()):
        yield NETWORKD, one, networkd_networks.managed(tree, by_name[one.interface])
    for one in ifcfg_files.configurations(tree, links, ifcfg_files.RED_HAT):
        if not (one.interface in by_network_manager and service_of(NETWORK_MANAGER, units)[1] == RUNS):
            yield SCRIPTS, one, None
    for one in ifcfg_files.configurations(tree, links, ifcfg_files.SUSE):
        yield WICKED, one, None
    for one in ifupdown_interfaces.configurations(tree, links):
        yield IFUPDOWN, one, ifupdown_interfaces.managed(tree, by_name[one.interface])


def _row(tree, manager, settings, service, state, managed, refused):
    netplan = "netplan" in os.path.basename(settings.path)
    label = "netplan" if netplan else IFCFG if "/ifcfg-" in settings.path else manager
    text = tree.text(settings.path) or ""
    if manager == NETWORK_MANAGER and managed is False and state == RUNS:
        state = f"leaves {settings.interface} unmanaged"
    return {
        "manager": label,
        "path": settings.path,
        "files": list(settings.files),
        "interface": settings.interface,
        "method": settings.method,
        "leased": settings.leased,
        "addresses": list(settings.addresses),
        "passed_over": [{"path": path, "addresses": list(addresses)} for path, addresses in settings.passed_over],
        "ignored": settings.ignored,
        "uncertain": settings.uncertain or (refused if netplan else ""),
        "cloud_init": "cloud-init" in settings.path or "cloud-init" in text[:2000],
        "service": service,
        "state": state,
        "managed": managed,
    }


FACTS = (
    Fact(
        "network",
        "persistence",
        lambda reading: persistence_evidence(),
        """
        description:
          - RV(ignore:configurations) lists how each of NetworkManager, netplan, systemd-networkd, the
            network scripts, wicked and ifupdown will configure each interface at the next boot.
            RV(ignore:path) is the file that takes effect. RV(ignore:passed_over) lists files that do
            not. RV(ignore:method) is V(static), V(dhcp), V(not at boot), V(ignored) or the manager's
            own term. RV(ignore:uncertain) is why the outcome is not known, or empty.
          - RV(ignore:service) is the service that reads the file. RV(ignore:state) is V(runs) if that
            service runs, or why the file does not take effect. RV(ignore:managed) is whether the
            manager manages the interface now, or V(null) if it does not report that.
          - RV(ignore:leases) lists addresses in the lease files of DHCP clients. RV(ignore:unreadable)
            lists files that could not be read, and RV(ignore:dangling) lists dangling symbolic links.
        type: dict
        sample:
          configurations: []
          leases: []
          unreadable: []
          dangling: []
        """,
    ),
)

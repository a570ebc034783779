# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sections system, storage and network of host_info, and the readers of each."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import independent_readers
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import kernel_build
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network import (
    address_evidence,
    address_persistence,
    arp_sweep,
    cloud_init_evidence,
    resolver_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.storage import block_devices, mount_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.system import (
    configured_devices,
    kubernetes_evidence,
    os_evidence,
    program_evidence,
)


def system_evidence(kernel_options, accounts):
    """Return the section system. kernel_options: names without `CONFIG_`. accounts: numbers of users and groups."""
    return independent_readers.collect(
        {
            "release": lambda: os.uname().release,
            "os": os_evidence.os_evidence,
            "hardware": os_evidence.hardware_evidence,
            "hostname": os_evidence.hostname_evidence,
            "kernel_options": lambda: kernel_build.kernel_options(kernel_options),
            "cgroups": kernel_build.cgroup_evidence,
            "processes": program_evidence.process_evidence,
            "accounts": lambda: program_evidence.account_evidence(accounts),
            "allowlisting": program_evidence.allowlisting_evidence,
            "cloud_init": cloud_init_evidence.cloud_init_evidence,
            "kubernetes": kubernetes_evidence.kubernetes_evidence,
        }
    )


def storage_evidence(directories, settings_file, settings):
    """Return the section storage. settings: names of variables of a file of shell variables that name devices."""
    found = independent_readers.collect(
        {
            "mounts": mount_evidence.read_mounts,
            "fstab": mount_evidence.fstab_evidence,
            "fstab_link": mount_evidence.dangling,
            "leaves": block_devices.leaf_lines,
            "environment": lambda: configured_devices.device_settings(settings_file, settings),
        }
    )
    found.update(
        independent_readers.collect(
            {
                "room": lambda: mount_evidence.room_of(directories, _known(found["mounts"])),
                "xfs": lambda: mount_evidence.xfs_evidence(_known(found["mounts"])),
                "devices": lambda: block_devices.device_evidence(_known(found["mounts"])),
            }
        )
    )
    return found


def _known(found):
    """The result of another reader; raises its error where it failed."""
    if isinstance(found, dict) and set(found) == {"error"}:
        raise Unreadable(found["error"])
    return found


def network_evidence(dns_address, sweep):
    """Return the section network. dns_address: where a DNS server is to listen. sweep: whether to ask
    every address of the subnet by ARP."""
    found = independent_readers.collect(
        {
            "addresses": address_evidence.addresses,
            "routes": address_evidence.routes,
            "mtus": address_evidence.mtus,
            "resolvers": resolver_evidence.resolver_evidence,
            "dns_listeners": lambda: resolver_evidence.dns_listener_evidence(dns_address),
            "persistence": address_persistence.persistence_evidence,
        }
    )
    found.update(
        independent_readers.collect({"default_route": lambda: address_evidence.default_route(_known(found["routes"]))})
    )
    if sweep:
        found.update(
            independent_readers.collect(
                {"neighbours": lambda: arp_sweep.sweep_subnet(found["addresses"], found["default_route"])}
            )
        )
    return found

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of one instance: a podman network without a way out, on a subnet that no other instance has."""

import ipaddress
import json
import os
import re
from dataclasses import replace

from .instance import DEFAULT_NAME, MOST_INSTANCES, locked, remembered
from .machine import LabError, as_root, cache_directory, podman, run, say

BRIDGE = re.compile(r"(cni-)?podman\d+")  # the names that podman gives to its bridges


def ensure_network(instance):
    """Have the instance's network; returns the Instance with the number of its subnet."""
    with locked(cache_directory() / "networks.lock"):
        present = networks()
        placed = replace(instance, subnet_index=subnet_index(instance, present, os.environ.get("LAB_SUBNET_INDEX")))
        if present.get(instance.name) != [placed.subnet]:
            remove_network(instance.name)
            create_network(placed)
    return placed


def subnet_index(instance, present, chosen):
    """Which subnet an instance gets, given podman's {network: [subnet]} and LAB_SUBNET_INDEX or None.

    The default instance has number 0; another keeps the one it has, or takes the first that no network uses.
    """
    if chosen:
        if not chosen.isdecimal() or int(chosen) >= MOST_INSTANCES:
            raise LabError(f"LAB_SUBNET_INDEX={chosen}: choose 0 to {MOST_INSTANCES - 1}")
        return int(chosen)
    if instance.name == DEFAULT_NAME:
        return 0
    used = {subnet for name, subnets in present.items() if name != instance.name for subnet in subnets}
    free = [number for number in range(1, MOST_INSTANCES) if replace(instance, subnet_index=number).subnet not in used]
    if not free:
        raise LabError("every subnet of the lab is in use: take another instance down")
    mine = [
        number for number in free if replace(instance, subnet_index=number).subnet in present.get(instance.name, ())
    ]
    return (mine or free)[0]


def networks():
    """podman's networks: {name: [subnet]}."""
    listed = json.loads(run([*podman(), "network", "ls", "--format", "json"]).stdout or b"[]")
    return {row["name"]: [subnet["subnet"] for subnet in row.get("subnets") or []] for row in listed}


def create_network(instance):
    """Create the network. Internal: what nodes see of the Internet is the simulated one, and nothing leaves."""
    try:
        run(
            [
                *podman(),
                "network",
                "create",
                "--internal",
                "--disable-dns",
                "--subnet",
                instance.subnet,
                "--gateway",
                f"{instance.subnet_prefix}.1",
                instance.name,
            ]
        )
    except LabError as error:
        raise LabError(
            f"{error}\nIf something else uses {instance.subnet}, set LAB_SUBNET_INDEX to another number, "
            f"1 to {MOST_INSTANCES - 1}"
        ) from error


def remove_network(name):
    """Remove a network, if it exists, and any container in it."""
    if run([*podman(), "network", "exists", name], check=False).returncode == 0:
        run([*podman(), "network", "rm", "--force", "--time", "0", name])


def subnets_of(name):
    """The subnets of an instance: those of its network, and the one that its last `up` wrote down."""
    try:
        recorded = [remembered(name).subnet]
    except LabError:
        recorded = []
    return list(dict.fromkeys([*networks().get(name, ()), *recorded]))


def remove_bridge(subnet):
    """Remove the bridge of a network that podman no longer has; that of another instance's network stays."""
    with locked(cache_directory() / "networks.lock"):
        if any(subnet in subnets for subnets in networks().values()):
            return
        gateway = str(ipaddress.ip_network(subnet)[1])
        listed = json.loads(run(["ip", "-json", "address", "show", "type", "bridge"]).stdout or b"[]")
        for row in listed:
            addresses = [entry["local"] for entry in row.get("addr_info") or []]
            if gateway in addresses and BRIDGE.fullmatch(row["ifname"]):
                say(f"removing the bridge {row['ifname']}, which a network that is gone left behind")
                run([*as_root(), "ip", "link", "delete", row["ifname"]])

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs go by when they match an interface: its names, addresses, driver, kind and type."""

import json
import os
from typing import NamedTuple, Optional, Tuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text

# ARPHRD_ETHER and others of linux/if_arp.h, by the names that systemd has for them.
TYPES = {"1": "ether", "32": "infiniband", "772": "loopback", "65534": "none"}

# What ethtool calls the drivers of kinds of virtual interfaces.
DRIVERS = {"veth": "veth", "bridge": "bridge", "bond": "bonding", "dummy": "dummy"}


class Link(NamedTuple):
    """An interface. permanent: its permanent hardware address. kind: of a virtual interface, "" of a physical one.

    names: its name and its alternative names. None is what is not known. device: whether hardware is behind it.
    """

    name: str
    index: int = 0
    address: str = ""
    permanent: Optional[str] = None
    driver: Optional[str] = ""
    kind: Optional[str] = ""
    type: Optional[str] = "ether"
    names: Tuple[str, ...] = ()
    device: bool = True


def read_links(root="/", ask=lambda: run_text(["ip", "-d", "-j", "link", "show"])):
    """Return a Link for each interface of the host but loopback."""
    directory = os.path.join(root, "sys/class/net")
    try:
        detailed = {entry["ifname"]: entry for entry in json.loads(ask() or "[]") if "ifname" in entry}
    except (Unreadable, ValueError):
        detailed = {}
    found = []
    for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
        if name != "lo" and os.path.isdir(os.path.join(directory, name)):
            found.append(_link(name, os.path.join(directory, name), detailed.get(name)))
    return found


def _link(name, directory, details):
    address, assigned = _read(directory, "address"), _read(directory, "addr_assign_type")
    uevent = dict(line.partition("=")[::2] for line in _read(directory, "uevent").splitlines())
    driver = os.path.join(directory, "device", "driver")
    kind = None
    if details is not None:
        kind = details.get("linkinfo", {}).get("info_kind", "")
    elif os.path.exists(os.path.join(directory, "device")):
        kind = ""
    permanent = (details or {}).get("permaddr") or (address if assigned == "0" else None)
    index = _read(directory, "ifindex")
    return Link(
        name,
        int(index) if index.isdigit() else 0,
        address.lower(),
        permanent.lower() if permanent else None,
        os.path.basename(os.path.realpath(driver)) if os.path.exists(driver) else DRIVERS.get(kind),
        kind,
        uevent.get("DEVTYPE") or TYPES.get(_read(directory, "type")),
        (name,) + tuple((details or {}).get("altnames", ())),
        os.path.exists(os.path.join(directory, "device")),
    )


def _read(directory, name):
    try:
        return read_text(os.path.join(directory, name), 4096).strip()
    except Unreadable:
        return ""

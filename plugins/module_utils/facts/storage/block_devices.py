# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The block devices of this host and their content, from /sys and udev's database, without opening any of them."""

import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

SECTOR = 512  # the unit of /sys, for any device
_NOT_DISKS = re.compile(r"(?:loop|ram|zram|sr|fd|nbd|mtdblock)\d")
_SIGNATURES = {"ID_FS_TYPE": "filesystem", "ID_PART_TABLE_TYPE": "partition table"}


def device_evidence(mounts, root="/"):
    """Return `[{name, device, size, read_only, removable, parts, holders, mounted, probed, signatures}]` of whole disks.

    size: bytes. parts: names of partitions. holders: devices on top of the disk or a part of it (LVM, RAID, encryption).
    mounted: where the disk or a part of it is mounted. probed: whether udev has examined it. signatures: what it
    found, `["filesystem xfs"]`. Swap counts as mounted.
    """
    block = os.path.join(root, "sys/block")
    swaps = _swaps(root)
    return [
        _device(block, name, mounts, swaps, root)
        for name in sorted(os.listdir(block))
        if not _NOT_DISKS.match(name) and not name.startswith("dm-") and not name.startswith("md")
    ]


def _device(block, name, mounts, swaps, root):
    folder = os.path.join(block, name)
    parts = sorted(entry for entry in os.listdir(folder) if os.path.exists(os.path.join(folder, entry, "partition")))
    numbers = {name: _text(folder, "dev")}
    numbers.update({part: _text(os.path.join(folder, part), "dev") for part in parts})
    holders = _names(os.path.join(folder, "holders"))
    for part in parts:
        holders += _names(os.path.join(folder, part, "holders"))
    mounted = [mount["path"] for mount in mounts if mount["device"] in numbers.values()]
    mounted += ["swap" for entry in numbers if "/dev/" + entry in swaps]
    signatures = _udev(numbers[name], root)
    return {
        "name": name,
        "device": numbers[name],
        "size": int(_text(folder, "size") or 0) * SECTOR,
        "read_only": _text(folder, "ro") == "1",
        "removable": _text(folder, "removable") == "1",
        "parts": parts,
        "holders": sorted(set(holders)),
        "mounted": list(dict.fromkeys(mounted)),
        "probed": signatures is not None,
        "signatures": signatures or [],
    }


def _text(folder, name):
    return (read_text_or_none(os.path.join(folder, name), 4096) or "").strip()


def _names(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _swaps(root):
    lines = (read_text_or_none(os.path.join(root, "proc/swaps")) or "").splitlines()[1:]
    return {line.split()[0] for line in lines if line.split()}


def _udev(number, root):
    """What udev found on a device, or None where it has not examined it."""
    try:
        text = read_text(os.path.join(root, "run/udev/data/b" + number))
    except Unreadable:
        return None
    found = dict(re.findall(r"^E:([A-Z_]+)=(.*)$", text, re.MULTILINE))
    return [f"{what} {found[key]}" for key, what in _SIGNATURES.items() if found.get(key)]


def leaf_lines():
    """Return the lines `NAME TYPE SIZE` of `lsblk` for the devices without holders, as a script greps them."""
    return run_text(["lsblk", "--inverse", "--nodeps", "--noheadings", "--output", "NAME,TYPE,SIZE"], 2.0).splitlines()


def device_links(paths):
    """Return `{path: the device that it leads to, without /dev/, or None}` for paths below /dev."""
    links = {}
    for path in paths:
        real = os.path.realpath(path)
        links[path] = real[len("/dev/") :] if real.startswith("/dev/") and os.path.exists(real) else None
    return links


FACTS = (
    Fact(
        "storage",
        "devices",
        lambda reading: device_evidence(reading.part("storage", "mounts")),
        """
        description: The disks, with their sizes in bytes, what uses them, and the RV(ignore:signatures)
          that udev found.
        type: list
        elements: dict
        sample:
          - device: "8:16"
            holders: []
            mounted: []
            name: sdb
            parts: []
            probed: true
            read_only: false
            removable: false
            signatures: []
            size: 268435456000
        """,
    ),
    Fact(
        "storage",
        "leaves",
        lambda reading: leaf_lines(),
        """
        description: The name, type and size of the block devices without child devices, as C(lsblk)
          prints them.
        type: list
        elements: str
        sample: [sdb disk 250G]
        """,
    ),
)

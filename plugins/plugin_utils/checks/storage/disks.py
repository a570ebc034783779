# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""storage.docker_device and etcd_device: the disks that the installer would format, and what would be lost.

init.sh takes the device that its environment file names, or greps a size in the lines of `lsblk` and takes the first hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.host.hardware import GIB
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

ENVIRONMENT = "/opt/anypoint/runtimefabric/env"


@check("storage.docker_device")
def docker_device(subject: Subject, evidence: Evidence) -> Finding:
    sizes = required(subject, "docker-disk")
    note = f"; a production cluster needs {sizes['production_gib']} GiB"
    return _device(subject, evidence, "DOCKER", sizes["development_gib"], sizes["production_gib"], note)


@check("storage.etcd_device")
def etcd_device(subject: Subject, evidence: Evidence) -> Finding:
    least = required(subject, "etcd-disk")["size_gib"]
    return _device(subject, evidence, "ETCD", least, least, "")


def _device(subject: Subject, evidence: Evidence, kind: str, least: int, good: int, note: str) -> Finding:
    devices = {device["name"]: device for device in part(evidence, "host", "storage", "devices")}
    settings = part(evidence, "host", "storage", "environment")
    other = "ETCD" if kind == "DOCKER" else "DOCKER"
    expected = f"an empty disk of {least} GiB or more for {kind.lower()}"
    picked = pick(evidence, settings, kind)
    if picked is None:
        return _candidates(subject, devices, kind, least, good, note, expected)
    if picked.problem:
        return Finding(
            FAIL, expected, picked.problem, f"Correct RTF_{kind}_DEVICE or RTF_{kind}_DEVICE_SIZE in {ENVIRONMENT}."
        )
    device = devices.get(picked.name)
    what = f"{picked.how} is /dev/{picked.name}"
    if device is None:
        remedy = f"Set RTF_{kind}_DEVICE in {ENVIRONMENT} to a whole disk; the installer would format this one."
        return Finding(FAIL, expected, f"{what}, which is not a whole disk", remedy)
    twin = pick(evidence, settings, other) if subject.role == "controller" else None
    wrong = list(objections(device, least))
    if len(picked.matches) > 1:
        wrong.append(f"the size matches {', '.join('/dev/' + name for name in picked.matches)}")
    if twin and twin.name == picked.name:
        wrong.append(f"it is also the {other.lower()} disk")
    if wrong:
        remedy = (
            f"The installer would format /dev/{picked.name} and destroy what is on it. Set RTF_{kind}_DEVICE in "
            f"{ENVIRONMENT} to an empty disk, or wipe this one yourself: `wipefs --all /dev/{picked.name}`."
        )
        return Finding(FAIL, expected, f"{what}: {'; '.join(wrong)}", remedy, device)
    if not device["probed"]:
        return Finding(
            UNKNOWN,
            expected,
            f"{what}; udev has no information about its contents",
            f"Check it with `blkid -p /dev/{picked.name}`: the installer will format it.",
            device,
        )
    return Finding(
        PASS,
        expected,
        f"{what}, {_size(device)}, empty: will be formatted{_remark(device, good, note)}",
        evidence=device,
    )


class Picked:
    """The device that init.sh would take: name without /dev/, how it was chosen, and every device that the size matches."""

    def __init__(self, name: str | None, how: str, matches: Iterable[str] = (), problem: str | None = None) -> None:
        self.name, self.how, self.matches, self.problem = name, how, tuple(matches), problem


def pick(evidence: Evidence, settings: dict[str, Any], kind: str) -> Picked | None:
    """Return what init.sh would take as its `DOCKER` or `ETCD` device; None where its environment file says nothing."""
    size, path = (settings["values"].get(f"RTF_{kind}_DEVICE{end}") for end in ("_SIZE", ""))
    if size:
        names = [line.split(" ")[0] for line in part(evidence, "host", "storage", "leaves") if _greps(size, line)]
        if not names:
            return Picked(None, "", problem=f"no line of lsblk contains {size}, the value of RTF_{kind}_DEVICE_SIZE")
        return Picked(names[0], f"RTF_{kind}_DEVICE_SIZE={size}", names)
    if path:
        name = settings["devices"].get(path)
        if not name:
            return Picked(None, "", problem=f"RTF_{kind}_DEVICE={path} does not exist")
        return Picked(name, f"RTF_{kind}_DEVICE={path}", [name])
    return None


def _greps(pattern: str, line: str) -> bool:
    """grep takes the size for a regular expression; what is none for Python is looked for as it stands."""
    try:
        return re.search(pattern, line) is not None
    except re.error:
        return pattern in line


def objections(device: dict[str, Any], least: int) -> Iterator[str]:
    """Yield why a disk must not be formatted, or is not good enough."""
    if device["mounted"]:
        yield f"mounted on {', '.join(device['mounted'])}"
    if device["holders"]:
        yield f"used by {', '.join(device['holders'])}"
    if device["parts"]:
        yield f"has partitions {', '.join(device['parts'])}"
    elif device["signatures"]:
        yield f"contains a {', a '.join(device['signatures'])}"
    if device["read_only"]:
        yield "read-only"
    if device["size"] < least * GIB * (1 - limits.load().disk_tolerance):
        yield f"{_size(device)} is too small"


def _candidates(
    subject: Subject, devices: dict[str, Any], kind: str, least: int, good: int, note: str, expected: str
) -> Finding:
    """Before there is an environment file: is there a disk that it could name? The largest is docker's."""
    disks = [device for device in devices.values() if not device["removable"] and device["size"]]
    if kind == "ETCD":
        largest = _empty(disks, required(subject, "docker-disk")["development_gib"])[-1:]
        disks = [device for device in disks if device not in largest]
    empty = _empty(disks, least)
    sure = [device for device in empty if device["probed"]]
    if empty and not sure:
        names = ", ".join("/dev/" + device["name"] for device in empty)
        return Finding(
            UNKNOWN,
            expected,
            f"udev has no information about the contents of {names}",
            "Check each of them with `blkid -p`.",
            empty,
        )
    if not sure:
        observed = "; ".join(f"/dev/{disk['name']}: {', '.join(objections(disk, least))}" for disk in disks[:6])
        remedy = f"Attach an empty disk of {good} GiB to {subject.node}; the installer formats it."
        return Finding(FAIL, expected, observed or "no disk is available", remedy, disks)
    chosen = sure[-1] if kind == "DOCKER" else sure[0]
    return Finding(
        PASS,
        expected,
        f"/dev/{chosen['name']}, {_size(chosen)}, is empty{_remark(chosen, good, note)}",
        evidence=chosen,
    )


def _empty(disks: list[Row], least: int) -> list[Row]:
    """Disks that nothing speaks against, the smallest first."""
    return sorted((disk for disk in disks if not list(objections(disk, least))), key=lambda disk: disk["size"])


def _remark(device: dict[str, Any], good: int, note: str) -> str:
    return note if device["size"] < good * GIB * (1 - limits.load().disk_tolerance) else ""


def _size(device: dict[str, Any]) -> str:
    return f"{device['size'] / GIB:.0f} GiB"

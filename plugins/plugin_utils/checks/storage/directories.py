# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""storage.tmp, opt, var_log and writable: space and write access where the platform writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.host.hardware import GIB
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

# The installer and the platform run programs from here. /var/lib/gravity is a disk of its own once it is there.
RUN_FROM = {"appliance": ("/opt/anypoint/runtimefabric", "/var/lib/gravity"), "self_managed": ("/var/lib",)}
DATA_DISKS = ("/var/lib/gravity",)
# Gravity installs itself there, a file of little size.
PROGRAMS = "/usr/bin"
OF_THE_APPLIANCE = ("/var/lib/gravity", "/opt/anypoint")
STICKY_AND_OPEN = 0o1777
READ_ONLY = (
    "See `dmesg -T` for disk errors first: after one the kernel remounts a filesystem read-only, and the disk has to be checked "
    "before it is written to. Without any, `mount -o remount,rw {mount}`, and write rw where its line of /etc/fstab has ro."
)


@check("storage.tmp")
def tmp(subject: Subject, evidence: Evidence) -> Finding:
    """Installer and Gravity unpack to /tmp and run what they unpacked."""
    room = part(evidence, "host", "storage", "room", "/tmp")
    expected = "/tmp is writable for everyone and allows programs to run"
    if "noexec" in room["options"]:
        return Finding(
            FAIL,
            expected,
            f"{room['mount']} is mounted noexec",
            "Remove noexec from the line for /tmp in /etc/fstab (or of tmp.mount) and `mount -o remount,exec /tmp`.",
            room,
            fault=f"/tmp is mounted noexec on {subject.node}",
        )
    if "ro" in room["options"]:
        observed, remedy = _read_only(room["mount"])
        return Finding(FAIL, expected, observed, remedy, room, fault=f"{observed} on {subject.node}")
    if room["mode"] is None or room["mode"] & STICKY_AND_OPEN != STICKY_AND_OPEN:
        mode = "missing" if room["mode"] is None else f"mode {room['mode']:04o}"
        wrong = "is missing" if room["mode"] is None else f"has the wrong {mode}"
        fault = f"/tmp {wrong} on {subject.node}"
        return Finding(FAIL, expected, f"/tmp: {mode}", "`mkdir -p /tmp && chmod 1777 /tmp`", room, fault=fault)
    if subject.phase == "operate":
        return Finding(PASS, expected, "programs run there")
    return _room(subject, evidence, "/tmp")


@check("storage.opt")
def opt(subject: Subject, evidence: Evidence) -> Finding:
    return _room(subject, evidence, "/opt/anypoint/runtimefabric")


@check("storage.var_log")
def var_log(subject: Subject, evidence: Evidence) -> Finding:
    return _room(subject, evidence, "/var/log")


@check("storage.writable")
def writable(subject: Subject, evidence: Evidence) -> Finding:
    """A directory of the platform is of no use that is full, has no file left to give, or is mounted read-only."""
    rooms = part(evidence, "host", "storage", "room")
    least = limits.load()
    expected = (
        f"each directory of the platform is writable, with {least.free_gib:g} GiB and {least.free_inodes} inodes free"
    )
    wrong: dict[tuple[str, str], list[str]] = {}
    unsure = []
    paths = [
        path
        for path in subject.installer["written_directories"]
        if subject.line == "appliance" or not path.startswith(OF_THE_APPLIANCE)
    ]
    for path in paths:
        try:
            room = part(rooms, path)
        except NoEvidence as problem:
            unsure.append(f"{path}: {problem}")
            continue
        for trouble, remedy in _troubles(subject, path, room):
            wrong.setdefault((trouble, remedy), []).append(path)
    mount = _mount_of_programs(evidence) if subject.line == "appliance" else None
    if mount is not None and "ro" in mount["options"]:
        wrong.setdefault(_read_only(mount["path"]), []).append(PROGRAMS)
    if wrong:
        observed = "; ".join(f"{', '.join(paths)}: {trouble}" for (trouble, dummy), paths in wrong.items())
        remedy = " ".join(dict.fromkeys(remedy for dummy, remedy in wrong))
        return Finding(
            FAIL,
            expected,
            observed,
            remedy,
            {path: rooms.get(path) for paths in wrong.values() for path in paths},
            fault=_fault(wrong, subject.node),
        )
    if unsure:
        return Finding(UNKNOWN, expected, "; ".join(unsure), "Put these directories on disks of the node.")
    return Finding(PASS, expected, f"all {len(paths)} are writable")


def _fault(wrong: dict[tuple[str, str], list[str]], node: str) -> str:
    """What is wrong where that is one thing; "" where it is several."""
    if len(wrong) != 1:
        return ""
    [((trouble, _remedy), paths)] = wrong.items()
    if trouble.endswith("is mounted read-only"):
        return f"{trouble} on {node}"
    where = paths[0] if len(paths) == 1 else f"{len(paths)} directories"
    return f"The platform cannot use {where} on {node}: {trouble}"


def _troubles(subject: Subject, path: str, room: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (what keeps a directory from being written to, what to do about it), but for what another check says."""
    mount = room["mount"]
    # Evidence of an earlier version does not have it.
    if room.get("obstacle"):
        yield (
            f"it cannot be created ({room['obstacle']})",
            f"Make {room['obstacle'].partition(': ')[0]} a directory, or a link to one.",
        )
        return
    if "ro" in room["options"]:
        if path != "/tmp":
            yield _read_only(mount)
        return
    if "noexec" in room["options"] and path in RUN_FROM[subject.line] and not _gets_a_disk(path, room):
        yield (
            f"{mount} is mounted noexec, and programs run from there",
            f"`mount -o remount,exec {mount}`, and write exec for noexec in its line of /etc/fstab.",
        )
    if room["writable"] is False:
        yield (
            "root cannot write there",
            f"See `lsattr -d {path}` and the messages of the security module in `journalctl -k`.",
        )
    if room["files_free"] is not None and room["files_free"] < limits.load().free_inodes:
        yield (
            f"{room['files_free']} inodes left on {mount}",
            (
                f"Find the files with `du -x --inodes -s {mount.rstrip('/')}/*` and free inodes, or enlarge the "
                "filesystem."
            ),
        )
    # The installation needs more of some, which is a check of its own.
    own = subject.line == "appliance" and subject.phase == "install"
    least = required(subject, "os-disk")["directories_gib"] if own else {}
    if room["free"] < limits.load().free_gib * GIB and path not in least:
        yield (
            f"{room['free'] / GIB:.1f} GiB free on {mount}",
            f"Free space (`du -xsh {mount}`), or enlarge the filesystem of {mount}.",
        )


def _read_only(mount: str) -> tuple[str, str]:
    return (
        f"{mount} is mounted read-only",
        READ_ONLY.format(mount=mount),
    )


def _mount_of_programs(evidence: Evidence) -> dict[str, Any] | None:
    """The mount that holds PROGRAMS; None where the mounts are not known, so that the room of no directory is known either."""
    try:
        mounts = part(evidence, "host", "storage", "mounts")
    except NoEvidence:
        return None
    above = [one for one in mounts if f"{PROGRAMS}/".startswith(one["path"].rstrip("/") + "/")]
    return max(above, key=lambda one: len(one["path"]), default=None)


def _gets_a_disk(path: str, room: dict[str, Any]) -> bool:
    """Whether the installer mounts a disk at a directory that is not there yet."""
    return path in DATA_DISKS and room["mode"] is None


def _room(subject: Subject, evidence: Evidence, path: str) -> Finding:
    least = required(subject, "os-disk")["directories_gib"][path]
    room = part(evidence, "host", "storage", "room", path)
    expected = f"{least} GiB free for {path}"
    observed = f"{room['free'] / GIB:.1f} GiB free on {room['mount']}"
    if room["free"] >= least * GIB * (1 - limits.load().filesystem_tolerance):
        return Finding(PASS, expected, observed)
    remedy = (
        f"Enlarge the filesystem of {room['mount']}, mount a separate one for {path}, or free space (`du -xsh "
        f"{room['mount']}`)."
    )
    return Finding(FAIL, expected, observed, remedy, room)

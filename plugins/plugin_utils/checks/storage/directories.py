# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is there room where the installer wants it, and is what it mounted still mounted?"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
    NoEvidence,
    part,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.host.platform import GIB, wanted

# A filesystem keeps something of its disk for itself.
TOLERANCE = 0.05
# What a filesystem must have left, whatever its size: below that nodes stop in the middle of an installation or an update.
LEAST_FREE, LEAST_FILES = GIB, 10000
OF_THE_APPLIANCE = ("/var/lib/gravity", "/opt/anypoint")
STICKY_AND_OPEN = 0o1777
DATA_MOUNTS = {"controller": ("/var/lib/gravity", "/var/lib/gravity/planet/etcd"), "worker": ("/var/lib/gravity",)}


def tmp(subject, evidence):
    """Installer and Gravity unpack to /tmp and run what they unpacked."""
    room = part(evidence, "host", "storage", "room", "/tmp")
    expected = "/tmp for everybody, programs run there"
    if "noexec" in room["options"]:
        return Finding(
            FAIL,
            expected,
            f"{room['mount']} is mounted noexec",
            "Take noexec out of the line for /tmp in /etc/fstab (or of tmp.mount) and `mount -o remount,exec /tmp`.",
            room,
        )
    if "ro" in room["options"]:
        return Finding(
            FAIL, expected, f"{room['mount']} is mounted read-only", f"`mount -o remount,rw {room['mount']}`", room
        )
    if room["mode"] is None or room["mode"] & STICKY_AND_OPEN != STICKY_AND_OPEN:
        mode = "missing" if room["mode"] is None else f"mode {room['mode']:04o}"
        return Finding(FAIL, expected, f"/tmp: {mode}", "`mkdir -p /tmp && chmod 1777 /tmp`", room)
    if subject.phase == "operate":
        return Finding(PASS, expected, "programs run there")
    return _room(subject, evidence, "/tmp")


def opt(subject, evidence):
    return _room(subject, evidence, "/opt/anypoint/runtimefabric")


def var_log(subject, evidence):
    return _room(subject, evidence, "/var/log")


def writable(subject, evidence):
    """A directory of the platform is of no use that is full, has no file left to give, or is mounted read-only."""
    rooms = part(evidence, "host", "storage", "room")
    expected = (
        f"each directory of the platform can be written to, with {LEAST_FREE / GIB:g} GiB and {LEAST_FILES} files free"
    )
    wrong, unsure = {}, []
    paths = [
        path
        for path in subject.platform["written_directories"]
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
    if wrong:
        observed = "; ".join(f"{', '.join(paths)}: {trouble}" for (trouble, dummy), paths in wrong.items())
        remedy = " ".join(dict.fromkeys(remedy for dummy, remedy in wrong))
        return Finding(
            FAIL, expected, observed, remedy, {path: rooms[path] for paths in wrong.values() for path in paths}
        )
    if unsure:
        return Finding(UNKNOWN, expected, "; ".join(unsure), "Put these directories on disks of the node.")
    return Finding(PASS, expected, f"all {len(paths)} can")


def _troubles(subject, path, room):
    """Yield (what keeps a directory from being written to, what to do about it), but for what another check says."""
    mount = room["mount"]
    if "ro" in room["options"]:
        if path != "/tmp":
            yield (
                f"{mount} is mounted read-only",
                f"`mount -o remount,rw {mount}`; if that fails, see `dmesg` for errors of the disk.",
            )
        return
    if room["writable"] is False:
        yield (
            "root may not write there",
            f"See `lsattr -d {path}` and the messages of the security module in `journalctl -k`.",
        )
    if room["files_free"] is not None and room["files_free"] < LEAST_FILES:
        yield (
            f"{room['files_free']} files left on {mount} (inodes)",
            f"Find where the files are with `du -x --inodes -s {mount.rstrip('/')}/*`, and make room, or a larger filesystem.",
        )
    # The installation needs more of some, which is a check of its own.
    own = subject.line == "appliance" and subject.phase == "install"
    least = wanted(subject, "os-disk")["directories_gib"] if own else {}
    if room["free"] < LEAST_FREE and path not in least:
        yield (
            f"{room['free'] / GIB:.1f} GiB free on {mount}",
            f"Make room: `du -xsh {mount}`, or enlarge the filesystem of {mount}.",
        )


def _room(subject, evidence, path):
    least = wanted(subject, "os-disk")["directories_gib"][path]
    room = part(evidence, "host", "storage", "room", path)
    expected = f"{least} GiB free for {path}"
    observed = f"{room['free'] / GIB:.1f} GiB free on {room['mount']}"
    if room["free"] >= least * GIB * (1 - TOLERANCE):
        return Finding(PASS, expected, observed)
    remedy = f"Enlarge the filesystem of {room['mount']}, mount one of its own for {path}, or make room: `du -xsh {room['mount']}`."
    return Finding(FAIL, expected, observed, remedy, room)


def os_disk(subject, evidence):
    """The disk below /, whatever is between: its own size, not that of the filesystem."""
    least = wanted(subject, "os-disk")["size_gib"]
    expected = f"a disk of {least} GiB for the operating system"
    devices = part(evidence, "host", "storage", "devices")
    disk = next((device for device in devices if "/" in device["mounted"]), None)
    if disk:
        size, what = disk["size"], f"/dev/{disk['name']}"
    else:
        size, what = part(evidence, "host", "storage", "room", "/")["total"], "the filesystem of /"
    observed = f"{what} has {size / GIB:.1f} GiB"
    if size >= least * GIB * (1 - TOLERANCE):
        return Finding(PASS, expected, observed)
    return Finding(FAIL, expected, observed, f"Give {subject.node} a system disk of {least} GiB.", disk)


def fstab_lines(subject, evidence):
    """init.sh deletes every line of /etc/fstab in which the letters RTF stand, whoever wrote it."""
    expected = "no line of /etc/fstab has the letters RTF"
    entries = [entry for entry in part(evidence, "host", "storage", "fstab") if "RTF" in entry["text"]]
    if not entries:
        return Finding(PASS, expected, "none")
    observed = "; ".join(f"line {entry['line']}: {entry['text']}" for entry in entries[:3])
    remedy = "Reword what is not the installer's own, for example the label of a disk; it deletes these lines."
    return Finding(FAIL, expected, observed, remedy, entries)


def mounts(subject, evidence):
    """After the installation: the data disks are mounted, by UUID at the next boot too, as XFS that keeps types."""
    mounted = {mount["path"]: mount for mount in part(evidence, "host", "storage", "mounts")}
    kept = part(evidence, "host", "storage", "xfs")
    wrong, unsure, fstab = [], [], None
    try:
        fstab = {entry["path"]: entry for entry in part(evidence, "host", "storage", "fstab") if entry["path"]}
    except NoEvidence as problem:
        unsure.append(f"what is mounted at the next boot ({problem})")
    for path in DATA_MOUNTS[subject.role]:
        if path not in mounted:
            wrong.append(f"{path} is not mounted: the platform writes to the system disk")
        elif mounted[path]["type"] != "xfs":
            wrong.append(f"{path} is {mounted[path]['type']}, not xfs")
        elif kept.get(path) is False:
            wrong.append(f"{path} has ftype=0")
        elif kept.get(path) is None:
            unsure.append(f"whether {path} has ftype=1")
        if fstab is None:
            continue
        if path not in fstab:
            wrong.append(f"/etc/fstab does not mount {path}")
        elif not fstab[path]["source"].startswith("UUID="):
            wrong.append(f"/etc/fstab mounts {path} by {fstab[path]['source']}, not by UUID")
    expected = f"{' and '.join(DATA_MOUNTS[subject.role])} mounted as XFS, by UUID in /etc/fstab"
    if wrong:
        remedy = "Compare /etc/fstab with `blkid`, then `mount -a`, and restart the node; see /var/log/rtf-init.log."
        return Finding(FAIL, expected, "; ".join(wrong), remedy, {"fstab": list((fstab or {}).values())})
    if unsure:
        return Finding(
            UNKNOWN,
            expected,
            f"could not be read: {'; '.join(unsure)}",
            "Run `xfs_info` and `findmnt --fstab` on the node as root.",
        )
    return Finding(PASS, expected, "mounted")


CHECKS = {
    "storage.tmp": tmp,
    "storage.opt": opt,
    "storage.var_log": var_log,
    "storage.writable": writable,
    "storage.os_disk": os_disk,
    "storage.fstab_lines": fstab_lines,
    "storage.mounts": mounts,
}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mounted filesystems, their free space, and the entries of /etc/fstab. Nothing is accessed that may hang."""

import os
import re
import stat

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    DanglingLink,
    Unreadable,
    read_text,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

# These may depend on a server that is gone, or on an automounter.
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "afs", "autofs", "ceph", "glusterfs", "9p", "lustre", "gpfs")
MASK = "********"
# Values of other options, and sources of other shapes, may be secrets of some filesystem.
_HARMLESS_VALUE = re.compile(r"(?:commit|gid|mode|size|uid)=[0-9]+[kKmMgG%]?\Z")
_WORD = re.compile(r"(?:(?:UUID|LABEL|PARTUUID|PARTLABEL)=)?[A-Za-z0-9_./:\\+-]+\Z")


def parse_mounts(text):
    """Return `[{path, root, device, type, source, options}]` of the text of /proc/self/mountinfo; device is `8:1`."""
    mounts = []
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(), after.split()
        if dash and len(fields) >= 6 and len(rest) >= 2:
            options = fields[5].split(",") + (rest[2].split(",") if len(rest) > 2 else [])
            mounts.append(
                {
                    "path": _plain(fields[4]),
                    "root": _plain(fields[3]),
                    "device": fields[2],
                    "type": rest[0],
                    "source": _shown_word(_plain(rest[1])),
                    "options": sorted({_shown_option(option) for option in options}),
                }
            )
    return mounts


def _shown_word(word):
    return word if _WORD.match(word) else MASK


def _shown_option(option):
    name, equals, dummy_value = option.partition("=")
    if _HARMLESS_VALUE.match(option):
        return option
    return _shown_word(name) + (equals + MASK if equals else "")


def _plain(text):
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)


def mount_of(path, mounts):
    """Return the mount that holds a path (text, absolute), or None. Of several on one mount point the last counts."""
    best = None
    for mount in mounts:
        inside = path == mount["path"] or path.startswith(mount["path"].rstrip("/") + "/")
        if inside and (best is None or len(mount["path"]) >= len(best["path"])):
            best = mount
    return best


def room(path, mounts):
    """Return the properties of a directory, or of the nearest that exists above it.

    `{path, mount, type, options, total, free, files_free, writable, mode, obstacle}`: bytes; free and files_free are what an
    ordinary user may use, files_free None where the filesystem does not count them. writable: whether root may make files
    there, by the kernel's own check, without writing anything; None where this is not run by root. mode: permission
    bits of the directory itself, None where it is not there. obstacle: why it cannot be created, or None. Raises Unreadable
    for network filesystems, which may hang.
    """
    mount = _local_mount(path, mounts)
    real = os.path.realpath(path)
    if real != path:
        mount = _local_mount(real, mounts)
    nearest = nearest_directory(path)
    space = os.statvfs(nearest)
    return {
        "path": path,
        "mount": mount["path"],
        "type": mount["type"],
        "options": mount["options"],
        "total": space.f_frsize * space.f_blocks,
        "free": space.f_frsize * space.f_bavail,
        "files_free": space.f_favail if space.f_files else None,
        "writable": os.access(nearest, os.W_OK) if os.geteuid() == 0 else None,
        "mode": stat.S_IMODE(os.stat(real).st_mode) if nearest == real else None,
        "obstacle": obstacle(path),
    }


def obstacle(path):
    """Return what is in the way of making a directory: a link that leads nowhere, or a file; None where nothing is."""
    above = "/"
    for name in path.strip("/").split("/"):
        above = os.path.join(above, name)
        if dangling(above):
            return dangling(above)
        if not os.path.isdir(above):
            return f"{above}: not a directory" if os.path.lexists(above) else None
    return None


def nearest_directory(path):
    """Return the real path of a directory, or of the nearest that exists above it."""
    real = os.path.realpath(path)
    while not os.path.isdir(real) and real != "/":
        real = os.path.dirname(real)
    return real


def _local_mount(path, mounts):
    mount = mount_of(path, mounts)
    if mount is None:
        raise Unreadable(f"{path}: not below any mount point")
    if mount["type"] in REMOTE or mount["type"].startswith("fuse."):
        raise Unreadable("{} is mounted as {}, which was not examined".format(mount["path"], mount["type"]))
    return mount


def read_mounts():
    """Return the mounts of this host."""
    return parse_mounts(read_text("/proc/self/mountinfo"))


def room_of(paths, mounts):
    """Return `{path: what room returns, or {"error": why}}`."""
    found = {}
    for path in paths:
        try:
            found[path] = room(path, mounts)
        except (Unreadable, OSError) as problem:
            found[path] = {"error": str(problem)}
    return found


def parse_fstab(text):
    """Return `[{line, source, path, type, options, text}]`; lines of comments have a text only.

    Possible secrets are masked: values of options, sources of unusual shapes, and comments. The
    letters RTF, for which the installer looks, are always in the text of a line that has them.
    """
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        words, hash_sign, comment = line.partition("#")
        fields = [_shown_word(word) for word in words.split()]
        options = [_shown_option(option) for option in words.split()[3].split(",")] if len(fields) > 3 else []
        fields[3:4] = [",".join(options)] if options else []
        remark = [hash_sign + (" ..." if comment.strip() else "")] if hash_sign else []
        shown = " ".join(fields + remark)
        if "RTF" in line and "RTF" not in shown:
            shown += " RTF"
        entry = {"line": number, "text": shown, "source": None, "path": None, "type": None, "options": []}
        if len(fields) >= 3:
            entry.update(source=fields[0], path=_plain(fields[1]), type=fields[2], options=options)
        entries.append(entry)
    return entries


def fstab_evidence(path="/etc/fstab"):
    """Return the entries of /etc/fstab, none where there is no such file, also where it is a dangling link."""
    try:
        return parse_fstab(read_text_or_none(path) or "")
    except DanglingLink:
        return []


def dangling(path="/etc/fstab"):
    """Return a sentence about a link that leads nowhere, None for any other file."""
    leads_nowhere = os.path.islink(path) and not os.path.exists(path)
    return f"{path}: dangling link to {os.readlink(path)}" if leads_nowhere else None


def xfs_evidence(mounts):
    """Return `{mount point: True | False | None}`: whether a mounted XFS keeps the type of directory entries."""
    points = [mount["path"] for mount in mounts if mount["type"] == "xfs"]
    return {point: _ftype(point) for point in points[:8]}


def _ftype(point):
    try:
        match = re.search(r"\bftype=([01])", run_text(["xfs_info", point], timeout=1.0))
    except Unreadable:
        return None
    return match.group(1) == "1" if match else None


FACTS = (
    Fact(
        "storage",
        "mounts",
        lambda reading: read_mounts(),
        """
        description: The mounted filesystems. RV(ignore:root) is the directory within the filesystem
          that is mounted.
        type: list
        elements: dict
        sample:
          - device: "8:2"
            options: [relatime, rw]
            path: /
            root: /
            source: /dev/sda2
            type: xfs
        """,
    ),
    Fact(
        "storage",
        "room",
        lambda reading: room_of(reading.options["directories"], reading.part("storage", "mounts")),
        """
        description:
          - For each of O(directories), the total and free space of its filesystem in bytes, the number
            of free inodes, how the filesystem is mounted, and whether root may write to the directory.
          - RV(ignore:obstacle) is what prevents the directory from being created, or V(null).
        type: dict
        sample:
          /tmp:
            files_free: 41923040
            free: 61203283968
            mode: 1023
            mount: /
            obstacle: null
            options: [relatime, rw]
            path: /tmp
            total: 85899345920
            type: xfs
            writable: true
        """,
    ),
    Fact(
        "storage",
        "fstab",
        lambda reading: fstab_evidence(),
        """
        description: The lines of C(/etc/fstab). An entry for a comment has only RV(ignore:text).
        type: list
        elements: dict
        sample:
          - line: 1
            options: [defaults]
            path: /
            source: UUID=5b8e
            text: UUID=5b8e / xfs defaults 0 0
            type: xfs
        """,
    ),
    Fact(
        "storage",
        "fstab_link",
        lambda reading: dangling(),
        """
        description: The target of C(/etc/fstab) if it is a dangling symbolic link, otherwise V(null).
        type: str
        sample: null
        """,
    ),
    Fact(
        "storage",
        "xfs",
        lambda reading: xfs_evidence(reading.part("storage", "mounts")),
        """
        description: Whether each XFS filesystem stores file types in directory entries (C(ftype)).
          V(null) if that is not known.
        type: dict
        sample:
          /: true
        """,
    ),
)

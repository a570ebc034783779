# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""storage.mounts and fstab_lines: the mounts of the data disks, and the lines of /etc/fstab that the installer deletes."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

DATA_MOUNTS = {"controller": ("/var/lib/gravity", "/var/lib/gravity/planet/etcd"), "worker": ("/var/lib/gravity",)}


@check("storage.fstab_lines")
def fstab_lines(subject: Subject, evidence: Evidence) -> Finding:
    """init.sh deletes every line of /etc/fstab in which the letters RTF stand, whoever wrote it."""
    expected = "no line of /etc/fstab contains the letters RTF"
    entries = [entry for entry in part(evidence, "host", "storage", "fstab") if "RTF" in entry["text"]]
    if not entries:
        return Finding(PASS, expected, "; ".join(["none", *_link(evidence)]))
    observed = "; ".join(f"line {entry['line']}: {entry['text']}" for entry in entries[:3])
    remedy = "Rename what is not the installer's own, such as a disk label: the installer deletes these lines."
    return Finding(FAIL, expected, observed, remedy, entries)


@check("storage.mounts")
def mounts(subject: Subject, evidence: Evidence) -> Finding:
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
            wrong.append(" ".join([f"/etc/fstab does not mount {path}", *(f"({link})" for link in _link(evidence))]))
        elif not fstab[path]["source"].startswith("UUID="):
            wrong.append(f"/etc/fstab mounts {path} by {fstab[path]['source']}, not by UUID")
    expected = f"{' and '.join(DATA_MOUNTS[subject.role])} mounted as XFS, by UUID in /etc/fstab"
    if wrong:
        remedy = "Compare /etc/fstab with `blkid`, then run `mount -a` and reboot the node; see /var/log/rtf-init.log."
        return Finding(FAIL, expected, "; ".join(wrong), remedy, {"fstab": list((fstab or {}).values())})
    if unsure:
        return Finding(
            UNKNOWN,
            expected,
            f"could not be determined: {'; '.join(unsure)}",
            "Run `xfs_info` and `findmnt --fstab` on the node as root.",
        )
    return Finding(PASS, expected, "mounted")


def _link(evidence: Evidence) -> list[str]:
    """The sentence about /etc/fstab where that is a dangling link."""
    link = part(evidence, "host", "storage").get("fstab_link")
    return [link] if isinstance(link, str) else []

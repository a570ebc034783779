# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""storage.write_speed and etcd_latency: how fast the disks of the platform and of etcd take writes."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.storage.directories import READ_ONLY
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

SWITCH = "rtf_preflight_disk_writes"
# What to do about a directory that could not be written in, by the verdict of disk_write_info.
REMEDIES = {
    "no_space": "Free space (`du -xsh {mount}`), then run the audit again.",
    "read_only": READ_ONLY,
    "denied": (
        "Allow Ansible to become root on {node}, then run the audit again; if the result is the same, see "
        "`lsattr -d {directory}`."
    ),
    "remote": "Put {path} on a disk of {node}; the platform's data must not depend on another host.",
}
AGAIN = (
    "Run the audit again; if the result is the same, try `dd if=/dev/zero of={directory}/trial bs=1M count=100 "
    "conv=fdatasync` on {node}."
)


@check("storage.write_speed")
def write_speed(subject: Subject, evidence: Evidence) -> Finding:
    """The platform's disk is judged by Gravity's limit, which is higher than the vendor's; etcd's by the vendor's page."""
    platform = required(subject, "disk-write-speed")
    limits = {platform["directory"]: platform["megabytes_per_second"]}
    if subject.role == "controller":
        limits[required(subject, "etcd-write-latency")["directory"]] = required(subject, "etcd-disk")[
            "megabytes_per_second"
        ]
    listed = " and ".join(f"{least} MB/s in {path}" for path, least in limits.items())
    docker = required(subject, "docker-disk")["megabytes_per_second"]
    expected = f"at least {listed}; the vendor's page requires {docker} MB/s of docker's disk"
    if _not_asked(evidence):
        return _skipped(expected)
    found = [_of(evidence, path) for path in limits]
    slow = [entry for entry in found if _measured(entry) and entry["megabytes_per_second"] < limits[entry["path"]]]
    if slow:
        return Finding(FAIL, expected, "; ".join(_speed(entry) for entry in slow), _faster(subject, slow[0]), slow)
    unmeasured = [entry for entry in found if not _measured(entry)]
    if unmeasured:
        return _unknown(subject, expected, unmeasured[0])
    return Finding(PASS, expected, "; ".join(_speed(entry) for entry in found), evidence=found)


@check("storage.etcd_latency")
def etcd_latency(subject: Subject, evidence: Evidence) -> Finding:
    """Slow, or so slow that an installer that measures it refuses. A stand-in for etcd's own disk decides nothing."""
    limits = required(subject, "etcd-write-latency")
    (slow_ms, worst_ms), (slow_rate, worst_rate) = limits["milliseconds_at_most"], limits["writes_per_second_at_least"]
    expected = (
        f"99 % of small writes reach the disk within {slow_ms} ms ({worst_ms} ms at the very most), at {slow_rate} "
        f"per second ({worst_rate} at the very least)"
    )
    if _not_asked(evidence):
        return _skipped(expected)
    entry = _of(evidence, limits["directory"])
    if not _measured(entry):
        return _unknown(subject, expected, entry)
    small = entry["small_writes"]
    observed = (
        f"p50 {small['p50_ms']:g}, p99 {small['p99_ms']:g}, max {small['max_ms']:g} ms, {small['per_second']:g} per "
        f"second{_where(entry)}"
    )
    if small["p99_ms"] <= slow_ms and small["per_second"] >= slow_rate:
        return Finding(PASS, expected, observed, evidence=entry)
    bearable = small["p99_ms"] <= worst_ms and small["per_second"] >= worst_rate
    weight = "recommended" if bearable or _stands_in(entry) else ""
    return Finding(FAIL, expected, observed, _faster(subject, entry), entry, weight)


def _not_asked(evidence: Evidence) -> bool | None:
    found = part(evidence, "disk_writes")
    return isinstance(found, dict) and found.get("skipped")


def _skipped(expected: str) -> Finding:
    return Finding(
        SKIPPED,
        expected,
        f"{SWITCH} is not set",
        f"Set {SWITCH} to true to measure the disks: this writes up to 100 MB to each disk and leaves nothing behind.",
        severity="info",
    )


def _of(evidence: Evidence, path: str) -> dict[str, Any]:
    for entry in part(evidence, "disk_writes"):
        if entry["path"] == path:
            return entry
    raise NoEvidence(f"no writes in {path} were measured")


def _measured(entry: dict[str, Any]) -> bool:
    return entry["verdict"] == "measured"


def _unknown(subject: Subject, expected: str, entry: dict[str, Any]) -> Finding:
    remedy = REMEDIES.get(entry["verdict"], AGAIN)
    texts = {
        "node": subject.node,
        "path": entry["path"],
        **{name: entry[name] or entry["path"] for name in ("mount", "directory")},
    }
    return Finding(
        UNKNOWN, expected, f"{entry['verdict']}: {entry['detail']}", remedy.format(**texts), entry, "recommended"
    )


def _stands_in(entry: dict[str, Any]) -> bool:
    return entry["directory"] != entry["path"]


def _where(entry: dict[str, Any]) -> str:
    instead = f", because {entry['path']} does not exist yet" if _stands_in(entry) else ""
    return f" in {entry['directory']} ({entry['type']} at {entry['mount']}{instead})"


def _speed(entry: dict[str, Any]) -> str:
    return f"{entry['megabytes_per_second']:g} MB/s{_where(entry)}"


def _faster(subject: Subject, entry: dict[str, Any]) -> str:
    if _stands_in(entry):
        return (
            f"This measured the disk of {entry['mount']}. If the disk of {subject.node} for {entry['path']} will be "
            "of the same kind, ask for a faster one; measure again once it is mounted."
        )
    return (
        f"Ask the storage team of {subject.node} for a faster disk at {entry['mount']}, such as a dedicated SSD, or "
        "for more IOPS; `iostat -x 1` shows what else uses it."
    )

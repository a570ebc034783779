# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""storage.os_disk: the size of the system disk."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.host.hardware import GIB
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("storage.os_disk")
def os_disk(subject: Subject, evidence: Evidence) -> Finding:
    """The disk below /, whatever is between: its own size, not that of the filesystem."""
    least = required(subject, "os-disk")["size_gib"]
    expected = f"a disk of {least} GiB for the operating system"
    devices = part(evidence, "host", "storage", "devices")
    disk = next((device for device in devices if "/" in device["mounted"]), None)
    if disk:
        size, what = disk["size"], f"/dev/{disk['name']}"
    else:
        size, what = part(evidence, "host", "storage", "room", "/")["total"], "the filesystem of /"
    observed = f"{what} has {size / GIB:.1f} GiB"
    if size >= least * GIB * (1 - limits.load().filesystem_tolerance):
        return Finding(PASS, expected, observed)
    return Finding(FAIL, expected, observed, f"Give {subject.node} a system disk of {least} GiB.", disk)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""storage.node_disk: the size of the filesystem on which a self-managed Kubernetes keeps images and volumes."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.host.hardware import GIB, not_for
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("storage.node_disk")
def node_disk(subject: Subject, evidence: Evidence) -> Finding:
    """Its whole size: what images and volumes take is what it is for."""
    asked = required(subject, "node-disk")
    if other := not_for(subject, asked):
        return other
    least, directory = asked["size_gib"], asked["directory"]
    room = part(evidence, "host", "storage", "room", directory)
    expected = f"a filesystem of {least} GiB for {directory}"
    observed = f"{room['mount']} has {room['total'] / GIB:.1f} GiB"
    if room["total"] >= least * GIB * (1 - limits.load().filesystem_tolerance):
        return Finding(PASS, expected, observed, evidence=room)
    return Finding(
        FAIL,
        expected,
        observed,
        f"Enlarge the filesystem at {room['mount']} on {subject.node} to {least} GiB, or mount a disk of that size "
        "where the container runtime keeps its images, and waive storage.node_disk.",
        room,
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""time.timezone_uniform: one time zone on all nodes."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("time.timezone_uniform")
def timezone_uniform(subject: Subject, evidence: Evidence) -> Finding:
    """Times in logs of several nodes are compared by people."""
    zones = part(evidence, "timezones")
    own = zones.get(subject.node)
    expected = "the same time zone on all nodes"
    if own is None:
        raise NoEvidence("the time zone of this node is not known")
    others = {node: zone for node, zone in zones.items() if zone not in (None, own)}
    if not others:
        return Finding(PASS, expected, own)
    zones_of_others = ", ".join(f"{zone} on {node}" for node, zone in sorted(others.items()))
    return Finding(
        FAIL,
        expected,
        f"{own}, but {zones_of_others}",
        "`timedatectl set-timezone ZONE` on the nodes that differ.",
        zones,
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""time.between_nodes and between_nodes_margin: the clocks of the nodes agree."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.time.chrony import other_service
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import clock_offsets
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN


@check("time.between_nodes")
def between_nodes(subject: Subject, evidence: Evidence) -> Finding:
    """Gravity refuses to install, and calls a cluster degraded, when clocks are further apart than this."""
    return _apart(subject, evidence, limits.load().clock_difference_ms / 1000)


@check("time.between_nodes_margin")
def between_nodes_margin(subject: Subject, evidence: Evidence) -> Finding:
    """A drifting clock is noticed before it exceeds the limit."""
    if between_nodes(subject, evidence).status != PASS:
        return Finding(SKIPPED, "", "see time.between_nodes")
    return _apart(subject, evidence, limits.load().clock_difference_margin_ms / 1000)


def _until_known(subject: Subject, evidence: Evidence) -> str:
    """What to do so that the clock can be compared."""
    try:
        other = other_service(subject, evidence)
    except NoEvidence:
        other = ""
    if other:
        return (
            f"{other} does not report how far the clock is off, so packets between the nodes must measure it: set "
            "rtf_cluster_profile, and leave rtf_preflight_port_matrix and rtf_preflight_links on."
        )
    return "Make time.synchronised pass on all nodes, then run the audit again."


def _apart(subject: Subject, evidence: Evidence, limit: float) -> Finding:
    compared = part(evidence, "clock_offsets")
    expected = f"at most {limit * 1000:.0f} ms from the clock of every other node"
    judged = clock_offsets.judge(compared, limit)
    if judged.status == PASS:
        return Finding(PASS, expected, judged.text, evidence=compared)
    if judged.status == SKIPPED:
        return Finding(SKIPPED, expected, judged.text, severity="info")
    if judged.status == UNKNOWN:
        return Finding(
            UNKNOWN,
            expected,
            judged.text,
            _until_known(subject, evidence),
            compared,
        )
    return Finding(
        FAIL,
        expected,
        judged.text,
        (
            f"Configure the same NTP servers on {subject.node} as on the other nodes (rtf_ntp_servers), and check which "
            "one it follows (`chronyc sources -v`, `chronyc tracking`)."
        ),
        compared,
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ports.profile: whether the site has named the kind of its cluster, by which the ports between the nodes are known."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import PASS, UNKNOWN


@check("ports.profile")
def profile(subject: Subject, _evidence: Evidence) -> Finding:
    """The vendor asks for all traffic within the cluster and names no ports; those of its Kubernetes are known by its kind."""
    expected = "rtf_cluster_profile names the kind of the cluster"
    if subject.cluster_profile:
        return Finding(PASS, expected, f"it is {subject.cluster_profile}")
    return Finding(
        UNKNOWN,
        expected,
        "rtf_cluster_profile is not set, so the ports between the nodes were not probed",
        "Set rtf_cluster_profile to the kind of the cluster, then run the audit again.",
    )

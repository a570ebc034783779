# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the network plugin of a self-managed Kubernetes needs of the kernel, by the kind of the cluster."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import SKIPPED


def not_needed(subject: Subject) -> Finding:
    """Skip a check that no row of the cluster asks for."""
    if subject.cluster_profile:
        return Finding(SKIPPED, "", f"not required with {subject.cluster_profile}", severity="info")
    return Finding(
        SKIPPED,
        "",
        "rtf_cluster_profile is not set, so it is not known whether the network plugin needs it; Flannel does",
        severity="info",
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.cloud_init: cloud-init leaves the network alone."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("host.cloud_init")
def cloud_init(subject: Subject, evidence: Evidence) -> Finding:
    """What cloud-init writes at every boot may undo what was prepared."""
    found = part(evidence, "host", "system", "cloud_init")
    expected = "cloud-init leaves the network alone after the first boot"
    if not found["installed"] or found["disabled"]:
        return Finding(PASS, expected, "not installed" if not found["installed"] else "disabled")
    if not found["network"]:
        return Finding(PASS, expected, "its network configuration is disabled")
    remedy = (
        "Write `network: {config: disabled}` to /etc/cloud/cloud.cfg.d/99-disable-network-config.cfg, or "
        "`touch /etc/cloud/cloud-init.disabled`."
    )
    return Finding(FAIL, expected, "installed, and configures the network", remedy, found)

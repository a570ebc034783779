# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.nm_cloud_setup: nm-cloud-setup adds no routing rules that break the traffic of pods."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import reboot
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS

ROLE = "and run the role hostprep.runtime_fabric.rtf_kernel"


@check("net.nm_cloud_setup")
def nm_cloud_setup(subject: Subject, evidence: Evidence) -> Finding:
    """Neither its units run, now or at boot, nor are its rules there."""
    units = part(evidence, "host", "cloud_setup", "units")
    rules = part(evidence, "host", "cloud_setup", "rules")
    expected = "nm-cloud-setup neither runs nor has left rules"
    running = [name for name, state in units.items() if state["active"] or state["enabled"]]
    if not running and not rules:
        return Finding(PASS, expected, "not installed" if not units else "off")
    observed = [f"{', '.join(running)} runs or starts at boot"] if running else []
    observed += [f"rules with priority {', '.join(map(str, rules))}"] if rules else []
    remedies = [f"Turn it off with `systemctl disable --now {' '.join(running)}`."] if running else []
    remedies += (
        [f"Delete its rules with `ip rule delete priority {rules[0]}` and so on. Or: {reboot(subject)}."]
        if rules
        else []
    )
    remedies.append(f"Or set rtf_kernel_nm_cloud_setup_off: true {ROLE}.")
    return Finding(FAIL, expected, "; ".join(observed), " ".join(remedies), {"units": units, "rules": rules})

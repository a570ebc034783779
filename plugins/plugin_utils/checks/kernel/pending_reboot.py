# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kernel.pending_reboot: the newest installed kernel is the running one."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import (
    by_line,
    reboot,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED


@check("kernel.pending_reboot")
def pending_reboot(subject: Subject, evidence: Evidence) -> Finding:
    """The newest installed kernel runs, and its modules are there."""
    kernel = part(evidence, "host", "kernel")
    running, newest = part(evidence, "host", "kernel", "release"), kernel["newest"]
    expected = "the newest installed kernel runs"
    if not kernel["modules_present"]:
        return Finding(
            FAIL,
            expected,
            f"{running} runs, but its modules are missing" + (f"; {newest} is installed" if newest else ""),
            f"{reboot(subject)}: no module can be loaded before that.",
            fault=f"The running kernel lacks its modules on {subject.node}",
        )
    if newest is None:
        return Finding(SKIPPED, expected, f"{running} runs, and no kernel is installed in /boot (a container?)")
    if newest != running:
        return Finding(
            FAIL,
            expected,
            f"{running} runs, {newest} is installed",
            f"{reboot(subject)}{by_line(subject, appliance=' before the installation', self_managed='')}, and run the audit "
            "again: the modules and settings of the other kernel have not been verified.",
            fault=f"The running kernel is older than the installed one on {subject.node}",
        )
    return Finding(PASS, expected, running)

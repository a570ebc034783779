# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.swap: swap, now and after the next boot."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

READ = "Make it a regular file that root can read, then run the audit again."


@check("host.swap")
def swap(subject: Subject, evidence: Evidence) -> Finding:
    """Nothing swaps, and nothing would after a boot."""
    found = part(evidence, "host", "swap")
    units = part(evidence, "host", "swap", "units")
    active = [f"{entry['name']} ({entry['kilobytes'] // 1024} MiB)" for entry in found["active"]]
    fstab = [f"/etc/fstab:{entry['line']} ({entry['device']})" for entry in found["fstab"]]
    # A unit that was made of fstab goes with its line.
    started = [entry["unit"] for entry in units if entry["source"] != "/etc/fstab"]
    if not (active or fstab or started):
        if found["unreadable"]:
            return Finding(
                UNKNOWN,
                "no swap, now and at boot",
                "none now; could not be read: " + "; ".join(found["unreadable"]),
                remedy=READ,
            )
        return Finding(PASS, "no swap, now and at boot", "; ".join(["none", *found["dangling"]]))
    observed = [f"{', '.join(active)} in use"] if active else []
    observed += (
        [
            f"{', '.join(fstab)} and {', '.join(started)} at boot"
            if fstab and started
            else f"{', '.join(fstab or started)} at boot"
        ]
        if fstab or started
        else []
    )
    remedies = []
    if active:
        remedies.append(f"Turn it off with `swapoff {' '.join(entry['name'] for entry in found['active'])}`.")
    if fstab:
        remedies.append(f"Comment out {', '.join(fstab)}.")
    if started:
        remedies.append(f"Keep it from starting with `systemctl mask --now {' '.join(started)}`.")
    remedies.append("Or set rtf_kernel_swap_off: true and run the role hostprep.runtime_fabric.rtf_kernel.")
    return Finding(FAIL, "no swap, now and at boot", "; ".join(observed), " ".join(remedies), found)

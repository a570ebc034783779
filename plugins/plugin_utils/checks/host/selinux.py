# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.selinux: SELinux, now and after the next boot."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

ENTERPRISE_LINUX = {"rhel", "centos", "rocky", "almalinux", "ol"}


@check("host.selinux")
def selinux(subject: Subject, evidence: Evidence) -> Finding:
    """It does not enforce on the releases of Enterprise Linux where the vendor rules that out."""
    found = part(evidence, "host", "selinux")
    mode, configured = part(evidence, "host", "selinux", "mode"), found["configured"]
    row = subject.settings.get("host-selinux")  # absent where only the site requires it
    first = row["expected"]["not_enforcing_from"] if row else 0
    expected = "not enforcing, now and at boot" + (f", from Enterprise Linux {first} on" if row else "")
    configured_text = (
        "; ".join([*found["unreadable"], *found["dangling"]]) or f"{configured or 'nothing'} in /etc/selinux/config"
    )
    observed = f"{mode} now, {configured_text}"
    if not _is_ruled_out(part(evidence, "host", "selinux", "platform"), first):
        return Finding(PASS, expected, observed)
    if "enforcing" not in (mode, configured):
        if found["unreadable"]:
            return Finding(
                UNKNOWN, expected, observed, "Make /etc/selinux/config a regular file that root can read.", found
            )
        return Finding(PASS, expected, observed)
    remedies = ["Set SELINUX=permissive in /etc/selinux/config."] if configured == "enforcing" else []
    remedies += ["Run `setenforce 0`."] if mode == "enforcing" else []
    remedies.append("Or set rtf_kernel_selinux_permissive: true and run the role hostprep.runtime_fabric.rtf_kernel.")
    return Finding(FAIL, expected, observed, " ".join(remedies), found)


def _is_ruled_out(platform: dict[str, Any], first: int) -> bool:
    major = (platform["version"] or "").partition(".")[0]
    return platform["id"] in ENTERPRISE_LINUX and major.isdigit() and int(major) >= first

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.kernel_release, kernel_config and cgroups: the kernel as the installer requires it."""

from __future__ import annotations

import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("host.kernel_release")
def kernel_release(subject: Subject, evidence: Evidence) -> Finding:
    """init.sh compares `uname -r` with its minimum version as `sort -V` does."""
    minimum = subject.installer["minimum_kernel"]
    found = part(evidence, "host", "system", "release")
    expected = f"kernel {minimum} or newer"
    if version_key(found) >= version_key(minimum):
        return Finding(PASS, expected, found)
    return Finding(
        FAIL, expected, found, f"Update the kernel of {subject.node} and reboot: `yum update kernel && reboot`."
    )


def version_key(text: str) -> list[int]:
    """The numbers of a version, in their order, for comparison."""
    return [int(number) for number in re.findall(r"\d+", text)[:8]]


@check("host.kernel_config")
def kernel_config(subject: Subject, evidence: Evidence) -> Finding:
    """Options that Gravity looks for in the configuration of the kernel; some only below a version."""
    release = part(evidence, "host", "system", "release")
    found = part(evidence, "host", "system", "kernel_options")
    options = [
        row["name"]
        for row in subject.installer["kernel_options"]
        if "before" not in row or version_key(release) < version_key(row["before"])
    ]
    expected = f"{len(options)} options of the kernel's configuration are y or m"
    unasked = [name for name in options if name not in found["options"]]
    if unasked:
        raise NoEvidence(f"{', '.join(unasked)} were not collected")
    missing = [name for name in options if found["options"][name] not in ("y", "m")]
    if not missing:
        return Finding(PASS, expected, f"all set in {found['source']}")
    listed = ", ".join(f"CONFIG_{name}" for name in missing)
    return Finding(
        FAIL,
        expected,
        f"{listed} missing in {found['source']}",
        f"Boot {subject.node} with the distribution's own kernel.",
        missing,
    )


@check("host.cgroups")
def cgroups(subject: Subject, evidence: Evidence) -> Finding:
    """Gravity mounts the controllers of version 1; a host with version 2 alone has none of them."""
    controllers = subject.installer["cgroup_controllers"]
    found = part(evidence, "host", "system", "cgroups")
    expected = f"cgroup v1 controllers: {', '.join(controllers)}"
    missing = [name for name in controllers if name not in found["controllers"]]
    if not missing:
        return Finding(PASS, expected, "all mounted")
    only = " (only version 2 is mounted)" if found["unified"] and not found["controllers"] else ""
    remedy = (
        "Add systemd.unified_cgroup_hierarchy=0 to the kernel's command line (`grubby --update-kernel=ALL "
        "--args=systemd.unified_cgroup_hierarchy=0`, or GRUB_CMDLINE_LINUX and `update-grub`) and reboot."
    )
    return Finding(FAIL, expected, f"{', '.join(missing)} not mounted{only}", remedy, found)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the live kernel parameters and modules with the required ones."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel import module_remedies
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.boot_files import READ
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import (
    PREPARE,
    looked_up,
    short_name,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.running_cluster_exceptions import (
    wanted_here,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN


def compare_live(subject: Subject, evidence: Evidence, setting_ids: list[str]) -> Finding:
    """Every sysctl of the settings has its value now, and every module is there."""
    sysctls, modules = wanted_here(subject, setting_ids)
    kernel = part(evidence, "host", "kernel")
    found_sysctls = part(evidence, "host", "kernel", "sysctls") if sysctls else {}
    found_modules = part(evidence, "host", "kernel", "modules") if modules else {}
    expected = ", ".join([f"{name} = {value}" for name, value in sysctls.items()] + [f"{m} present" for m in modules])
    absent = [name for name in modules if not looked_up(found_modules, name)["available"]]
    unread = [text for text in kernel["unreadable"]["modules"] if "/lib/modules/" in text]
    if absent and unread:
        return Finding(UNKNOWN, expected, f"not loaded: {', '.join(absent)}; {'; '.join(unread)}", READ, unread)
    if absent:
        return Finding(
            FAIL,
            expected,
            f"the kernel {part(evidence, 'host', 'kernel', 'release')} has no {', '.join(absent)}",
            " ".join(module_remedies.remedies(subject, kernel, {name: found_modules[name] for name in absent})),
            {name: looked_up(found_modules, name) for name in modules},
        )
    wrong = {
        name: looked_up(found_sysctls, name)["live"]
        for name, value in sysctls.items()
        if looked_up(found_sysctls, name)["live"] != value
    }
    observed = ", ".join(
        [f"{short_name(name)} = {looked_up(found_sysctls, name)['live'] or 'missing'}" for name in sysctls]
        or [f"{name} {found_modules[name]['how'].replace('_', ' ')}" for name in modules]
    )
    if not wrong:
        return Finding(PASS, expected, observed)
    settings = " ".join(f"{name}={sysctls[name]}" for name in wrong)
    lasting = all(looked_up(found_sysctls, name)["at_boot"] == sysctls[name] for name in wrong)
    return Finding(
        FAIL,
        expected,
        observed,
        set_now(settings, lasting),
        {name: looked_up(found_sysctls, name) for name in sysctls},
    )


def set_now(settings: str, lasting: bool) -> str:
    """What to do about parameters that are wrong now. lasting: whether the files of sysctl.d set the right values at boot."""
    after = (
        "This persists across reboots, because the files of sysctl.d set it at each boot. Something has changed it since the "
        "last boot, and may do so again: find out what (`journalctl -b`)."
        if lasting
        else "`sysctl -w` alone works only until the next boot, because no file of sysctl.d sets the value, or one sets another."
    )
    return f"Set it with `sysctl -w {settings}`, or {PREPARE}. {after}"

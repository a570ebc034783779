# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kernel.ip_forward, bridge_netfilter, may_detach_mounts and sysctls_at_boot: parameters, now and after the next boot."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.boot_files import (
    at_boot_text,
    fault_at_boot,
    file_of,
    files_of,
    passed_at_boot,
    remedy_at_boot,
    replayed,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.forwarding import (
    is_contrary,
    off_at_boot,
    switched_off,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.live_values import compare_live
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.network_plugin import not_needed
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import (
    PAGE,
    looked_up,
    short_name,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.running_cluster_exceptions import (
    wanted_here,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_kernel import FORWARDING
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN


@check("kernel.ip_forward")
def ip_forward(subject: Subject, evidence: Evidence) -> Finding:
    """The parameter is 1, and so it is for every interface."""
    now = compare_live(subject, evidence, ["kernel-ip-forward"])
    return now if now.status == FAIL else switched_off(evidence, now.expected, now.observed) or now


@check("kernel.bridge_netfilter")
def bridge_netfilter(subject: Subject, evidence: Evidence) -> Finding:
    if "kernel-bridge-netfilter" not in subject.settings:
        return not_needed(subject)
    return compare_live(subject, evidence, ["kernel-bridge-netfilter"])


@check("kernel.may_detach_mounts")
def may_detach_mounts(subject: Subject, evidence: Evidence) -> Finding:
    """The value is right now and after a boot, where the kernel has the parameter at all."""
    setting_ids = ["kernel-may-detach-mounts"]
    sysctls, _modules = wanted_here(subject, setting_ids)
    found = part(evidence, "host", "kernel", "sysctls")
    if all(looked_up(found, name)["live"] is None for name in sysctls):
        return Finding(PASS, "1 if the kernel has the parameter", "this kernel has no such parameter and needs none")
    now = compare_live(subject, evidence, setting_ids)
    return now if now.status == FAIL else _sysctls_at_boot(subject, evidence, setting_ids)


@check("kernel.sysctls_at_boot")
def sysctls_at_boot(subject: Subject, evidence: Evidence) -> Finding:
    """The values that systemd-sysctl will set at the next boot are the wanted ones, whoever's file decides."""
    return _sysctls_at_boot(subject, evidence, PAGE)


def _sysctls_at_boot(subject: Subject, evidence: Evidence, setting_ids: Sequence[str]) -> Finding:
    sysctls, _modules = wanted_here(subject, setting_ids)
    found = part(evidence, "host", "kernel", "sysctls")
    expected = "the files in sysctl.d set the required values"
    dangling = part(evidence, "host", "kernel")["dangling"]["sysctls"]
    lost = {
        name: looked_up(found, name) for name, value in sysctls.items() if looked_up(found, name)["at_boot"] != value
    }
    if FORWARDING in sysctls and FORWARDING not in lost:
        lost.update(off_at_boot(part(evidence, "host", "kernel")))
    if lost:
        values = ", ".join(f"{name} = {sysctls.get(name, '1')}" for name in lost)
        return Finding(
            FAIL,
            f"the files in sysctl.d set {values}",
            "; ".join([at_boot_text(evidence, lost), *dangling]),
            remedy_at_boot(evidence, lost, sysctls),
            lost,
            fault=fault_at_boot(subject.node, lost),
        )
    contrary = [one for one in replayed(evidence, "otherwise") if is_contrary(one, sysctls)]
    if contrary:
        return Finding(
            FAIL,
            expected,
            "; ".join(f"{one['name']} can become {one['value']}, set by {one['source']}" for one in contrary),
            (
                f"Remove the setting from {files_of(one['source'] for one in contrary)}: the order at boot is not "
                "certain, and an interface that udev adds gets its own settings last."
            ),
            contrary,
        )
    beside = {
        name: entry["beside"]
        for name, entry in found.items()
        if name in sysctls and entry["beside"] and entry["beside"]["value"] != sysctls[name]
    }
    if beside:
        return Finding(
            FAIL,
            expected,
            "; ".join(
                f"{short_name(name)} becomes {entry['value']} with `sysctl --system`, set by {entry['source']}"
                for name, entry in beside.items()
            ),
            (
                f"Remove the setting from {files_of(entry['source'] for entry in beside.values())}: it does not decide "
                "at boot, but with `sysctl --system` and `sysctl -p`, which package installations run."
            ),
            {name: found[name] for name in beside},
        )
    scripts = [one for one in replayed(evidence, "scripts") if is_contrary(one, sysctls)]
    if scripts:
        return Finding(
            UNKNOWN,
            expected,
            "; ".join(f"a script may set {one['name']} to {one['value']}: {one['source']}" for one in scripts),
            f"Remove the line from {files_of(one['source'] for one in scripts)}, or find out that it never runs.",
            scripts,
        )
    sources = sorted({file_of(looked_up(found, name)["at_boot_source"]) for name in sysctls})
    return passed_at_boot(evidence, "sysctls", expected, f"set by {', '.join(sources)}")

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kernel.installer_modules and modules_at_boot: modules, now and after the next boot."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import kernel_packages
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.boot_files import passed_at_boot
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.live_values import compare_live
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.network_plugin import not_needed
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import (
    PAGE,
    PREPARE,
    looked_up,
    wanted,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("kernel.installer_modules")
def installer_modules(subject: Subject, evidence: Evidence) -> Finding:
    """The modules are there now, and come back at boot."""
    setting_ids = ["kernel-installer-modules"]
    now = compare_live(subject, evidence, setting_ids)
    return now if now.status != PASS else _modules_at_boot(subject, evidence, setting_ids)


@check("kernel.modules_at_boot")
def modules_at_boot(subject: Subject, evidence: Evidence) -> Finding:
    """Modules come back at boot before systemd-sysctl runs; without them the bridge keys do not exist then."""
    return _modules_at_boot(subject, evidence, PAGE) if wanted(subject.settings, PAGE)[1] else not_needed(subject)


def _modules_at_boot(subject: Subject, evidence: Evidence, setting_ids: Sequence[str]) -> Finding:
    _sysctls, modules = wanted(subject.settings, setting_ids)
    found = part(evidence, "host", "kernel", "modules")
    expected = f"{', '.join(modules)} built in or in modules-load.d"
    missing = [name for name in modules if not looked_up(found, name)["at_boot"]]
    kernel = part(evidence, "host", "kernel")
    if not missing:
        observed = ", ".join(f"{name}: {looked_up(found, name)['at_boot_source'] or 'built in'}" for name in modules)
        by_files = any(looked_up(found, name)["how"] != "built_in" for name in modules)
        return passed_at_boot(evidence, "modules", expected, observed, by_files)
    looked_at = {name: looked_up(found, name) for name in modules}
    blocked = {name: looked_at[name]["obstacle"] for name in missing if looked_at[name]["obstacle"]}
    if blocked:
        return Finding(
            FAIL,
            expected,
            "; ".join(
                f"{name} is not loaded at boot: `{one['line']}` at {one['source']}" for name, one in blocked.items()
            ),
            f"Remove the line from {', '.join(sorted({one['source'] for one in blocked.values()}))}.",
            looked_at,
        )
    asked = [name for name in missing if looked_at[name]["at_boot_source"]]
    if asked:
        after = kernel["newest"] or kernel["release"]
        package = kernel_packages.of_platform(kernel["platform"], after)
        return Finding(
            FAIL,
            expected,
            f"the kernel {after}, which the next boot starts, has no {', '.join(asked)}",
            f"Install {package['package'] if package else 'the package with the extra modules of ' + after}"
            + (f" with `{package['install']}`." if package else "."),
            looked_at,
        )
    return Finding(
        FAIL,
        expected,
        "; ".join([f"nothing loads {', '.join(missing)} at boot", *kernel["dangling"]["modules"]]),
        f"Write {', '.join(missing)} to a file in /etc/modules-load.d, or {PREPARE}.",
        looked_at,
    )

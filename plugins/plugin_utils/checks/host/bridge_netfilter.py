# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.bridge_netfilter: K3s and RKE2 load br_netfilter and set its parameter themselves, where the kernel lets them."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.host.kubernetes_node import (
    running_services,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel import module_remedies
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.network_plugin import not_needed
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import (
    looked_up,
    short_name,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.rtf_kernel import (
    LOADABLE,
    OF_THE_SERVICE,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("host.bridge_netfilter")
def bridge_netfilter(subject: Subject, evidence: Evidence) -> Finding:
    """Before the service runs, the kernel must have the module; afterwards the parameter must be as the service set it."""
    expected_of = [row["expected"] for row in subject.settings.values()]
    modules = [name for expected in expected_of for name in expected.get(LOADABLE, [])]
    values = {name: value for expected in expected_of for name, value in expected.get(OF_THE_SERVICE, {}).items()}
    if not modules:
        return not_needed(subject)
    kernel = part(evidence, "host", "kernel")
    found = {name: looked_up(part(evidence, "host", "kernel", "modules"), name) for name in modules}
    expected = f"{', '.join(modules)} can be loaded"
    running = running_services(evidence)
    if running and values:
        expected += f", and {', '.join(f'{name} = {value}' for name, value in values.items())} while {running[0]} runs"
    missing = {name: entry for name, entry in found.items() if not entry["available"] and not _loadable(entry)}
    if missing:
        observed = f"the kernel {kernel['release']} cannot load {', '.join(missing)}"
        return Finding(FAIL, expected, observed, " ".join(module_remedies.remedies(subject, kernel, missing)), found)
    if running and values:
        live = {name: looked_up(part(evidence, "host", "kernel", "sysctls"), name)["live"] for name in values}
        observed = ", ".join(f"{short_name(name)} = {value or 'missing'}" for name, value in live.items())
        wrong = [name for name, value in values.items() if live[name] != value]
        if wrong:
            settings = " ".join(f"{name}={values[name]}" for name in wrong)
            remedy = (
                f"Set it with `modprobe --all {' '.join(modules)} && sysctl -w {settings}`, and find out what changed it: "
                f"{running[0]} sets it when it starts."
            )
            return Finding(FAIL, expected, f"{observed}, and {running[0]} runs", remedy, live)
        return Finding(PASS, expected, observed)
    how = ", ".join(f"{name} {'is there' if entry['available'] else 'can be loaded'}" for name, entry in found.items())
    return Finding(PASS, expected, how)


def _loadable(entry: Evidence) -> bool:
    return bool(entry["file"]) and (entry["obstacle"] or {}).get("how") != "install"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.inotify: enough inotify instances and watches, now and after the next boot."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.boot_files import (
    at_boot_text,
    passed_at_boot,
    remedy_at_boot,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.kernel.required_values import (
    PREPARE,
    at_least,
    looked_up,
    short_name,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL


@check("host.inotify")
def inotify(subject: Subject, evidence: Evidence) -> Finding:
    """Each value is at least the wanted one, now and after a boot."""
    minima = at_least(subject.settings, ["kernel-inotify"])
    found = part(evidence, "host", "kernel", "sysctls")
    expected = ", ".join(f"{short_name(name)} >= {minimum}" for name, minimum in minima.items())
    low = [name for name, minimum in minima.items() if _number(looked_up(found, name)["live"]) < minimum]
    observed = ", ".join(f"{short_name(name)} = {looked_up(found, name)['live'] or 'missing'}" for name in minima)
    looked_at = {name: looked_up(found, name) for name in minima}
    if low:
        settings = " ".join(f"{name}={minima[name]}" for name in low)
        remedy = f"Set it with `sysctl -w {settings}` and in a file in /etc/sysctl.d, or {PREPARE}."
        return Finding(FAIL, expected, observed, remedy, looked_at)
    later = {name: entry for name, entry in looked_at.items() if _number(entry["at_boot"]) < minima[name]}
    if later:
        remedy = remedy_at_boot(evidence, later, {name: str(minimum) for name, minimum in minima.items()})
        return Finding(FAIL, expected, f"{observed}; {at_boot_text(evidence, later)}", remedy, looked_at)
    return passed_at_boot(evidence, "sysctls", expected, observed)


def _number(text: str | None) -> int:
    """A value as a number; none at all, or none that is a number, is less than any."""
    try:
        return int(text or "")
    except ValueError:
        return -1

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.architecture, cpu, cpu_burstable and memory."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED

GIB = 1024**3
BURSTABLE = re.compile(r"t[1-4][a-z]*\.", re.IGNORECASE)


def not_for(subject: Subject, asked: dict[str, Any]) -> Finding | None:
    """Skip a node of a role that a requirement is not about. asked: what its row expects."""
    return None if subject.role in asked.get("roles", (subject.role,)) else not_asked(f"{subject.role}s")


def not_asked(nodes: str) -> Finding:
    """Skip nodes of which the release does not ask it."""
    return Finding(SKIPPED, "", f"this release does not require it of {nodes}", severity="info")


@check("host.architecture")
def architecture(subject: Subject, evidence: Evidence) -> Finding:
    asked = required(subject, "node-architecture")
    if other := not_for(subject, asked):
        return other
    machines = asked["machines"]
    found = part(evidence, "host", "system", "hardware", "machine")
    expected = f"a processor with the architecture {' or '.join(machines)}"
    if found in machines:
        return Finding(PASS, expected, found)
    return Finding(
        FAIL,
        expected,
        str(found),
        (f"Replace {subject.node} with a machine whose architecture is {' or '.join(machines)}."),
    )


@check("host.cpu")
def cpu(subject: Subject, evidence: Evidence) -> Finding:
    asked = required(subject, "node-cores")
    if other := not_for(subject, asked):
        return other
    least = asked["cores"]
    found = part(evidence, "host", "system", "hardware", "cpus")
    expected = f"{least} cores or more"
    if found >= least:
        return Finding(PASS, expected, f"{found} cores")
    return Finding(FAIL, expected, f"{found} cores", f"Give {subject.node} {least} dedicated cores.")


@check("host.cpu_burstable")
def cpu_burstable(subject: Subject, evidence: Evidence) -> Finding:
    """The vendor does not support machines that may use their cores only for a while."""
    product = part(evidence, "host", "system", "hardware").get("product")
    expected = "dedicated cores, not a burstable machine type"
    if product and BURSTABLE.match(product):
        return Finding(
            FAIL,
            expected,
            f"a {product}",
            f"Change {subject.node} to a machine type with dedicated cores, such as m5 or r5.",
        )
    return Finding(
        PASS, expected, f"firmware reports {product}" if product else "the firmware reports no burstable type"
    )


@check("host.memory")
def memory(subject: Subject, evidence: Evidence) -> Finding:
    asked = required(subject, "node-memory")
    least = asked.get(f"{subject.role}_gib")
    if least is None:
        return not_asked(f"{subject.role}s")
    found = part(evidence, "host", "system", "hardware", "memory") / GIB
    expected = f"{least} GiB of memory for a {subject.role}"
    if found >= least * (1 - limits.load().memory_tolerance):
        return Finding(PASS, expected, f"{found:.1f} GiB")
    return Finding(FAIL, expected, f"{found:.1f} GiB", f"Give {subject.node} {least} GiB of memory.")

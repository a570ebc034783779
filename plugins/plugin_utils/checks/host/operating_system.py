# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.os_supported, os_uniform and os_family: the distribution and its version."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


@check("host.os_supported")
def os_supported(subject: Subject, evidence: Evidence) -> Finding:
    """The vendor's installer refuses what its list does not have."""
    systems = required(subject, "supported-os")["systems"]
    found = part(evidence, "host", "system", "os")
    expected = "; ".join(f"{name} {', '.join(versions)}" for name, versions in systems.items())
    observed = named(found)
    if _version(found) in systems.get(found["id"], ()):
        return Finding(PASS, expected, observed)
    remedy = (
        f"Install a listed release on {subject.node}, or set rtf_release to an edition that lists it; waive this if "
        "the vendor's support agreed."
    )
    return Finding(FAIL, expected, observed, remedy, found)


def _version(found: dict[str, Any]) -> str:
    """The version as the lists give it: two numbers, of a point release no more."""
    return ".".join((found.get("version") or "").split(".")[:2])


@check("host.os_family")
def os_family(subject: Subject, evidence: Evidence) -> Finding:
    """init.sh knows what to do for ID_LIKE containing debian or fedora, and stops otherwise."""
    found = part(evidence, "host", "system", "os")
    families = subject.installer["families"]
    expected = f"ID_LIKE in /etc/os-release contains {' or '.join(families)}"
    shown = " ".join(found["id_like"])
    if any(family in shown for family in families):
        return Finding(PASS, expected, f"ID_LIKE is {shown}")
    observed = f"ID_LIKE is {shown}" if shown else f"{found['id']} has no ID_LIKE"
    remedy = (
        "Use a distribution that the vendor lists; the installer stops with `Unknown OS distribution.` on "
        f"{subject.node}."
    )
    return Finding(FAIL, expected, observed, remedy, found)


@check("host.os_uniform")
def os_uniform(subject: Subject, evidence: Evidence) -> Finding:
    """Every node that was looked at has the same distribution and version; one that was not has results of its own."""
    cluster = part(evidence, "cluster")
    own = part(evidence, "host", "system", "os")
    expected = "the same operating system on every node"
    others = {name: entry["os"] for name, entry in cluster.items() if entry.get("os") and name != subject.node}
    different = {name: found for name, found in others.items() if _identity(found) != _identity(own)}
    if different:
        listed = ", ".join(f"{named(found)} on {name}" for name, found in different.items())
        remedy = "Install the same release on all nodes; the installer fails on a mix."
        return Finding(FAIL, expected, f"{named(own)} here, {listed}", remedy, {**others, subject.node: own})
    return Finding(PASS, expected, f"{named(own)} on {len(others) + 1} of {len(cluster)} nodes")


def _identity(found: dict[str, Any]) -> tuple[str, str | None]:
    return (found["id"], found.get("version"))


def named(found: dict[str, Any]) -> str:
    """What a person calls an operating system."""
    return f"{found['id']} {found.get('version') or '(no version)'}"

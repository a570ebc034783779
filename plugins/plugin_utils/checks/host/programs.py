# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.conflicting_programs, security_agents, config_management and fapolicyd: programs that disturb the platform.

The lists of these programs are in catalog/programs.yml: another security agent is one entry there.
"""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import programs
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS


def running(evidence: Evidence, names: list[str]) -> dict[str, list[int]]:
    """Return `{name: [pid, ...]}` of those programs that run. The kernel shows 15 characters of a name."""
    found: dict[str, list[int]] = {}
    for process in part(evidence, "host", "system", "processes"):
        for name in names:
            if name in process["names"] or (len(name) > 15 and name[:15] in process["names"]):
                found.setdefault(name, []).append(process["pid"])
    return found


def _with_pids(found: dict[str, list[int]]) -> str:
    return ", ".join(f"{name} (pid {', '.join(str(pid) for pid in pids[:3])})" for name, pids in found.items())


@check("host.conflicting_programs")
def conflicting_programs(subject: Subject, evidence: Evidence) -> Finding:
    """Gravity stops where it finds one of these: it brings its own."""
    expected = "no other container runtime, Kubernetes or DNS server runs"
    found = running(evidence, programs.load()["conflicting_programs"])
    if not found:
        return Finding(PASS, expected, "none runs")
    remedy = f"Stop and remove them on {subject.node}: `systemctl disable --now` their units, then remove the packages."
    return Finding(FAIL, expected, f"{_with_pids(found)} running", remedy, found)


@check("host.security_agents")
def security_agents(dummy_subject: Subject, evidence: Evidence) -> Finding:
    return _agents(
        evidence,
        "security_agents",
        "no antivirus or packet inspection runs",
        "Remove it, or ask its team to exempt /var/lib/gravity and the traffic between the nodes, and waive this.",
    )


@check("host.config_management")
def config_management(dummy_subject: Subject, evidence: Evidence) -> Finding:
    return _agents(
        evidence,
        "config_management",
        "no configuration management runs",
        (
            "Configure it to set the same kernel parameters, modules, firewall and time, or exclude these settings from it, and waive "
            "this."
        ),
    )


def _agents(evidence: Evidence, kind: str, expected: str, remedy: str) -> Finding:
    rows = programs.load()[kind]
    found: dict[str, list[int]] = {}
    for row in rows:
        for pids in running(evidence, row["programs"]).values():
            found.setdefault(row["title"], []).extend(pids)
    if not found:
        return Finding(PASS, expected, f"none of {len(rows)} known programs runs")
    return Finding(FAIL, expected, f"{_with_pids(found)} running", remedy, found)


@check("host.fapolicyd")
def fapolicyd(subject: Subject, evidence: Evidence) -> Finding:
    """It keeps programs from running that no package brought, and the installer brings such."""
    expected = "fapolicyd does not run, or is permissive"
    found = running(evidence, ["fapolicyd"])
    if not found:
        return Finding(PASS, expected, "does not run")
    if part(evidence, "host", "system", "allowlisting")["permissive"]:
        return Finding(PASS, expected, "permissive")
    remedy = by_line(
        subject,
        appliance="`systemctl disable --now fapolicyd`, or set permissive = 1 in /etc/fapolicyd/fapolicyd.conf and "
        "`systemctl restart fapolicyd`, or trust /opt/anypoint and /var/lib/gravity in it and waive this.",
        self_managed="Add the programs of the container runtime, the kubelet and the CNI plugins to fapolicyd's trust "
        "(`fapolicyd-cli --file add DIRECTORY`, `fapolicyd-cli --update`), and waive this.",
    )
    return Finding(FAIL, expected, f"{_with_pids(found)} enforces", remedy, found)

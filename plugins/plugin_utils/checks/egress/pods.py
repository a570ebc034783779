# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""egress.pods: what the node reaches is reached from a pod on it, too."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import pod_faults
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN

EXPECTED = "pods reach the endpoints that their node reaches"
PATH = "pod"
_UNTRIED = ("untested", "error")


@check("egress.pods")
def pods(subject: Subject, evidence: Evidence) -> Finding:
    """Compare, endpoint by endpoint, and name the step at which pods fail."""
    pod, probes = part(evidence, "pods"), part(evidence, "egress")
    # Before Kubernetes runs there are no pods; where Runtime Fabric runs they are what has to work.
    lighter = "recommended" if subject.phase == "install" else ""
    if "error" in pod:
        return Finding(
            UNKNOWN,
            EXPECTED,
            f"no endpoint was probed from a pod: {pod['error']}",
            f"Run the audit again while a pod with its own network namespace runs on {subject.node}, or name a network namespace "
            "in rtf_preflight_pod_namespace.",
            pod,
            lighter,
        )
    compared = [(probe, inside) for probe in probes for inside in [_from_pod(probe)] if inside]
    reached = [(probe, inside) for probe, inside in compared if probe["verdict"] == "reachable"]
    failed = [(probe, inside) for probe, inside in reached if inside["verdict"] not in ("reachable", *_UNTRIED)]
    if failed:
        found = pod_faults.faults(pod, failed, _shut(evidence))
        return Finding(
            FAIL,
            EXPECTED,
            "; ".join(fault.what for fault in found),
            " ".join(fault.ask for fault in found),
            {"pod": pod, "faults": [fault._asdict() for fault in found]},
        )
    late = [f"{probe['host']}:{probe['port']}" for probe, inside in reached if inside["verdict"] in _UNTRIED]
    if late or not reached:
        observed = (
            f"the probes from {pod_faults.label(pod)} did not finish: {joined_first(late, ', ')}"
            if late
            else "the node itself reaches none of the endpoints, so there is nothing to compare"
        )
        again = "Run the audit again." if late else "Run the audit again when the node reaches the endpoints."
        return Finding(UNKNOWN, EXPECTED, observed, again, pod, lighter)
    address = pod["address"] or "no IPv4 address"
    dialled = f"{len(reached)} endpoint{'' if len(reached) == 1 else 's'}"
    observed = (
        f"{pod_faults.label(pod)} ({address}) reaches the {dialled} that pods connect to and the node reaches; network "
        "policies can differ from pod to pod"
    )
    return Finding(PASS, EXPECTED, observed, evidence=pod)


def _from_pod(probe: dict[str, Any]) -> dict[str, Any] | None:
    return next((other for other in probe.get("other_paths") or () if other["path"] == PATH), None)


def _shut(evidence: Evidence) -> list[str]:
    """Chains that forward nothing that no rule accepts; none where the firewall was not read."""
    firewall = (evidence.get("host") or {}).get("firewall") or {}
    return [where for where, accepts_ours in (firewall.get("forward") or {}).items() if not accepts_ours]

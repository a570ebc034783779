# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.node_count, cgroup_version, kubernetes_version, container_runtime: what a self-managed Kubernetes needs of its nodes."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

KUBELET = ("kubelet", "rke2", "k3s", "k3s-server", "k3s-agent")


@check("host.node_count")
def node_count(subject: Subject, evidence: Evidence) -> Finding:
    least, found = required(subject, "node-count")["nodes"], part(evidence, "cluster_size")
    number = found["controllers"] + found["workers"]
    expected, observed = f"{least} nodes or more", f"{number} {'node' if number == 1 else 'nodes'}"
    if number >= least:
        return Finding(PASS, expected, observed, evidence=found)
    return Finding(
        FAIL, expected, observed, f"Add nodes to the cluster and to rtf_nodes until there are {least}.", found
    )


@check("host.cgroup_version")
def cgroup_version(subject: Subject, evidence: Evidence) -> Finding:
    """Kubernetes runs with either version, as long as its hierarchy is mounted."""
    found = part(evidence, "host", "system", "cgroups")
    expected = f"cgroups of version {' or '.join(map(str, required(subject, 'cgroup-version')['versions']))}"
    if found["controllers"]:
        observed = "version 1, which the kubelet of Kubernetes 1.35 and later refuses unless failCgroupV1 is false"
        return Finding(PASS, expected, observed, evidence=found)
    if found["unified"]:
        return Finding(PASS, expected, "version 2", evidence=found)
    remedy = f"Mount the cgroup v2 hierarchy on {subject.node}, as systemd does on every current distribution."
    return Finding(FAIL, expected, "no cgroup hierarchy is mounted", remedy, found)


@check("host.kubernetes_version")
def kubernetes_version(subject: Subject, evidence: Evidence) -> Finding:
    """Compare what is installed with the vendor's list, which later releases of the agent continue."""
    versions = sorted(required(subject, "kubernetes-version")["versions"], key=_numbers)
    found = part(evidence, "host", "system", "kubernetes")
    expected = f"Kubernetes {versions[0]} to {versions[-1]}, or newer with an agent that supports it"
    if not found["version"]:
        running = running_services(evidence)
        if running:
            observed = f"{running[0]} runs, and its program is in none of the usual directories"
            remedy = f"Compare the version of {subject.node} (`kubectl get nodes`) with the vendor's list."
            return Finding(UNKNOWN, expected, observed, remedy, found)
        return Finding(SKIPPED, expected, "no kubelet, rke2 or k3s was found on this node yet", severity="info")
    observed = f"{found['program']} is of version {found['version']}"
    minor = _numbers(found["version"])[:2]
    if minor < _numbers(versions[0]):
        before = " before you install Runtime Fabric" if subject.phase == "install" else ""
        remedy = f"Upgrade Kubernetes on all nodes to {versions[0]} or newer{before}."
        return Finding(FAIL, expected, f"{observed}, which the vendor no longer supports", remedy, found)
    if minor > _numbers(versions[-1]):
        remedy = f"Check in the release notes of your version of the agent whether it supports Kubernetes {minor[0]}.{minor[1]}."
        return Finding(UNKNOWN, expected, f"{observed}; the list in use here ends with {versions[-1]}", remedy, found)
    return Finding(PASS, expected, observed, evidence=found)


def running_services(evidence: Evidence) -> list[str]:
    """Return the programs that run on the node as its kubelet, or with one inside."""
    running = _running(evidence)
    return [name for name in KUBELET if name in running]


def _running(evidence: Evidence) -> set[str]:
    return {name for process in part(evidence, "host", "system", "processes") for name in process["names"]}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


@check("host.container_runtime")
def container_runtime(subject: Subject, evidence: Evidence) -> Finding:
    programs = required(subject, "container-runtime")["programs"]
    running = _running(evidence)
    expected = f"one of {', '.join(programs)} runs"
    found = [name for name in programs if name in running]
    if found:
        return Finding(PASS, expected, f"{', '.join(found)} {'runs' if len(found) == 1 else 'run'}")
    if not running.intersection(KUBELET):
        return Finding(SKIPPED, expected, "no kubelet runs on this node yet", severity="info")
    alone = "; dockerd runs, but Kubernetes needs cri-dockerd to use it" if "dockerd" in running else ""
    return Finding(
        FAIL,
        expected,
        f"none of them runs{alone}",
        f"Start the container runtime that the kubelet of {subject.node} is configured to use (`systemctl status "
        "containerd`).",
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host.node_count, cgroup_version and container_runtime: what Kubernetes needs of the nodes of a self-managed cluster."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject, required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED

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


@check("host.container_runtime")
def container_runtime(subject: Subject, evidence: Evidence) -> Finding:
    programs = required(subject, "container-runtime")["programs"]
    running = {name for process in part(evidence, "host", "system", "processes") for name in process["names"]}
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

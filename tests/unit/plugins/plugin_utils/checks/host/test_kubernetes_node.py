# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What release 2.x requires of the nodes of a self-managed Kubernetes."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

GIB = 2**30
GROUPS = {"rtf_nodes": ["n1", "n2"], "rtf_controllers": ["n2"], "rtf_workers": ["n1"]}
KUBELET = {"pid": 8, "names": ["kubelet"]}


def judged(name, change, node="n1", ntp_servers=()):
    scope = {"release": "2.x", "control_plane": "us", "phase": "install"}
    asked = samples.subject_of(node, GROUPS, {"ansible_host": "192.168.230.11"}, scope, ntp_servers)
    evidence = samples.evidence()
    evidence["cluster_size"] = {"controllers": 1, "workers": 1}
    change(evidence)
    [result] = judge_node(checks.load(), asked, evidence, [name])
    return result


def hardware(**changes):
    return lambda evidence: evidence["host"]["system"]["hardware"].update(changes)


def system(**changes):
    return lambda evidence: evidence["host"]["system"].update(changes)


def kubernetes(version):
    return system(kubernetes={"program": version and "kubelet", "version": version})


def times(**changes):
    return lambda evidence: evidence["host"]["time"].update(changes)


def disk(gib):
    room = {"mount": "/var/lib", "total": int(gib * GIB), "free": 1}
    return lambda evidence: evidence["host"]["storage"]["room"].update({"/var/lib": room})


def unit(active):
    return {"active": active, "enabled": active}


@pytest.mark.parametrize(
    "name, change, status, severity",
    [
        ("host.architecture", hardware(machine="x86_64"), "pass", "required"),
        ("host.architecture", hardware(machine="aarch64"), "fail", "required"),
        ("host.cpu", hardware(cpus=2), "pass", "recommended"),
        ("host.cpu", hardware(cpus=1), "fail", "recommended"),
        ("host.memory", hardware(memory=15 * GIB), "pass", "recommended"),
        ("host.memory", hardware(memory=8 * GIB), "fail", "recommended"),
        ("storage.node_disk", disk(245), "pass", "recommended"),
        ("storage.node_disk", disk(100), "fail", "recommended"),
        ("host.cgroup_version", system(cgroups={"controllers": [], "unified": True}), "pass", "required"),
        ("host.cgroup_version", system(cgroups={"controllers": ["memory"], "unified": False}), "pass", "required"),
        ("host.cgroup_version", system(cgroups={"controllers": [], "unified": False}), "fail", "required"),
        (
            "host.container_runtime",
            system(processes=[KUBELET, {"pid": 9, "names": ["containerd"]}]),
            "pass",
            "required",
        ),
        ("host.container_runtime", system(processes=[KUBELET, {"pid": 9, "names": ["dockerd"]}]), "fail", "required"),
        ("host.container_runtime", system(processes=[]), "skipped", "info"),
        ("host.kubernetes_version", kubernetes("1.30.2"), "pass", "recommended"),
        ("host.kubernetes_version", kubernetes("1.26.0"), "pass", "recommended"),
        ("host.kubernetes_version", kubernetes("1.9.11"), "fail", "recommended"),
        ("host.kubernetes_version", kubernetes("1.25.16"), "fail", "recommended"),
        ("host.kubernetes_version", kubernetes("1.34.1"), "unknown", "recommended"),
        ("host.kubernetes_version", kubernetes(None), "skipped", "info"),
        ("host.kubernetes_version", system(kubernetes={"error": "no answer"}), "unknown", "recommended"),
        (
            "host.kubernetes_version",
            system(kubernetes={"program": None, "version": None}, processes=[KUBELET]),
            "unknown",
            "recommended",
        ),
    ],
)
def test_a_worker(name, change, status, severity):
    result = judged(name, change)
    assert (result["status"], result["severity"]) == (status, severity)


@pytest.mark.parametrize(
    "name, change",
    [
        ("host.architecture", hardware(machine="aarch64")),
        ("host.cpu", hardware(cpus=1)),
        ("host.memory", hardware(memory=2 * GIB)),
        ("storage.node_disk", disk(20)),
    ],
)
def test_a_controller_needs_no_room_for_applications(name, change):
    result = judged(name, change, "n2")
    assert (result["status"], result["observed"]) == ("skipped", "this release does not require it of controllers")


@pytest.mark.parametrize("workers, status", [(1, "pass"), (0, "fail")])
def test_two_nodes_are_enough(workers, status):
    def change(evidence):
        evidence["cluster_size"] = {"controllers": 1, "workers": workers}

    assert judged("host.node_count", change, "n2")["status"] == status


NO_CHRONY = {"error": "chronyc is not installed"}


@pytest.mark.parametrize(
    "service", ["systemd-timesyncd", "ntp", "ntpd", "ntpsec", "openntpd", "phc2sys@eth0", "ntpd-rs", "timemaster"]
)
@pytest.mark.parametrize("synchronised, status", [(True, "pass"), (False, "fail"), (None, "unknown")])
def test_any_service_may_keep_the_clock(service, synchronised, status):
    units = {"chrony.service": unit(False), f"{service}.service": unit(True)}
    result = judged("time.synchronised", times(units=units, chrony=NO_CHRONY, synchronised=synchronised))
    assert (result["status"], result["severity"]) == (status, "required")
    assert service in result["observed"] and "chrony" not in result["remedy"]
    sources = judged("time.sources_reach", times(units=units, chrony=NO_CHRONY, synchronised=synchronised))
    assert (sources["status"], sources["severity"]) == ("skipped", "info")


@pytest.mark.parametrize(
    "units, synchronised, status, remedy",
    [
        ({"chrony.service": unit(False)}, False, "fail", "Start one on n1: `systemctl enable --now chrony.service`."),
        ({"chronyd.service": unit(False)}, None, "fail", "`systemctl enable --now chronyd.service`"),
        (
            {"systemd-timesyncd.service": unit(False)},
            True,
            "unknown",
            "If nothing else keeps the clock, run `systemctl",
        ),
        ({}, False, "fail", "Install a time service on n1, or run the role"),
        ({}, True, "unknown", "If nothing else keeps the clock, install a time service on n1"),
    ],
)
def test_a_node_without_a_time_service_is_named_as_one(units, synchronised, status, remedy):
    silent = {"error": "chronyc -n -c tracking: exit code 1: 506 Cannot talk to daemon"}
    found = times(units=units, chrony=silent, synchronised=synchronised)
    result = judged("time.service_active", found)
    assert (result["status"], result["severity"]) == (status, "required")
    assert "no known time service runs" in result["observed"] and remedy in result["remedy"]
    for name in ("time.synchronised", "time.sources_reach", "time.requested_servers"):
        result = judged(name, found, ntp_servers=[samples.NTP])
        assert result["status"] == (status if name == "time.synchronised" else "unknown")
        assert result["observed"] == "no known time service runs"
        assert result["remedy"].startswith("Fix time.service_active first")


def test_a_time_service_that_runs_is_named():
    units = {"chrony.service": unit(False), "systemd-timesyncd.service": unit(True)}
    assert judged("time.service_active", times(units=units))["observed"] == "systemd-timesyncd runs"


def test_chrony_is_read_where_it_runs():
    units = {"chrony.service": unit(True), "systemd-timesyncd.service": unit(True)}
    result = judged("time.synchronised", times(units=units, synchronised=False))
    assert result["status"] == "pass" and "follows" in result["observed"]


def test_clocks_that_no_chrony_keeps_are_compared_by_packets():
    units = {"systemd-timesyncd.service": unit(True)}

    def change(evidence):
        times(units=units, chrony=NO_CHRONY, synchronised=True)(evidence)
        evidence["clock_offsets"] = {"peers": [], "missing": {"n2": NO_CHRONY["error"]}}

    result = judged("time.between_nodes", change)
    assert result["status"] == "unknown"
    assert "set rtf_cluster_profile" in result["remedy"] and "time.synchronised" not in result["remedy"]

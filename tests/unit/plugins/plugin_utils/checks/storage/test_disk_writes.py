# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks that are fast enough, slow, or not measured: which it is, and how much it weighs."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CHECKS = checks.load()
BOTH = ["storage.write_speed", "storage.etcd_latency"]
PLATFORM, ETCD = "/var/lib/gravity", "/var/lib/gravity/planet/etcd"


def judge(node="n1", disk=ETCD, small=None, **changes):
    """{check: result} after changes to what was measured of a disk, and to its small writes."""
    evidence = samples.evidence(node)
    for entry in evidence["disk_writes"]:
        if entry["path"] == disk:
            entry.update(changes)
            entry["small_writes"] = entry["small_writes"] and {**entry["small_writes"], **(small or {})}
    return of(evidence, node)


def of(evidence, node="n1"):
    return {result["id"]: result for result in judge_node(CHECKS, samples.subject(node), evidence, BOTH)}


def test_fast_disks():
    found = judge()
    assert [found[check]["status"] for check in BOTH] == ["pass", "pass"]
    assert found[BOTH[0]]["expected"] == (
        "at least 10 MB/s in /var/lib/gravity and 12 MB/s in /var/lib/gravity/planet/etcd; "
        "the vendor's page requires 4 MB/s of docker's disk"
    )
    assert "200 MB/s in /var/lib/gravity (xfs at /var/lib/gravity)" in found[BOTH[0]]["observed"]
    assert found[BOTH[1]]["observed"].startswith(
        "p50 1.2, p99 4.7, max 9.3 ms, 690 per second in /var/lib/gravity/planet/etcd"
    )


def test_workers_have_no_disk_of_etcd():
    found = judge("n2")
    assert set(found) == {"storage.write_speed"} and found["storage.write_speed"]["status"] == "pass"
    assert "etcd" not in found["storage.write_speed"]["expected"]


@pytest.mark.parametrize(
    "disk, speed, status",
    [
        (PLATFORM, 10, "pass"),
        (PLATFORM, 9.99, "fail"),
        (ETCD, 12, "pass"),
        (ETCD, 11.9, "fail"),
    ],
)
def test_each_disk_has_its_own_speed(disk, speed, status):
    result = judge(disk=disk, megabytes_per_second=speed)["storage.write_speed"]
    assert (result["status"], result["severity"]) == (status, "recommended")
    assert (f"faster disk at {disk}," in result["remedy"]) is (status == "fail")


@pytest.mark.parametrize(
    "small, status, severity",
    [
        ({"p99_ms": 50.0, "per_second": 50.0}, "pass", "required"),
        ({"p99_ms": 50.1}, "fail", "recommended"),
        ({"per_second": 49.9}, "fail", "recommended"),
        ({"p99_ms": 150.0, "per_second": 10.0}, "fail", "recommended"),
        ({"p99_ms": 150.1}, "fail", "required"),
        ({"per_second": 9.9}, "fail", "required"),
    ],
)
def test_a_slow_disk_of_etcd_warns_and_a_hopeless_one_fails(small, status, severity):
    result = judge(small=small)["storage.etcd_latency"]
    assert (result["status"], result["severity"]) == (status, severity)


def test_a_disk_that_only_stands_in_decides_nothing_and_is_named():
    result = judge(small={"p99_ms": 400.0}, directory="/var/lib", mount="/")["storage.etcd_latency"]
    assert (result["status"], result["severity"]) == ("fail", "recommended")
    assert "in /var/lib (xfs at /, because /var/lib/gravity/planet/etcd does not exist yet)" in result["observed"]
    assert result["remedy"].startswith("This measured the disk of /.")


@pytest.mark.parametrize(
    "verdict, remedy",
    [
        ("no_space", "Free space (`du -xsh /data`"),
        ("read_only", "See `dmesg -T` for disk errors first"),
        ("denied", "Allow Ansible to become root on n1"),
        ("remote", "Put /var/lib/gravity/planet/etcd on a disk of n1"),
        (
            "failed",
            "Run the audit again; if the result is the same, try `dd if=/dev/zero of=/var/lib/gravity/planet/etcd/trial",
        ),
    ],
)
def test_what_could_not_be_written_is_unknown(verdict, remedy):
    found = judge(verdict=verdict, detail="because", mount="/data", megabytes_per_second=None, small_writes=None)
    for check in BOTH:
        assert (found[check]["status"], found[check]["severity"]) == ("unknown", "recommended")
        assert found[check]["observed"] == f"{verdict}: because"
        assert found[check]["remedy"].startswith(remedy)


def test_a_slow_disk_is_told_also_where_another_was_not_measured():
    evidence = samples.evidence()
    evidence["disk_writes"][0].update(verdict="failed", detail="because", megabytes_per_second=None, small_writes=None)
    evidence["disk_writes"][1]["megabytes_per_second"] = 1.0
    assert of(evidence)["storage.write_speed"]["status"] == "fail"


def test_nothing_is_measured_unasked_and_holds_up_nothing():
    for result in of({**samples.evidence(), "disk_writes": {"skipped": True}}).values():
        assert (result["status"], result["severity"]) == ("skipped", "info")
        assert result["observed"] == "rtf_preflight_disk_writes is not set"
        assert result["remedy"].startswith("Set rtf_preflight_disk_writes to true")


@pytest.mark.parametrize("measured", [{"error": "lost"}, []])
def test_lost_evidence_is_unknown(measured):
    found = of({**samples.evidence(), "disk_writes": measured})
    assert [found[check]["status"] for check in BOTH] == ["unknown", "unknown"]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories that the platform cannot write to or run programs from, as sites have them."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

OPT, GRAVITY, ETCD = "/opt/anypoint/runtimefabric", "/var/lib/gravity", "/var/lib/gravity/planet/etcd"


def judged(path, check="storage.writable", subject=None, **changes):
    """The result of a check after changes to what was found of a directory."""
    evidence = samples.evidence()
    evidence["host"]["storage"]["room"][path].update(changes)
    [result] = judge_node(checks.load(), subject or samples.subject(), evidence, [check])
    return result


@pytest.mark.parametrize("path", ["/etc", "/var/lib", GRAVITY, ETCD])
@pytest.mark.parametrize(
    "changes, observed, remedy",
    [
        ({"free": 0}, "0.0 GiB free on ", "du -xsh "),
        # ext4 after an error: errors=remount-ro.
        ({"options": ["errors=remount-ro", "ro"]}, "is mounted read-only", "dmesg"),
        # Space is left, inodes are not: https://github.com/kubernetes/kubernetes/issues/21546
        # https://github.com/kubernetes/kubernetes/issues/105440
        ({"files_free": 0}, "0 inodes left on ", "du -x --inodes"),
        ({"writable": False}, "root cannot write there", "lsattr"),
        # https://github.com/rancher/rancher/issues/4073
        (
            {"obstacle": "/var/lib: dangling link to /mnt/data"},
            "cannot be created (/var/lib: dangling link to /mnt/data)",
            "Make /var/lib a directory",
        ),
        (
            {"obstacle": "/var/lib: not a directory"},
            "cannot be created (/var/lib: not a directory)",
            "or a link to one",
        ),
    ],
)
def test_a_directory_that_cannot_be_written_to_fails(path, changes, observed, remedy):
    result = judged(path, **changes)
    assert result["status"] == "fail"
    assert observed in result["observed"] and path in result["observed"] and remedy in result["remedy"]


@pytest.mark.parametrize(
    "changes, status",
    [
        ({"files_free": 9999}, "fail"),
        ({"files_free": 10000}, "pass"),
        ({"free": 2**30 - 1}, "fail"),
        ({"free": 2**30}, "pass"),
    ],
)
def test_the_catalogue_says_how_much_must_be_left(changes, status):
    result = judged("/var/lib", **changes)
    assert result["status"] == status
    assert result["expected"].endswith(", with 1 GiB and 10000 inodes free")


@pytest.mark.parametrize(
    "path, changes, status",
    [
        # Containers and programs of the platform run from its disk: https://github.com/k3s-io/k3s/issues/7503
        # https://github.com/kubevirt/kubevirt/issues/8639
        (GRAVITY, {}, "fail"),
        # The installer mounts a disk of its own where there is nothing yet.
        (GRAVITY, {"mode": None, "mount": "/var"}, "pass"),
        (OPT, {}, "fail"),
        (OPT, {"mode": None, "mount": "/opt"}, "fail"),
        ("/var/lib", {}, "pass"),
        ("/var/log", {}, "pass"),
    ],
)
def test_programs_run_from_some_of_them(path, changes, status):
    result = judged(path, options=["noexec", "rw"], **changes)
    assert result["status"] == status
    assert ("is mounted noexec, and programs run from there" in result["observed"]) is (status == "fail")


def test_a_running_cluster_of_another_kind_runs_containers_from_var_lib():
    """https://github.com/longhorn/longhorn-manager/pull/2893"""
    subject = samples.subject(line="self_managed")
    assert judged("/var/lib", subject=subject, options=["noexec", "rw"])["status"] == "fail"


def test_gravity_cannot_install_itself_where_usr_is_read_only():
    """https://github.com/gravitational/gravity/issues/745"""
    evidence = samples.evidence()
    usr = {"path": "/usr", "root": "/", "device": "8:3", "type": "xfs", "source": "/dev/sda3", "options": ["ro"]}
    evidence["host"]["storage"]["mounts"].append(usr)
    [result] = judge_node(checks.load(), samples.subject(), evidence, ["storage.writable"])
    assert (result["status"], result["observed"]) == ("fail", "/usr/bin: /usr is mounted read-only")
    [result] = judge_node(checks.load(), samples.subject(line="self_managed"), evidence, ["storage.writable"])
    assert result["status"] == "pass"


def test_a_link_in_the_place_of_fstab_is_named():
    evidence = samples.evidence()
    evidence["host"]["storage"].update(fstab=[], fstab_link="/etc/fstab: dangling link to /srv/fstab")
    [result] = judge_node(checks.load(), samples.subject(), evidence, ["storage.fstab_lines"])
    assert (result["status"], result["observed"]) == ("pass", "none; /etc/fstab: dangling link to /srv/fstab")
    [result] = judge_node(checks.load(), samples.subject(phase="operate"), evidence, ["storage.mounts"])
    assert "/etc/fstab does not mount /var/lib/gravity (/etc/fstab: dangling link to /srv/fstab)" in result["observed"]

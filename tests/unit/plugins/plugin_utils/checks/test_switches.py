# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Swap, SELinux, nm-cloud-setup and tunnel offloads: recorded evidence, good and bad."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import os_release
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import judge_node
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.tests.unit.platforms import recorded
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples


def judged(check, section, changes, release="1.4", **fields):
    """The result of a check on a node in order, but for changes of one section of the evidence."""
    evidence = samples.evidence()
    evidence["host"][section].update(changes)
    subject = samples.subject_of("n1", samples.GROUPS, {}, {"release": release})._replace(**fields)
    [result] = judge_node(checks.load(), subject, evidence, [check])
    return result


DEVICE = {"active": [{"name": "/dev/dm-1", "kilobytes": 2097148}]}
LINE = {"fstab": [{"line": 3, "device": "/dev/mapper/rhel-swap"}]}
OF_FSTAB = {"unit": "dev-dm.swap", "active": True, "state": "generated", "source": "/etc/fstab"}
ZRAM = {
    "unit": "dev-zram0.swap",
    "active": True,
    "state": "generated",
    "source": "/usr/lib/systemd/zram-generator.conf",
}


@pytest.mark.parametrize(
    "changes, observed, remedy",
    [
        (DEVICE, "/dev/dm-1 (2047 MiB) in use", "`swapoff /dev/dm-1`"),
        (LINE, "/etc/fstab:3 (/dev/mapper/rhel-swap) at boot", "Comment out /etc/fstab:3"),
        ({"units": [ZRAM]}, "dev-zram0.swap at boot", "`systemctl mask --now dev-zram0.swap`"),
        ({**DEVICE, **LINE, "units": [OF_FSTAB]}, "in use; /etc/fstab:3", "rtf_kernel_swap_off"),
    ],
)
def test_swap_is_named_by_where_it_comes_from(changes, observed, remedy):
    result = judged("host.swap", "swap", changes)
    assert result["status"] == "fail"
    assert observed in result["observed"] and remedy in result["remedy"]


def test_swap_that_goes_with_its_line_of_fstab_is_nothing_to_mask():
    assert judged("host.swap", "swap", {"units": [OF_FSTAB]})["status"] == "pass"


def test_swap_is_unknown_where_systemd_does_not_answer():
    assert judged("host.swap", "swap", {"units": {"error": "systemctl: no answer"}})["status"] == "unknown"


@pytest.mark.parametrize("check", ["host.swap", "host.selinux"])
@pytest.mark.parametrize("release, severity", [("1.4", "recommended"), ("1.13", "required")])
def test_severity_is_that_of_the_release(check, release, severity):
    assert judged(check, check.split(".")[1], {}, release)["severity"] == severity


EL8_ON = {"rhel-8", "rhel-9", "rocky-8", "rocky-9", "almalinux-8", "almalinux-9"}


@pytest.mark.parametrize("name", recorded.names())
def test_selinux_may_enforce_but_on_enterprise_linux_from_8_on(name):
    platform = os_release.platform_of(os_release.parse_os_release(recorded.load(name)["files"]["/etc/os-release"]))
    result = judged("host.selinux", "selinux", {"mode": "enforcing", "configured": "enforcing", "platform": platform})
    assert result["status"] == ("fail" if name in EL8_ON else "pass")


@pytest.mark.parametrize(
    "mode, configured, status, remedy",
    [
        ("permissive", "permissive", "pass", ""),
        ("disabled", None, "pass", ""),
        ("permissive", "enforcing", "fail", "SELINUX=permissive"),
        ("enforcing", "permissive", "fail", "setenforce 0"),
    ],
)
def test_selinux_counts_now_and_at_boot(mode, configured, status, remedy):
    rocky = {"id": "rocky", "version": "8.10", "like": []}
    result = judged("host.selinux", "selinux", {"mode": mode, "configured": configured, "platform": rocky})
    assert result["status"] == status and remedy in result["remedy"]


OFF, TIMER = {"active": False, "enabled": False}, {"active": True, "enabled": True}


@pytest.mark.parametrize(
    "changes, status, said",
    [
        ({}, "pass", "not installed"),
        ({"units": {"nm-cloud-setup.timer": OFF}}, "pass", "off"),
        ({"units": {"nm-cloud-setup.timer": TIMER}}, "fail", "nm-cloud-setup.timer runs or starts at boot"),
        ({"units": {"nm-cloud-setup.timer": OFF}, "rules": [30200, 30400]}, "fail", "rules with priority 30200, 30400"),
    ],
)
def test_cloud_setup_is_off_when_its_rules_are_gone_too(changes, status, said):
    result = judged("net.nm_cloud_setup", "cloud_setup", changes)
    assert (result["status"], result["observed"]) == (status, said)
    assert ("rtf_kernel_nm_cloud_setup_off" in result["remedy"]) == (status == "fail")


def interface(driver, *values):
    return {
        "interfaces": [
            {
                "name": "ens192",
                "driver": driver,
                "features": dict(zip(("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation"), values)),
            }
        ]
    }


@pytest.mark.parametrize(
    "changes, drivers, status, said",
    [
        (interface("virtio_net", True, True), ["vmxnet3"], "pass", "no interface has the driver vmxnet3"),
        (interface("vmxnet3", False, False), ["vmxnet3"], "pass", "off on ens192"),
        (interface("vmxnet3"), ["vmxnet3"], "pass", "off on ens192"),
        (interface("vmxnet3", False, True), ["vmxnet3"], "fail", "ens192: tx-udp_tnl-csum-segmentation on"),
        (
            interface("ixgbe", True, True),
            ["vmxnet3", "ixgbe"],
            "fail",
            "ens192: tx-udp_tnl-csum-segmentation, tx-udp_tnl-segmentation on",
        ),
    ],
)
def test_tunnel_offloads_count_on_interfaces_of_such_drivers(changes, drivers, status, said):
    result = judged("net.vmxnet3_offload", "tunnel_offload", changes, inputs={"tunnel_offload_drivers": drivers})
    assert (result["status"], result["observed"]) == (status, said)
    assert ("ethtool -K ens192" in result["remedy"]) == (status == "fail")

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kernel the next boot will most likely start: names as the distributions give them."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import installed_kernels

RHEL7 = [
    "vmlinuz-3.10.0-1127.el7.x86_64",
    "vmlinuz-3.10.0-1160.119.1.el7.x86_64",
    "config-3.10.0-1127.el7.x86_64",
    "vmlinuz-0-rescue-8a3b6f0d2c4e4a0f9d1b7c5e6f708192",
    "initramfs-3.10.0-1160.119.1.el7.x86_64.img",
]
RHEL8 = [
    "vmlinuz-4.18.0-553.el8_10.x86_64",
    "vmlinuz-4.18.0-553.16.1.el8_10.x86_64",
    "vmlinuz-4.18.0-553.50.1.el8_10.x86_64+debug",
]
UBUNTU = [
    "vmlinuz-5.15.0-91-generic",
    "vmlinuz-5.15.0-101-generic",
    "vmlinuz-5.15.0-1052-aws",
    "vmlinuz",
    "vmlinuz.old",
]
DEBIAN = [
    "vmlinuz-6.1.0-9-amd64",
    "vmlinuz-6.1.0-40-amd64",
    "vmlinuz-6.1.0-41-cloud-amd64",
    "vmlinuz-6.1.0-42-amd64.dpkg-tmp",
]
AMAZON = ["vmlinuz-4.14.355-275.570.amzn2.x86_64", "vmlinuz-4.14.355-276.618.amzn2.x86_64"]


@pytest.mark.parametrize(
    "names, running, newest",
    [
        (RHEL7, "3.10.0-1127.el7.x86_64", "3.10.0-1160.119.1.el7.x86_64"),
        (RHEL8, "4.18.0-553.el8_10.x86_64", "4.18.0-553.16.1.el8_10.x86_64"),
        (UBUNTU, "5.15.0-91-generic", "5.15.0-101-generic"),
        (UBUNTU, "5.15.0-1052-aws", "5.15.0-1052-aws"),
        (DEBIAN, "6.1.0-9-amd64", "6.1.0-40-amd64"),
        (AMAZON, "4.14.355-275.570.amzn2.x86_64", "4.14.355-276.618.amzn2.x86_64"),
        (DEBIAN, "6.18.44-fc-v595", None),
        ([], "6.1.0-9-amd64", None),
    ],
)
def test_the_newest_kernel_of_the_running_flavour_counts(names, running, newest):
    assert installed_kernels.newest(installed_kernels.releases_in_boot(names), running) == newest


@pytest.mark.parametrize("trees, present", [([], True), (["6.1.0-40-amd64"], True), (["6.1.0-41-amd64"], False)])
def test_modules_of_the_running_kernel_are_there_or_gone(tmp_path, trees, present):
    for tree in trees:
        (tmp_path / "modules" / tree).mkdir(parents=True)
    found = installed_kernels.installed_kernels("6.1.0-40-amd64", str(tmp_path / "boot"), str(tmp_path / "modules"))
    assert found == {"newest": None, "modules_present": present}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel modules and sysctls, read from text and from the kernel that runs the tests."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import kernel_evidence


def test_names_are_read_from_each_file_of_the_kernel():
    assert kernel_evidence.names_in_proc_modules("br_netfilter 32768 0 - Live 0x0\nbridge 1 1 x, Live 0\n") == {
        "br_netfilter",
        "bridge",
    }
    built_in = "kernel/fs/overlayfs/overlay.ko\nkernel/net/bridge/br-netfilter.ko.xz\n"
    assert kernel_evidence.names_in_modules_builtin(built_in) == {"overlay", "br_netfilter"}
    assert kernel_evidence.names_in_filesystems("nodev\toverlay\n\text4\n") == {"overlay", "ext4"}
    assert kernel_evidence.names_in_modules_load("# x\n; y\n\nbr-netfilter\n overlay \n") == {"br_netfilter", "overlay"}


def test_a_module_that_no_kernel_has_is_absent_now_and_after_a_boot():
    found = kernel_evidence.module_evidence(["no_such_module"], os.uname().release)
    assert found == {"no_such_module": {"available": False, "how": "absent", "at_boot": False, "at_boot_source": None}}


def test_live_values_are_those_of_the_running_kernel():
    found, _problems = kernel_evidence.sysctl_evidence(["kernel.ostype", "kernel.no_such_key"])
    assert found["kernel.ostype"]["live"] == "Linux"
    assert found["kernel.no_such_key"] == {"live": None, "at_boot": None, "at_boot_source": None}

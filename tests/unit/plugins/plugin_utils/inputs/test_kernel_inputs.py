# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of rtf_kernel, which root replaces and removes, are where only root writes."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.kernel_inputs import CHECKS


@pytest.mark.parametrize(
    "name, value",
    [
        ("rtf_kernel_sysctl_file", "/etc/sysctl.d/zz-runtime-fabric.conf"),
        ("rtf_kernel_sysctl_file", "/etc/sysctl.d/99-site.conf"),
        ("rtf_kernel_modules_file", "/etc/modules-load.d/runtime-fabric.conf"),
    ],
)
def test_a_file_of_its_own_is_taken(name, value):
    CHECKS[name](value)


@pytest.mark.parametrize(
    "value",
    [
        "/",
        "",
        None,
        ["/etc/sysctl.d/x.conf"],
        "/etc/sysctl.d",
        "/etc/sysctl.d/",
        "/etc/sysctl.d/../passwd",
        "/etc/sysctl.conf",
        "/etc/sysctl.d/x/y.conf",
        "/etc/sysctl.d/..conf",
        "/home/ops/x.conf",
        "/etc/sysctl.d/x",
        "/etc/sysctl.d/x.conf\n",
    ],
)
def test_any_other_path_is_refused(value):
    with pytest.raises(ValueError, match="a file of its own in /etc/sysctl.d, such as"):
        CHECKS["rtf_kernel_sysctl_file"](value)

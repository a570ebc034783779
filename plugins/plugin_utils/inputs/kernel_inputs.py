# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the inputs of rtf_kernel: each takes a value and raises ValueError with what is wrong and what is valid."""

from __future__ import annotations

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.quoting import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import value_types


def file_in(directory):
    """A check for the path of a file of ours: root replaces it, and removes it on revert, so it lies in one directory."""

    def check(value):
        if not isinstance(value, str) or not re.fullmatch(
            re.escape(directory) + r"/[A-Za-z0-9][A-Za-z0-9._@-]*\.conf", value
        ):
            raise ValueError(
                f"must be the path of a file of its own in {directory}, such as {directory}/x.conf, not {quoted(value)}"
            )

    return check


CHECKS = {
    "rtf_kernel_sysctl_file": file_in("/etc/sysctl.d"),
    "rtf_kernel_modules_file": file_in("/etc/modules-load.d"),
    "rtf_kernel_extra_sysctls": value_types.dictionary,
    "rtf_kernel_extra_modules": value_types.list_of,
    "rtf_kernel_reserve_ports": value_types.boolean,
}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections of evidence that the module host_info collects."""

SECTIONS = [
    "kernel",
    "time",
    "network",
    "proxy",
    "packages",
    "system",
    "storage",
    "firewall",
    "swap",
    "selinux",
    "cloud_setup",
    "tunnel_offload",
]

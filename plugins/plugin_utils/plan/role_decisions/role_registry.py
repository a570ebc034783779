# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles that change a host, by name, each with the functions that plan its changes."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import (
    rtf_firewall,
    rtf_kernel,
    rtf_proxy,
    rtf_time_sync,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import Role

ROLES: dict[str, Role] = {
    "rtf_firewall": rtf_firewall.ROLE,
    "rtf_kernel": rtf_kernel.ROLE,
    "rtf_proxy": rtf_proxy.ROLE,
    "rtf_time_sync": rtf_time_sync.ROLE,
}

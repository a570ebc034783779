# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that hold ports of a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener_commands
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import programs
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.node_port_range import NODE_PORTS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix as planning

OTHER_AUDIT = "the listener of another audit"
WAIT_FOR_THE_OTHER_AUDIT = (
    "Wait a few minutes until the other audit is finished or its listener has stopped, then run the audit again."
)


def holders_on_loopback(plan: planning.Plan, held: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """Return `{port: holder}` of the ports that a program other than the platform's holds on loopback alone, while it runs.

    The platform cannot bind such a port, whatever the listener of this run proves, which binds one address. Ports of
    services come and go, and the platform's own programs also listen on loopback. Which programs a site's own Kubernetes
    consists of is not known.
    """
    if plan.own_cluster or not plan.operating:
        return {}
    own = set(programs.load()["own_programs"])
    return {
        port: holder
        for holder in held["beside"]
        for port in port_ranges.numbers(holder["ports"])
        if holder["process"] and holder["process"] not in own and port not in NODE_PORTS
    }


def is_of_another_audit(holder: Mapping[str, Any]) -> bool:
    """Whether a port is held by a listener such as ours, of another audit or of an interrupted one."""
    return holder["process"] == listener_commands.PROCESS_NAME.decode()


def holder_text(holder: Mapping[str, Any]) -> str:
    """Return the holder of a port as a text."""
    if holder["process"] is None:
        return "a process that is not visible, or the kernel"
    who = f"(pid {holder['pid']}, user {holder['user']})"
    if is_of_another_audit(holder):
        return f"{OTHER_AUDIT} {who}, which stops by itself within minutes"
    return f"{holder['process']} {who}"

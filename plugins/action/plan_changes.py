# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plan_changes: which changes a role makes on a node, from its inputs and the evidence of the node."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.door import Door, display
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_plan import (
    ANNOUNCEMENT,
    Cluster,
    for_check_mode,
    header_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.roles import ROLES

MANAGED = "Ansible managed"  # unless the variable ansible_managed says something else


class ActionModule(Door):
    """Fails where the node must not be changed."""

    ARGUMENTS = {
        "role": {"type": "str", "required": True, "choices": sorted(ROLES)},
        "inputs": {"type": "dict", "required": True},
        "host": {"type": "dict", "required": True},
        "remembered": {"type": "dict"},
    }

    def answer(self, arguments):
        """Return the plan."""
        role, inputs, host = ROLES[arguments["role"]], arguments["inputs"], arguments["host"]
        if arguments["remembered"] is None:
            plan = role.plan(inputs, host, self._cluster(role))
        else:
            plan = role.revert(inputs, host, arguments["remembered"])
        for warning in plan.warnings:
            display.warning(warning)
        changes = for_check_mode(plan.changes) if self.check_mode else plan.changes
        announcements = [change["announcement"] for change in changes if change["kind"] == ANNOUNCEMENT]
        found = {**plan._asdict(), "changes": changes, "announcements": announcements}
        del found["warnings"]  # Ansible would show them once more
        return found

    def _cluster(self, role):
        groups = self.groups()
        variables = self.variables(groups.get("rtf_nodes", []), role.node_variables)
        managed = plain(self._templar.template(self.task_vars.get("ansible_managed", MANAGED)))
        return Cluster(self.node, groups, variables, header_of(managed))

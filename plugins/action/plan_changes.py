# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plan_changes: which changes a role makes on a node, from its inputs and the evidence of the node."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_plan import (
    ANNOUNCEMENT,
    Cluster,
    Refusal,
    for_check_mode,
    header_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.roles import ROLES

display = Display()

ARGUMENTS = {
    "role": {"type": "str", "required": True, "choices": sorted(ROLES)},
    "inputs": {"type": "dict", "required": True},
    "host": {"type": "dict", "required": True},
    "remembered": {"type": "dict"},
}
MANAGED = "Ansible managed"  # unless the variable ansible_managed says something else


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return the plan; fail where the node must not be changed."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        role, inputs, host = ROLES[arguments["role"]], plain(arguments["inputs"]), plain(arguments["host"])
        try:
            if arguments["remembered"] is None:
                plan = role.plan(inputs, host, self._cluster(role, task_vars))
            else:
                plan = role.revert(inputs, host, plain(arguments["remembered"]))
        except Refusal as problem:
            raise AnsibleActionFail(str(problem)) from problem
        for warning in plan.warnings:
            display.warning(warning)
        changes = for_check_mode(plan.changes) if self._task.check_mode else plan.changes
        announcements = [change["announcement"] for change in changes if change["kind"] == ANNOUNCEMENT]
        result.update({**plan._asdict(), "changed": False, "changes": changes, "announcements": announcements})
        del result["warnings"]
        return result

    def _cluster(self, role, task_vars):
        groups, hostvars = plain(task_vars["groups"]), task_vars["hostvars"]
        variables = {
            node: {name: plain(hostvars[node][name]) for name in role.node_variables if name in hostvars[node]}
            for node in groups.get("rtf_nodes", [])
        }
        managed = plain(self._templar.template(task_vars.get("ansible_managed", MANAGED)))
        return Cluster(task_vars["inventory_hostname"], groups, variables, header_of(managed))

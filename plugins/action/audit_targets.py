# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action audit_targets: what the nodes do next in an audit, by its plan and by what earlier steps found."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_targets

COLLECT, PROBE, MEASURE = "collect", "probe", "measure"
ARGUMENTS = {
    "step": {"type": "str", "choices": [COLLECT, PROBE, MEASURE], "required": True},
    "plan": {"type": "dict", "required": True},
    "hosts": {"type": "dict", "required": True},
    "proxies": {"type": "dict", "default": {}},
    "listeners": {"type": "dict", "default": {}},
    "probed": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """Runs once, on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return the targets of a step, by node."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        result["changed"] = False
        try:
            result.update(_targets(**plain(arguments)))
        except ValueError as problem:
            raise AnsibleActionFail(str(problem)) from problem
        return result


def _targets(step, plan, hosts, proxies, listeners, probed):
    if step == COLLECT:
        return {"nodes": audit_targets.to_collect(plan, hosts, proxies)}
    if step == PROBE:
        return audit_targets.to_probe(plan["ports"], hosts, listeners)
    return audit_targets.to_measure(plan["ports"], hosts, listeners, probed)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action port_listener: run the module, and let it end the listeners of runs of this controller that are over."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import concurrent_audits


class ActionModule(ActionBase):
    """Only the controller can tell whether a process of its own still runs."""

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Run the module once, or a second time where runs that are over are in the way."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        found = self._execute_module(module_args=arguments, task_vars=task_vars)
        over = _runs_that_are_over(found, plain(arguments.get("run") or {}))
        if over:
            found = self._execute_module(module_args={**arguments, "over": over}, task_vars=task_vars)
        result.update(found)
        return result


def _runs_that_are_over(found, run):
    holders = (found.get("listening") or {}).get("held_by") or []
    return [holder["run"]["id"] for holder in holders if concurrent_audits.is_over(holder.get("run"), run)]

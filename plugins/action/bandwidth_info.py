# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action bandwidth_info: run the module, and keep what it measured in earlier rounds."""

from __future__ import annotations

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain


class ActionModule(ActionBase):
    """A result that a task registers takes the place of that of the round before."""

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the measurements of earlier rounds and of this one; without peers the host is not connected to."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        earlier = plain(arguments.pop("earlier", None) or [])
        if not plain(arguments.get("peers") or []):
            return {**result, "changed": False, "peers": earlier}
        try:
            result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        except AnsibleConnectionFailure as problem:
            result.update(unreachable=True, msg=str(problem))
        result["peers"] = [*earlier, *result.get("peers", [])]
        return result

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action host_info: run the module, unless earlier evidence has all that is asked for."""

from __future__ import annotations

import time

from ansible.plugins.action import ActionBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import known_host
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain


class ActionModule(ActionBase):
    """The module knows nothing of earlier evidence."""

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the evidence."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        known = plain(arguments.pop("known", None) or {})
        wanted = plain(arguments)
        if known_host.covers(known, wanted) and known_host.is_recent(known, time.monotonic_ns()):
            return {**result, "changed": False, "host": known_host.evidence_for(wanted, known["host"])}
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result

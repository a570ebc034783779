# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action host_info: run the module, unless earlier evidence has all that is asked for."""

from __future__ import annotations

import time

from ansible.plugins.action import ActionBase

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import earlier_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain_data import plain


class ActionModule(ActionBase):
    """The module knows nothing of earlier evidence."""

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the evidence."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        known = plain(arguments.pop("known", None) or {})
        wanted = plain(arguments)
        if earlier_evidence.covers(known, wanted) and earlier_evidence.is_recent(known, time.monotonic_ns()):
            return {**result, "changed": False, "host": earlier_evidence.evidence_for(wanted, known["host"])}
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result

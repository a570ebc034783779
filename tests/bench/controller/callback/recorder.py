# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Callback that records what the modules of an audit returned, for the connection plugin `recorded` to answer with.

The file that RECORDING names holds `{host: {"address", "answers": {module: result}}}`; of several calls the first counts.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

OURS = "hostprep.runtime_fabric."


class CallbackModule(CallbackBase):
    """Keeps the results of this collection's tasks."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recorder"

    def __init__(self):
        super().__init__()
        self.found = {}

    def v2_runner_on_ok(self, result):
        """Keep the result of a module."""
        action = result._task.action
        if action.startswith(OURS) and "ansible_host" in result._host.vars:
            kept = {key: value for key, value in result._result.items() if key not in ("invocation", "changed")}
            host = result._host
            found = self.found.setdefault(host.get_name(), {"address": host.vars["ansible_host"], "answers": {}})
            found["answers"].setdefault(action[len(OURS) :], kept)

    def v2_playbook_on_stats(self, _stats):
        """Write the file."""
        Path(os.environ["RECORDING"]).write_text(json.dumps(self.found, default=str), encoding="utf-8")

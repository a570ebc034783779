# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts the tasks that a run shows on screen. RTF_COUNTS names the file for the number."""

from __future__ import annotations

import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: count_tasks
type: aggregate
short_description: Count the tasks on screen
description:
  - Used by the benchmarks alone.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "count_tasks"

    def __init__(self):
        super().__init__()
        self.shown = 0

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.shown += 1

    def v2_playbook_on_handler_task_start(self, task):
        self.shown += 1

    def v2_playbook_on_stats(self, stats):
        with open(os.environ["RTF_COUNTS"], "w", encoding="utf-8") as file:
            file.write(str(self.shown))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts the tasks of a run: those on screen, and for each host the modules that ran on it.

RTF_COUNTS names the file for the result, a JSON object `{"shown": number, "remote": {host: number}}`. Every module that a
host was sent counts, each item of a loop besides.
"""

from __future__ import annotations

import collections
import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: count_tasks
type: aggregate
short_description: Count the tasks on screen and the modules sent to each host
description:
  - Used by the benchmarks alone.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

# What works on the controller alone.
LOCAL = {
    "add_host",
    "assert",
    "audit_plan",
    "audit_targets",
    "check_inputs",
    "debug",
    "fail",
    "group_by",
    "include_role",
    "include_tasks",
    "judge",
    "meta",
    "plan_changes",
    "preflight_report",
    "set_fact",
    "validate_argument_spec",
}


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "count_tasks"

    def __init__(self):
        super().__init__()
        self.shown = 0
        self.remote = collections.Counter()

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.shown += 1

    def v2_playbook_on_handler_task_start(self, task):
        self.shown += 1

    def count(self, result):
        if result._task.action.rpartition(".")[2] not in LOCAL:
            self.remote[result._host.get_name()] += 1

    def v2_runner_on_ok(self, result):
        # A loop is counted by its items.
        if "results" not in result._result or result._task.loop is None:
            self.count(result)

    def v2_runner_item_on_ok(self, result):
        self.count(result)

    def v2_playbook_on_stats(self, stats):
        with open(os.environ["RTF_COUNTS"], "w", encoding="utf-8") as file:
            json.dump({"shown": self.shown, "remote": self.remote}, file)

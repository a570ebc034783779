# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what a run does to a file, line by line, and kills the run, by a command of kill_signals, at a moment of one task.

RTF_KILLS_LOG    the file; each line is a JSON object
RTF_KILLS_TASK   a glob for the key of a task and `#` with the number of its occurrence, as the log of a run names it
RTF_KILLS_MOMENT `start`: before the task is sent to any host; `into`: so many seconds into it; `after`: when a host
                 has answered and the next task has not begun
RTF_KILLS_DELAY  the seconds for `into`
RTF_KILLS_WEAPON a shell command that cuts the run off; {log} in it is the file, {controller} the process of this callback.
                 It does not have RTF_KILLS_LOG in its environment, as all else has that this controller starts
RTF_KILLS_CACHE  a directory where runs keep the modules that they have packed to be sent, which is a third of their work
"""

from __future__ import annotations

import collections
import fnmatch
import json
import os
import re
import shlex
import subprocess
import time

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: kill_moment
type: aggregate
short_description: Log tasks and cut a run off at one of them
description:
  - Used by the tests of killed runs alone.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

PLACE = re.compile(r"(?:roles/(?P<role>\w+)/tasks|playbooks)/(?P<file>\w+)\.yml:\d+$")


def key_of(path, name):
    """A task by the role and the file that it stands in, and its name."""
    place = PLACE.search(path or "")
    if not place:
        return name
    where = "/".join(part for part in (place["role"], place["file"]) if part)
    return f"{where}: {name}"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_moment"

    def __init__(self):
        super().__init__()
        self.log = open(os.environ["RTF_KILLS_LOG"], "a", encoding="utf-8", buffering=1)
        self.wanted = os.environ.get("RTF_KILLS_TASK", "")
        self.moment = os.environ.get("RTF_KILLS_MOMENT")
        self.delay = float(os.environ.get("RTF_KILLS_DELAY", "0"))
        self.weapon = os.environ.get("RTF_KILLS_WEAPON", "").format(log=self.log.name, controller=os.getpid())
        self.times = collections.Counter()
        self.occurrences = {}
        if os.environ.get("RTF_KILLS_CACHE"):
            os.symlink(os.environ["RTF_KILLS_CACHE"], os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))

    def write(self, **event):
        self.log.write(json.dumps({"at": time.monotonic(), **event}) + "\n")

    def occurrence(self, task):
        """The key and number of a task; each start of a task is a new occurrence."""
        return self.occurrences.get(task._uuid)

    def v2_playbook_on_task_start(self, task, is_conditional):
        key = key_of(task.get_path(), task.name or task.action)
        self.times[key] += 1
        name = f"{key}#{self.times[key]}"
        self.occurrences[task._uuid] = name
        self.write(event="start", task=name, action=task.action)
        if self.is_wanted(task, "start"):
            self.strike(0)

    def v2_runner_on_start(self, host, task):
        if self.is_wanted(task, "into"):
            self.strike(self.delay)

    def is_wanted(self, task, moment):
        """Whether this is the task and the moment; once only."""
        if moment != self.moment or not fnmatch.fnmatchcase(self.occurrence(task) or "", self.wanted):
            return False
        self.wanted = ""
        return True

    def strike(self, delay):
        """Cut the run off: at once and before anything else happens, or later. The log says when that is done."""
        self.write(event="strike", delay=delay)
        done = shlex.quote(json.dumps({"event": "struck"}))
        command = f"sleep {delay:.3f}; {self.weapon} && echo {done} >> {shlex.quote(self.log.name)}"
        surroundings = {name: value for name, value in os.environ.items() if name != "RTF_KILLS_LOG"}
        striker = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=surroundings,
            start_new_session=True,
        )
        if not delay:
            striker.wait()

    def ended(self, status, result):
        name = self.occurrence(result._task)
        changed = bool(result._result.get("changed"))
        self.write(
            event="end",
            task=name,
            status=status,
            changed=changed,
            message=str(result._result.get("msg", ""))[:500] if status in ("failed", "unreachable") else "",
        )
        if status != "skipped" and self.is_wanted(result._task, "after"):
            self.strike(0)

    def v2_runner_on_ok(self, result):
        self.ended("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.ended("failed", result)

    def v2_runner_on_unreachable(self, result):
        self.ended("unreachable", result)

    def v2_runner_on_skipped(self, result):
        self.ended("skipped", result)

    def v2_playbook_on_stats(self, stats):
        self.write(event="stats", changed=sum(stats.changed.values()))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a playbook in a process group of its own, and read what it did."""

import fnmatch
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import NamedTuple

CALLBACKS = Path(__file__).with_name("callback")
SECONDS = 600


class Run(NamedTuple):
    """How a run ended. events: what the callback wrote, in order."""

    code: int
    output: str
    events: list

    @property
    def changed(self):
        """The number of changes, None where the run was cut off."""
        return next((event["changed"] for event in self.events if event["event"] == "stats"), None)

    def cut_off(self, kill):
        """Whether the Kill came within its task, and had something to kill."""
        if kill.of_controller:
            return self.code == -signal.SIGKILL and fnmatch.fnmatchcase(self.last_task() or "", kill.task)
        ends = (
            event["event"]
            for event in self.events
            if event["event"] == "struck" or event["event"] == "end" and fnmatch.fnmatchcase(event["task"], kill.task)
        )
        return next(ends, None) == "struck"

    def last_task(self):
        """The task that had begun last."""
        return next((event["task"] for event in reversed(self.events) if event["event"] == "start"), None)

    def changed_tasks(self):
        """The tasks that changed something."""
        return [event["task"] for event in self.events if event["event"] == "end" and event["changed"]]

    def problems(self):
        """[(task, message)] of the tasks that failed."""
        return [
            (event["task"], event["message"])
            for event in self.events
            if event["event"] == "end" and event["status"] in ("failed", "unreachable")
        ]


def play(directory, arguments, environment, log, kill=None):
    """Run `ansible-playbook ARGUMENTS` in a directory; return the Run. log: a path to write to."""
    log.unlink(missing_ok=True)
    surroundings = {
        **os.environ,
        **environment,
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_FORCE_COLOR": "false",
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "kill_moment",
        "RTF_KILLS_LOG": str(log),
    }
    if kill:
        surroundings.update(
            RTF_KILLS_TASK=kill.task,
            RTF_KILLS_MOMENT=kill.moment,
            RTF_KILLS_DELAY=str(kill.delay),
            RTF_KILLS_WEAPON=kill.weapon,
        )
    with open(log.with_suffix(".out"), "w+", encoding="utf-8") as output:
        with subprocess.Popen(
            ["ansible-playbook", *arguments],
            cwd=directory,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                code = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = process.wait()
        output.seek(0)
        text = output.read()
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    return Run(code, text, events)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By which command and signal a run is killed: its controller with all workers, or one process that it waits for."""

import subprocess
from typing import NamedTuple

# Workers of Ansible lead sessions of their own, which a signal to the group of the controller spares. What belongs to a
# run is known by the log that its environment names.
CONTROLLER = (
    'while found=$(grep -lszxF "RTF_KILLS_LOG={log}" /proc/[0-9]*/environ); test "$found"; do for path in $found; '
    'do path="${{path#/proc/}}"; kill -s KILL "${{path%/environ}}" 2>/dev/null; done; done'
)
# Tried again until there is such a process: SSH and sudo may not have started it yet.
ONE_PROCESS = (
    "left=100; until {root}pkill -KILL --ns {process} --nslist pid -f '{pattern}'; do sleep 0.02; "
    "left=$((left - 1)); test $left -gt 0 || exit 1; done"
)
CONNECTIONS = "^sshd(-session)?: ops"
PARENT = "kill -s KILL {controller}"
SHORTEST = 0.05


class Kill(NamedTuple):
    """Where a run is cut off: the task (its key and occurrence), the moment, the seconds into it, and by which command.

    of_controller: the command kills at least the main process of the controller, not something that it waits for.
    """

    task: str
    moment: str
    delay: float = 0.0
    weapon: str = CONTROLLER
    of_controller: bool = True


def kill_of(case, seconds, root, process, modules):
    """Return the Kill of a Case.

    seconds: how long its task takes without. root: the words before a command of root's. process: one of the node, as the
    machine numbers it. modules: a pattern of what modules are called there.
    """
    if case.moment in ("start", "after"):
        return Kill(case.task, case.moment)
    delay = max(SHORTEST, seconds / 2)
    patterns = {"module": modules, "connection": CONNECTIONS}
    if case.moment in patterns:
        words = ONE_PROCESS.format(
            root="".join(f"{word} " for word in root), process=process, pattern=patterns[case.moment]
        )
        return Kill(case.task, "into", delay, words.replace("{", "{{").replace("}", "}}"), of_controller=False)
    return Kill(case.task, "into", delay, PARENT) if case.moment == "parent" else Kill(case.task, "into", delay)


def end(log):
    """Kill what is left of a run: a worker whose controller is gone waits for it for ever."""
    subprocess.run(["/bin/sh", "-c", CONTROLLER.format(log=log)], check=False)

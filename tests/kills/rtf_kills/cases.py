# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kills there are: of every task that ran in a rehearsal, at which moments, and what follows."""

from typing import NamedTuple

# What works on the controller alone or on the connection: nothing of it goes on when the controller is gone.
LOCAL = (
    "meta",
    "include_tasks",
    "import_tasks",
    "include_vars",
    "include_role",
    "debug",
    "set_fact",
    "fail",
    "assert",
    "check_inputs",
    "judge",
    "audit_plan",
    "audit_targets",
    "preflight_report",
    "change_request",
    "wait_for_connection",
    "validate_argument_spec",
)
# Where it matters most that a module, or the connection to it, is lost.
HEAVY = ("apt", "managed_blocks", "firewall_rules", "systemd_service")
# What takes several modules in turn, which a worker of the controller goes on with where only its parent is gone.
STEPWISE = ("firewall_rules",)


class Case(NamedTuple):
    """One trial: where the run is cut off, by what, and what follows."""

    task: str
    moment: str  # start, into, after; parent, module and connection: into, but only that is killed
    follow_up: str

    @property
    def name(self):
        return f"{self.task} | {self.moment} | {self.follow_up}"


def durations(events):
    """{task: seconds} of the tasks of a run that ran on a host."""
    begins, found = {}, {}
    for event in events:
        if event["event"] == "start":
            begins[event["task"]] = event["at"]
        elif event["event"] == "end" and event["status"] == "ok":
            found[event["task"]] = event["at"] - begins[event["task"]]
    return found


def actions(events):
    """{task: the short name of its action}."""
    return {event["task"]: event["action"].rpartition(".")[2] for event in events if event["event"] == "start"}


def changing_in_order(events):
    """The tasks that changed something, each once."""
    return list(dict.fromkeys(event["task"] for event in events if event["event"] == "end" and event["changed"]))


def cases(events, thorough=False):
    """The Cases for a rehearsal, in the order of its tasks.

    A task that changes nothing leaves the node as the one before it: one moment does for it, unless all are asked for. What
    follows from a state that the rehearsal was in, too, is tried again after one moment of a task.
    """
    action, changes = actions(events), changing_in_order(events)
    found = []
    for task in durations(events):
        changing_task, local = task in changes, action[task] in LOCAL
        kinds = (
            [("into", "rerun"), ("after", "converge"), ("after", "revert")]
            if changing_task
            else [("start", "converge")]
        )
        if action[task] in HEAVY and changing_task:
            kinds += [("module", "rerun"), ("connection", "rerun")]
        if action[task] in STEPWISE and changing_task:
            kinds += [("parent", "rerun")]
        if thorough and not local:
            kinds += [
                ("start", "rerun"),
                ("into", "rerun"),
                ("into", "revert"),
                ("after", "revert"),
                ("module", "rerun"),
                ("connection", "rerun"),
            ]
        found += [Case(task, *kind) for kind in dict.fromkeys(kinds)]
    return found

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All trials of a part: a rehearsal says which tasks there are, then several nodes are killed on at a time."""

import concurrent.futures
import fnmatch
import hashlib
import json
import queue
import re
import time

from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills import audits, cases, leftover_modules, trial
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.kill_signals import kill_of
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.playbook_runs import Run
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.tasks import CHECKOUT
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import as_root, podman, run

AUDITED = ("audit-1", "audit-2")
EARLIER = (1, 0.4, 0.1)
PARTS = ("nftables", "firewalld", "revert", "audit")


def _digest(*words):
    """A digest of what a rehearsal depends on: the words, and the files of the collection and of these tests."""
    found = hashlib.sha256(repr(words).encode())
    for folder in ("catalog", "examples", "molecule", "playbooks", "plugins", "roles", "tests/kills", "tests/lab"):
        for path in sorted((CHECKOUT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{path}\0".encode() + path.read_bytes())
    return found.hexdigest()


class Campaign:
    """wanted: what the command line asks for. ran: the tasks that ran in some rehearsal."""

    def __init__(self, lab, work, wanted, results):
        self.lab, self.work, self.wanted, self.results = lab, work, wanted, results
        self.ran = set()

    def part(self, name):
        """Do one of PARTS; return whether its rehearsal went well."""
        begun = time.monotonic()
        rehearsal, wrong = {"revert": self._rehearse_revert, "audit": self._rehearse_audit}.get(name, self._rehearse)(
            name
        )
        print(f"{name}: rehearsed in {time.monotonic() - begun:.0f} s, exit code {rehearsal.code}", *wrong, flush=True)
        if rehearsal.code or wrong:
            print(rehearsal.output)
            return False
        # A task that has run before is another one on another firewall.
        others = {task for task, action in cases.actions(rehearsal.events).items() if action in cases.STEPWISE}
        found = [
            case
            for case in self._cases(name, rehearsal.events)
            if case.task.partition("#")[0] not in self.ran or case.task in others
        ]
        self.ran |= {task.partition("#")[0] for task in cases.durations(rehearsal.events)}
        chosen = [case for case in found if self._is_wanted(f"{name}: {case.name}")]
        print(
            f"{name}: {len(cases.durations(rehearsal.events))} tasks ran, {len(found)} trials, {len(chosen)} to do",
            flush=True,
        )
        if self.wanted.list:
            print("\n".join(f"  {case.name}" for case in chosen))
            return True
        seconds = cases.durations(rehearsal.events)
        at_a_time = 1 if name == "audit" else self.wanted.nodes
        free = queue.Queue()
        for number in range(at_a_time):
            free.put(f"kills-{number + 1}")
        with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
            list(pool.map(lambda case: self._try(name, case, seconds[case.task], free), chosen))
        return True

    def _is_wanted(self, name):
        globs = self.wanted.only or ["*"]
        return name not in self.results.done and any(fnmatch.fnmatch(name, glob) for glob in globs)

    def _cases(self, name, events):
        if name == "audit":
            return audits.cases_of(events)
        if name == "revert":
            return [
                cases.Case(task, moment, "revert")
                for task in cases.changing_in_order(events)
                for moment in ("into", "after")
            ]
        return cases.cases(events, self.wanted.thorough)

    def _rehearse(self, name):
        """Rehearse, or take what an earlier campaign rehearsed with the same files, where that is gone on with."""
        kept, digest = self.work / name / "rehearsal.json", _digest(self.wanted.suite)
        if kept.exists() and (self.wanted.resume or self.wanted.failed):
            found = json.loads(kept.read_text(encoding="utf-8"))
            if found["digest"] == digest:
                self.made = found["made"]
                return Run(0, "", found["events"]), []
        rehearsal, self.made, wrong = trial.rehearse(
            trial.Bench(self.lab, "kills-1", name, self.work / name / "rehearsal")
        )
        if not wrong:
            kept.write_text(
                json.dumps({"digest": digest, "made": self.made, "events": rehearsal.events}), encoding="utf-8"
            )
        return rehearsal, wrong

    def _rehearse_revert(self, name):
        return trial.rehearse_revert(trial.Bench(self.lab, "kills-1", "nftables", self.work / name / "rehearsal")), []

    def _rehearse_audit(self, name):
        self.audits = audits.AuditBench(self.lab, AUDITED, self.work / name)
        return self.audits.get_ready(), []

    def _attempt(self, name, case, seconds, node):
        """Do one trial; where the kill came too late because all went faster than in the rehearsal, do it earlier."""
        directory = self.work / name / re.sub(r"\W+", "_", case.name)
        bench = trial.Bench(self.lab, node, "nftables" if name == "revert" else name, directory)
        for part in EARLIER:
            bench.pristine()
            kill = self._kill_of(case, seconds * part, node)
            found = (
                trial.attempt_revert(bench, kill)
                if name == "revert"
                else trial.attempt(bench, kill, case.follow_up, self.made)
            )
            if found["struck"]:
                break
        return found

    def _kill_of(self, case, seconds, node):
        words = [*podman(), "inspect", "--format", "{{.State.Pid}}", self.lab.container(node)]
        return kill_of(case, seconds, as_root(), int(run(words).stdout), leftover_modules.COMMANDS)

    def _try(self, name, case, seconds, free):
        """Do one trial on a free node, record its result and report it."""
        node = free.get()
        try:
            if name == "audit":
                found = self.audits.attempt(self._kill_of(case, seconds, node))
            else:
                found = self._attempt(name, case, seconds, node)
            row = {"name": f"{name}: {case.name}", "task": case.task, **found}
            self.results.add(row)
            print(f"{row['seconds']:6.0f} s  {', '.join(row['verdict']) or 'ok'}: {row['name']}", flush=True)
        finally:
            free.put(node)

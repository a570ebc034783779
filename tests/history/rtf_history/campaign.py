# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of a schedule, one after another, each compared with the one before by the report itself and by compare_rtf."""

from __future__ import annotations

import json
import pathlib

import yaml

from ansible_collections.hostprep.runtime_fabric.tests.history.rtf_history import sayings, simulated_cluster
from ansible_collections.hostprep.runtime_fabric.tests.history.rtf_history.playbook_runs import Site

SCHEDULE = pathlib.Path(__file__).resolve().parent.parent / "schedule.yml"


def schedule():
    """Return the content of the file."""
    return yaml.safe_load(SCHEDULE.read_text(encoding="utf-8"))


class Campaign:
    """Runs in one directory."""

    def __init__(self, directory, faults):
        self.site, self.faults, self.number, self.compared = Site(directory), faults, 0, None

    def run(self, run):
        """Audit and compare as a run of the schedule says; return what is said otherwise, [] for nothing."""
        self.number += 1
        faults = {name: [self.faults[fault] for fault in kinds] for name, kinds in run.get("nodes", {}).items()}
        limit, places = run.get("limit", ""), self.site.runs()
        whole = self.site.last_whole_run()
        dummy, output = self.site.audit(simulated_cluster.states(self.number, faults), run.get("inputs", {}), limit)
        made = [place for place in self.site.runs() if place not in places]
        if len(made) != 1:
            return [f"{len(made)} runs were written:\n{output}"]
        expected = sayings.scheduled(run)
        wrong = self._of_the_report(made[0], expected)
        if (self.site.last_whole_run() == whole) != bool(limit):
            wrong.append(f"the last whole run is {self.site.last_whole_run()}")
        return wrong + self._of_the_playbook(expected, bool(limit))

    def _of_the_report(self, place, expected):
        since = json.loads((place / "report.json").read_text(encoding="utf-8")).get("since")
        if since is None:
            return [] if self.number == 1 else ["the report does not compare itself with the run before"]
        return differences("report.json", sayings.reported(since), expected)

    def _of_the_playbook(self, expected, partial):
        """Of the last two whole runs: what is said after a partial one is what was said before."""
        code, output = self.site.compare()
        if self.number == 1:
            return (
                []
                if code and "has 1 complete runs to compare" in output
                else [f"compare_rtf compares one run:\n{output}"]
            )
        if code:
            return [f"compare_rtf failed:\n{output}"]
        found = sayings.printed(output)
        expected = self.compared if partial else expected
        self.compared = expected
        return differences("compare_rtf", found, expected)


def differences(name, found, expected):
    """Return what is said otherwise, in a sentence each. name: of who says it. found, expected: see sayings.py."""
    return [
        f"{name}: {field}: {value!r} instead of {expected[field]!r}"
        for field, value in found.items()
        if value != expected[field]
    ]

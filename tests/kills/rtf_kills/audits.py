# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audits that are cut off: the next one must find what it would have found without that, and leave nothing running."""

import json
import time

from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills import cases, leftover_modules, trial
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.kill_signals import end
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.sites import write_site

CONFIGURATION = "nftables"


def cases_of(events):
    """Every Case of an audit: the next audit follows at once."""
    action = cases.actions(events)
    return [
        cases.Case(task, moment, "audit")
        for task in cases.durations(events)
        for moment in (("start",) if action[task] in cases.LOCAL else ("into", "after"))
    ]


class AuditBench(trial.Bench):
    """Two nodes that were prepared, to audit."""

    def __init__(self, lab, nodes, directory):
        super().__init__(lab, nodes[0], CONFIGURATION, directory)
        self.nodes, self.expected = nodes, None

    def get_ready(self):
        """Prepare both nodes and audit them. Return the Run of the audit, or of the preparation where that failed."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_site(self.site, self.lab, self.nodes, CONFIGURATION)
        for node in self.nodes:
            trial.sites.CONFIGURATIONS[CONFIGURATION][0](self.lab, node)
        prepared = self.prepare("prepare")
        if prepared.code:
            return prepared
        run = self.play("rehearsal", trial.AUDIT)
        self.expected = self.found()
        return run

    def found(self):
        """{check on a node: status} of the report that was written last, None without one."""
        path = self.site / "rtf-report" / "report.json"
        if not path.exists():
            return None
        rows = json.loads(path.read_text(encoding="utf-8"))["results"]
        path.unlink()
        return {f"{row['id']} on {row['node']}": row["status"] for row in rows}

    def attempt(self, kill):
        """Cut an audit off and audit again; return the result, as a dictionary."""
        begun = time.monotonic()
        killed = self.play("killed", trial.AUDIT, kill)
        again = self.play("again", trial.AUDIT)
        after = self.found()
        otherwise = (
            sorted(f"{name}: {after.get(name)}" for name in self.expected if after.get(name) != self.expected[name])
            if after is not None
            else ["no report"]
        )
        end(self.directory / "killed.log")
        running = [node for node in self.nodes if not leftover_modules.wait_for_end(self.lab, node)]
        struck = killed.cut_off(kill)
        wrong = (
            ["not killed"] * (not struck)
            + ["the next audit is disturbed"] * bool(otherwise or again.code)
            + ["a module never ended"] * bool(running)
        )
        return {
            "struck": struck,
            "struck_in": killed.last_task(),
            "verdict": wrong,
            "audit": {"code": again.code, "otherwise": otherwise[:20], "running": running},
            "seconds": round(time.monotonic() - begun, 1),
        }

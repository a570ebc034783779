# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action preflight_report: judge the evidence of all nodes, show the table, write the report."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from ansible.errors import AnsibleActionFail

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories, saved_reports
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import saved_run
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.audit import audit
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.history import JudgedRun, compared
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.setting_changes import of_run
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import ControllerAction, display
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import node_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import concurrent_audits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import evidence_json, formats, task_result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import closing_block, report_lines


class ActionModule(ControllerAction):
    """Runs once."""

    ARGUMENTS = {
        "results": {"type": "dict", "required": True},
        "steps": {"type": "list", "elements": "str", "required": True},
        "plan": {"type": "str", "default": ""},
        "ports": {"type": "dict", "default": {}},
        "targets": {"type": "list", "elements": "str", "default": []},
        "lost": {"type": "list", "elements": "dict", "default": []},
        "inputs": {"type": "dict", "required": True},
    }

    def answer(self, arguments):
        """Judge every node of rtf_nodes; fail when something required failed or is unknown."""
        inputs, ports, collected = arguments["inputs"], arguments["ports"] or None, self._collected(arguments)
        if ports:
            self._refuse_beside(
                concurrent_audits.in_the_way({node: own.get("listener") for node, own in collected.items()})
            )
        evidence = node_evidence.of_cluster(self.inventory(), collected, arguments["lost"], self.hosts_of_the_play())
        now, directory = datetime.datetime.now(datetime.timezone.utc), Path(inputs["report_dir"]).absolute()
        report = audit(catalog.load(), inputs, evidence, now, ports)
        run = saved_run.of_run(inputs, self._plan(arguments["plan"]), ports, evidence, now)
        before = saved_reports.newest(directory)
        if before:
            report.document["since"] = compared(
                before, JudgedRun(report.document, of_run(run)), saved_reports.earlier(directory, before)
            )
        path, unwritten = None, ""
        if not self.check_mode:
            try:
                path = str(self._save(report, run, directory, now, inputs))
            except OSError as problem:
                unwritten = closing_block.unwritten(
                    str(directory), problem.strerror or str(problem), before and before.document
                )
        self._show(report.document, path, unwritten, formats.for_readers(inputs["report_formats"]))
        return task_result.of_report(report, inputs, path, unwritten)

    def _plan(self, variable):
        """What was to be collected of each node of the run, nodes of earlier batches included."""
        nodes = self.groups().get("rtf_nodes", []) if variable else []
        return {node: json.loads(planned) for node, planned in self.own_entries(nodes, variable).items()}

    def _collected(self, arguments):
        """What the steps of this run left with each node; what is there of an earlier run does not count."""
        where = {}
        for step in arguments["steps"]:
            where.update(arguments["results"].get(step, {}))
        nodes = self.groups().get("rtf_nodes", [])
        found = self.registered(nodes, where)
        for variable in arguments["targets"]:
            for node, targets in self.own_entries(nodes, variable).items():
                found[node].setdefault("targets", {}).update(json.loads(targets))
        return found

    def _save(self, report, run, directory, now, inputs):
        """Write the files and return the path of report.json."""
        files = {**formats.render(report, inputs["report_formats"]), formats.EVIDENCE: evidence_json.text(run)}
        partial = any("not_run" in own for own in report.evidence.values())
        place = run_directories.save(directory, files, now, partial, inputs["report_keep"], formats.SHARED)
        return (place if partial else directory) / formats.MAIN

    def _refuse_beside(self, other_runs):
        """Fail where listeners of other runs hold the ports: nothing is proven beside another audit."""
        if other_runs:
            raise AnsibleActionFail(concurrent_audits.sentence(other_runs))

    def _show(self, document, path, unwritten, whole):
        for pattern in document["selection"]["unmatched"]:
            display.warning(f"{pattern!r} in rtf_checks or rtf_skip_checks matches no check of this run")
        for text, colour in report_lines.lines(document, display.verbosity > 0, path, unwritten, whole):
            display.display(text, color=colour)

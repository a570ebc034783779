# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action rejudge: judge a saved run again, by what its evidence.json holds and the inputs of today."""

from __future__ import annotations

import datetime
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories, saved_reports
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudging
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import compare
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import FORMAT
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import (
    ControllerAction,
    display,
    read_variables,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import input_validators, inventory
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import typed
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats, task_result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import report_lines


class ActionModule(ControllerAction):
    """Reads and writes files on the controller, and contacts no host."""

    ARGUMENTS = {"run": {"type": "path", "default": ""}}

    def answer(self, arguments):
        """Judge the run and write the report to a directory of its own; fail as the audit would."""
        given, now = self._given(), datetime.datetime.now(datetime.timezone.utc)
        directory = Path(given.get("report_dir", input_declarations.default_of("rtf_report_dir"))).absolute()
        file = _evidence_of(Path(arguments["run"]).absolute() if arguments["run"] else directory)
        saved = saved_reports.evidence(file)
        inputs = {**saved["inputs"], **given}
        report = rejudging.rejudge(catalog.load(), saved, given, now, str(file))
        before = run_directories.newest(file.parent, formats.MAIN)
        if before and before.get("format") == FORMAT:
            report.document["since"] = compare(before, report.document)
        path = None
        if not self.check_mode:
            files = formats.render(report, inputs["report_formats"])
            place = run_directories.save_rejudged(directory, files, now, inputs["report_keep"])
            path = str(place / formats.MAIN)
        whole = formats.for_readers(inputs["report_formats"])
        for text, colour in report_lines.lines(report.document, every=display.verbosity > 0, path=path, whole=whole):
            display.display(text, color=colour)
        return task_result.of_report(report, inputs, path)

    def _given(self):
        """Return the inputs that are set today and by which a run is judged or reported, with their types."""
        declared = input_declarations.load()
        options = {option.name: option for option in declared.rejudging(rejudging.ROLE, "judged", "reported")}
        nodes = self.groups().get("rtf_nodes") or [self.node]
        variables = self.task_vars["hostvars"][nodes[0]]
        sources = {
            name: next((one for one in (name, option.follows) if one in variables), "")
            for name, option in options.items()
        }
        found, broken = read_variables(
            lambda name: variables[sources[name]], [name for name, source in sources.items() if source]
        )
        values, problems = typed(found, input_validators.by_variable(options, catalog.load()))
        problems = [*broken, *inventory.misplaced_credentials(found, declared), *problems]
        if problems:
            raise ValueError("\n".join(problems))
        return {options[name].short: value for name, value in values.items()}


def _evidence_of(path):
    """Return the evidence.json of a run: of its directory, or the file itself."""
    file = path / formats.EVIDENCE if path.is_dir() else path
    if not file.exists():
        raise ValueError(
            f"{file} does not exist: set rtf_rejudge_run to the evidence.json of a run, or to its directory"
        )
    return file.resolve()

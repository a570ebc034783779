# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action compare_reports: say what changed between two runs of the audit."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories, saved_reports
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.history import compared, flapping
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import ControllerAction, display
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import changes


class ActionModule(ControllerAction):
    """Reads two files on the controller."""

    ARGUMENTS = {
        "directory": {"type": "path", "required": True},
        "before": {"type": "path", "default": ""},
        "after": {"type": "path", "default": ""},
    }

    def answer(self, arguments):
        """Compare the reports that are named, or the last two whole runs of the directory."""
        directory = Path(arguments["directory"]).absolute()
        runs = run_directories.all_runs(directory)
        missing = [name for name in ("before", "after") if not arguments[name]]
        if len(runs) < len(missing):
            raise ValueError(
                f"{arguments['directory']} has {len(runs)} complete runs to compare; set `before` and `after`"
            )
        chosen = {"before": runs[-2:-1] or runs[-1:], "after": runs[-1:]}
        paths = {name: Path(arguments[name]) if arguments[name] else chosen[name][0] for name in chosen}
        before, after = (saved_reports.SavedReport(paths[name]) for name in ("before", "after"))
        found = compared(before, after, saved_reports.earlier(directory, before))
        history = [run.document for run in saved_reports.earlier(directory, after)]
        unstable = flapping([*reversed(history), after.document])
        for text, colour in changes.lines(found, unstable):
            display.display(text, color=colour)
        return {"comparison": {**found, "flapping": unstable}}

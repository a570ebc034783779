# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action compare_reports: say what changed between two runs of the audit."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import compare
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.history import flapping, with_last_answers
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import FORMAT
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.controller_action import ControllerAction, display
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import comparison_lines, formats

_MOST_RUNS = 20  # that tell what comes and goes


class ActionModule(ControllerAction):
    """Reads two files on the controller."""

    ARGUMENTS = {
        "directory": {"type": "path", "required": True},
        "before": {"type": "path", "default": ""},
        "after": {"type": "path", "default": ""},
    }

    def answer(self, arguments):
        """Compare the reports that are named, or the last two whole runs of the directory."""
        runs = run_directories.all_runs(Path(arguments["directory"]).absolute())
        missing = [name for name in ("before", "after") if not arguments[name]]
        if len(runs) < len(missing):
            raise ValueError(
                f"{arguments['directory']} has {len(runs)} complete runs to compare; name `before` and `after`"
            )
        chosen = {"before": runs[-2:-1] or runs[-1:], "after": runs[-1:]}
        paths = {name: Path(arguments[name]) if arguments[name] else chosen[name][0] for name in ("before", "after")}
        before, after = _report(paths["before"]), _report(paths["after"])
        found = compare(with_last_answers(before, _earlier(runs, paths["before"])), after)
        unstable = flapping([*_earlier(runs, paths["after"]), after])
        for text, colour in comparison_lines.lines(found, unstable):
            display.display(text, color=colour)
        return {"comparison": {**found, "flapping": unstable}}


def _earlier(runs, path):
    """Return the reports of the last runs of the directory before one of them; none where it is not one of them."""
    run = path if path.is_dir() else path.parent
    places = [place.resolve() for place in runs]
    number = places.index(run.resolve()) if run.resolve() in places else 0
    found = []
    for place in places[max(0, number - _MOST_RUNS) : number]:
        with contextlib.suppress(OSError, ValueError):  # of a run that was cut short, or of a former release
            found.append(_report(place))
    return found


def _report(path):
    """Return the report of a run: of its directory, or of the file itself."""
    file = path / formats.MAIN if path.is_dir() else path
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ValueError(f"{file}: not JSON: {problem}") from problem
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{file}: not a report of format {FORMAT}")
    return found

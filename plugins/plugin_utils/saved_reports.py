# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of saved runs. Reports are read when they are needed: a comparison may need those of many, and mostly does not."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import run_directories
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import saved_run, setting_changes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import Document
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.history import MOST_RUNS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import FORMAT
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import formats


class SavedReport:
    """The report of a run. path: its directory, the report itself, or links to them."""

    def __init__(self, path: Path) -> None:
        self.file = (path / formats.MAIN if path.is_dir() else path).resolve()

    @functools.cached_property
    def document(self) -> Document:
        """The report. Raises ValueError with one sentence where the file holds none, and OSError."""
        found = _content(self.file)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError(f"{self.file}: not a report of format {FORMAT}")
        return found

    @functools.cached_property
    def settings(self) -> setting_changes.Settings:
        """What was set, by the evidence beside the report; empty without any that this version reads."""
        file = self.file.parent / formats.EVIDENCE
        try:
            return setting_changes.of_run(evidence(file))
        except (OSError, ValueError):
            return {}


def newest(directory: Path) -> SavedReport | None:
    """Return the report of the newest whole run; None without one that can be read."""
    found = SavedReport(directory / formats.MAIN)
    return found if _is_readable(found) else None


def earlier(directory: Path, report: SavedReport) -> Iterator[SavedReport]:
    """Return the reports of the whole runs of a directory before that of a report, the newest first.

    None where it is not the report of one of them. Runs that were cut short, or are of another format, are left out.
    """
    runs = [SavedReport(place) for place in run_directories.all_runs(directory)]
    files = [run.file for run in runs]
    number = files.index(report.file) if report.file in files else 0
    return filter(_is_readable, reversed(runs[max(0, number - MOST_RUNS) : number]))


def evidence(file: Path) -> saved_run.SavedRun:
    """Return what an evidence.json holds. Raise ValueError with one sentence where that is no run, and OSError."""
    return saved_run.read(_content(file), str(file))


def _is_readable(report: SavedReport) -> bool:
    try:
        return bool(report.document)
    except (OSError, ValueError):
        return False


def _content(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ValueError(f"{file}: not JSON: {problem}") from problem

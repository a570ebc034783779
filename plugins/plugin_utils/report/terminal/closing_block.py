# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last lines of a run: the causes that keep the cluster from being ready, where the report is, or why there is none, the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.cause_text import mark
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.failure_message import MOST_NAMED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import (
    causes,
    wrapped_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import WIDTH, Line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.verdict_text import (
    VERDICTS,
    tally,
    verdict_text,
)


def summary(report: Document, path: str | None = "", unwritten: str = "", whole: str = causes.WHOLE) -> list[str]:
    """Return the last lines of a run: the causes that keep the cluster from being ready, the next step, and the verdict.

    path, unwritten, whole: as for report_lines.lines. Of the first cause it says what was found, too, and not again how many checks passed.
    """
    blocking = [(number, cause) for number, cause in enumerate(report["causes"], 1) if cause["blocking"]]
    out: list[Line] = []
    for place, (number, cause) in enumerate(blocking[:MOST_NAMED]):
        head = f"{number:>2}. {mark(cause)[0]}  "
        # The next step is that of the first cause; the report above has the others.
        out += wrapped_text.coloured(
            head, cause["title"] if place == 0 else f"{cause['title']} ({cause['owner']})", None
        )
        out += causes.next_step(cause, "" if path is None or unwritten else whole) if place == 0 else []
    if len(blocking) > MOST_NAMED:
        out.append((f"    and {len(blocking) - MOST_NAMED} more", None))
    last = last_lines(report)
    out += [*written_lines(report, path, unwritten), *(last[-1:] if blocking else last)]
    return [text for text, _colour in out]


def unwritten(directory: str, reason: str, last: Mapping[str, Any] | None) -> str:
    """Return why there is no report of a run. last: the content of the last one, which stays; None where there is none."""
    return f"No report of this run was written to {directory}: {reason}. {_still_there(last)}"


def _still_there(last: Mapping[str, Any] | None) -> str:
    """Return which report of an earlier run stays. last: its content, None where there is none."""
    if not last:
        return "There is no report of an earlier run."
    verdict = last.get("readiness", "unknown").replace("_", " ")
    return f"The last report is still there: {verdict}, from {last.get('generated')}."


def written_lines(report: Document, path: str | None, unwritten: str) -> list[Line]:
    """Return where the report is, or why there is none."""
    if unwritten:
        return wrapped_text.coloured("", unwritten, "red")
    if path is None:
        state = "" if "rejudged" in report else "; this is the state before any change of this run"
        return wrapped_text.coloured("", f"Dry run: no report was written{state}.", "cyan")
    return [(f"Report: {path}", None)] if path else []


def last_lines(report: Document) -> list[Line]:
    """Return the number of checks passed and the verdict, on one line if nothing blocks and it fits."""
    verdict, colour = verdict_text(report), VERDICTS[report["readiness"]][1]
    one_line = f"{verdict}, {tally(report)}"
    if len(one_line) <= WIDTH and not any(cause["blocking"] for cause in report["causes"]):
        return [(one_line, colour)]
    return [*wrapped_text.coloured("", f"Checks: {tally(report)}", None), (verdict, colour)]

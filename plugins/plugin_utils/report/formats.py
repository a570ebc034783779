# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats in which a report is written, one a file of the report directory.

A new format is a file beside this one with a function `text(report)`, its line below, and its test; `make docs` writes
the names and the files into catalog/inputs.yml. What is shown while Ansible runs is `terminal/report_lines.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import (
    junit_xml,
    markdown,
    prometheus,
    report_json,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.html import page

MAIN = "report.json"  # the file whose path the run prints and returns
EVIDENCE = "evidence.json"  # beside it, the run as it was collected


class Format(NamedTuple):
    """file: its name in the directory of the report. text: returns its content. purpose: what the file is for.

    shared: another user's program reads it, so that it is not the owner's alone.
    """

    file: str
    text: Callable[[Report], str]
    purpose: str
    shared: bool = False


FORMATS = {
    "html": Format("report.html", page.text, "one page to read and to send on"),
    "junit": Format("junit.xml", junit_xml.text, "for CI systems"),
    "markdown": Format("report.md", markdown.text, "for tickets"),
    "prometheus": Format("readiness.prom", prometheus.text, "for the textfile collector", shared=True),
}
_FOR_READERS = ("html", "markdown")
# They hold names of nodes and counts only.
SHARED = frozenset(kind.file for kind in FORMATS.values() if kind.shared)


def for_readers(chosen: Iterable[str]) -> str:
    """Return the file in which a person reads what has no room in a terminal. chosen: the formats besides JSON."""
    chosen = set(chosen)
    return next((FORMATS[name].file for name in _FOR_READERS if name in chosen), MAIN)


def render(report: Report, chosen: Iterable[str] = ()) -> dict[str, str]:
    """Return `{name of a file: its content}`. chosen: the formats besides JSON, which other commands read."""
    texts = {MAIN: report_json.text(report)}
    for name in chosen:
        texts[FORMATS[name].file] = FORMATS[name].text(report)
    return texts

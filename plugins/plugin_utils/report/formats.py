# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats in which a report is written, one a file of the report directory.

A new format is a file beside this one with a function `text(report)`, its line below, and its test. What is shown while
Ansible runs is `terminal.lines`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

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
# {format: (name of its file, its content)}
FORMATS: dict[str, tuple[str, Callable[[Report], str]]] = {
    "html": ("report.html", page.text),
    "junit": ("junit.xml", junit_xml.text),
    "markdown": ("report.md", markdown.text),
    "prometheus": ("readiness.prom", prometheus.text),
}


def render(report: Report, chosen: Iterable[str] = ()) -> dict[str, str]:
    """Return `{name of a file: its content}`. chosen: the formats besides JSON, which other commands read."""
    texts = {MAIN: report_json.text(report)}
    for name in chosen:
        file, text = FORMATS[name]
        texts[file] = text(report)
    return texts

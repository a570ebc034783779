# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats in which a report is written, one a file of the report directory.

A new format is a file beside this one with a function `text(report)`, its line below, and its test. What is shown while
Ansible runs is `terminal.lines`.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import evidence_json, report_json

MAIN = "report.json"  # the file whose path the run prints and returns
FORMATS: dict[str, Callable[[Report], str]] = {
    "evidence.json": evidence_json.text,
    "report.json": report_json.text,
}


def render(report: Report) -> dict[str, str]:
    """Return `{name of a file: its content}`."""
    return {name: text(report) for name, text in FORMATS.items()}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the task of an audit returns: the verdict, whether it fails the run, and the message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import gate
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import fails_the_play
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import failure_message, formats
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import closing_block


def of_report(report: Report, inputs: Mapping[str, Any], path: str | None, unwritten: str = "") -> dict[str, Any]:
    """Return the result of the task. inputs: gate, enforce and report_formats. path: of the report that was written, None for none.

    unwritten: why it could not be written, which fails the run.
    """
    readiness = report.document["readiness"]
    answer: dict[str, Any] = {
        "readiness": readiness,
        "report": path,
        "summary": closing_block.summary(
            report.document, path, unwritten, formats.for_readers(inputs["report_formats"])
        ),
        # What AWX and Automation Platform keep of a job.
        "ansible_stats": {
            "data": {"rtf_readiness": readiness, "rtf_report": path},
            "per_host": False,
            "aggregate": False,
        },
    }
    fails = fails_the_play(report.blocking, inputs["enforce"] and not inputs["gate"])
    if inputs["gate"] and not fails:
        fails = gate.holds(inputs["gate"], report.document)
    if fails:
        answer.update(failed=True, msg=failure_message.message(report, inputs["gate"]))
    if unwritten:
        answer.update(failed=True, msg=" ".join(filter(None, (answer.get("msg"), unwritten))))
    return answer

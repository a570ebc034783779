# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of a report in one line, and how many checks it is of."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import uncollected_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document

VERDICTS = {"ready": ("READY", "green"), "not_ready": ("NOT READY", "red"), "incomplete": ("INCOMPLETE", "yellow")}


def verdict_text(report: Document) -> str:
    """Return the verdict in one line, with how much there is to do and who is next."""
    count = len(report["nodes"])
    concerned = sum(node["readiness"] == report["readiness"] for node in report["nodes"])
    blocking = [cause for cause in report["causes"] if cause["blocking"]]
    faults = sum(cause["status"] == "fail" for cause in blocking)
    parts = [f"{count} {'node' if count == 1 else 'nodes'}"]
    if concerned < count and report["readiness"] != "ready":
        parts = [f"{concerned} of {count} nodes"]
    unproven = len(blocking) - faults
    parts += [f"{faults} {'fault' if faults == 1 else 'faults'}{'' if unproven else ' to fix'}"] if faults else []
    parts += [f"{unproven} to check"] if unproven else []
    verdict = f"{VERDICTS[report['readiness']][0]}: {', '.join(parts)}"
    return f"{verdict}; next: {_next(blocking[0])}" if blocking else verdict


def _next(cause: Cause) -> str:
    """Who has to act, or what has to be done before anybody can say who."""
    return "run the audit again" if cause["id"] == uncollected_evidence.ID else cause["owner"]


def tally(report: Document) -> str:
    """Return how many results of checks there are of each kind."""
    counts: dict[str, int] = {}
    for result in report["results"]:
        key = result["status"]
        if key == "fail" and result["severity"] != "required":
            key = "warn"
        counts[key] = counts.get(key, 0) + 1
    words = {"pass": "passed", "fail": "failed", "warn": "warned"}
    words.update({key: key for key in ("waived", "unknown", "skipped")})
    return ", ".join(f"{counts[key]} {word}" for key, word in words.items() if key in counts) or "none"

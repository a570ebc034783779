# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message with which a run fails: in one line, which nodes are unreachable and which checks stop the installation."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.document import Report

MOST_NAMED = 10


def message(report: Report) -> str:
    """Return the message. The checks of an unreachable node are not named: their cause is."""
    lost = [node["name"] for node in report.document["nodes"] if node["unreachable"]]
    reasons = [f"{', '.join(lost)} {'is' if len(lost) == 1 else 'are'} unreachable"] if lost else []
    reasons += _left_out(report) + _checks(report, lost)
    return f"The cluster is {report.document['readiness']}: {'; '.join(reasons)}. The table above says what to do."


def _left_out(report: Report) -> list[str]:
    stopping = {result["id"] for result in report.blocking}
    return [
        f"{variable} leaves out {len(ids)} checks (a waiver accepts that)"
        for variable, ids in report.document["selection"]["left_out_by"].items()
        if not stopping.isdisjoint(ids)
    ]


def _checks(report: Report, lost: list[str]) -> list[str]:
    nodes: dict[str, list[str]] = {}
    for result in report.blocking:
        if result["node"] not in lost and result["id"] not in report.document["selection"]["left_out"]:
            nodes.setdefault(result["id"], []).append(result["node"])
    named = [f"{check} on {', '.join(where)}" for check, where in list(nodes.items())[:MOST_NAMED]]
    return named + ([f"and {len(nodes) - MOST_NAMED} more"] if len(nodes) > MOST_NAMED else [])

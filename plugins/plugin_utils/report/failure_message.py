# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message with which the task of an audit fails: the causes that keep the cluster from being ready, in one line."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import node_names
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report

MOST_NAMED = 6  # causes, in this message and in the closing block


def message(report: Report, gate: str = "") -> str:
    """Return why a run fails, in one line. A cause is named by its title and who has to act.

    gate: the expression of rtf_gate, where set.
    """
    causes = [cause for cause in report.document["causes"] if cause["blocking"]]
    named = [f"{cause['title']} ({cause['owner']})" for cause in causes[:MOST_NAMED]]
    named += [f"and {len(causes) - MOST_NAMED} more"] if len(causes) > MOST_NAMED else []
    why = f"rtf_gate ({gate}) fails the run" if gate else "; ".join(named)
    return f"{_who(report)} {report.document['readiness'].replace('_', ' ')}: {why}. The report above says what to do."


def _who(report: Report) -> str:
    """The nodes that have the readiness of the cluster: Ansible itself names the node that wrote the report, whichever it is."""
    nodes = [node["name"] for node in report.document["nodes"]]
    concerned = [node["name"] for node in report.document["nodes"] if node["readiness"] == report.document["readiness"]]
    if len(concerned) == len(nodes):
        return "The cluster is"
    return f"{node_names.named(concerned, len(nodes))} {'is' if len(concerned) == 1 else 'are'}"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html with the table of the nodes."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import (
    FAIL,
    PASS,
    SKIPPED,
    UNKNOWN,
    WAIVED,
)

_ORDER = (FAIL, UNKNOWN, WAIVED, SKIPPED, PASS)  # what has to be read comes first
TEMPLATE = """\
<section aria-labelledby="nodes">
<h2 id="nodes">Nodes</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Nodes"><table>
<thead><tr><th scope="col">Node</th><th scope="col">Role</th><th scope="col">Address</th><th scope="col">Readiness</th>
<th scope="col">Checks</th></tr></thead>
<tbody>{% for node in document.nodes %}
<tr><th scope="row">{{ node.name }}</th><td>{{ node.role }}</td><td>{{ node.address or "" }}</td>
<td class="{{ {'ready': 'pass', 'not_ready': 'fail', 'incomplete': 'unknown'}[node.readiness] }}">{{ verdict_of[node.readiness] }}</td>
<td>{% for status, count in counts[node.name].items() %}{{ count }} {{ status }}{{ "" if loop.last else ", " }}{% endfor %}
{% if node.unreachable %}; unreachable: {{ node.unreachable }}{% endif %}</td></tr>
{% endfor %}</tbody></table></div>
</section>
"""


def values(document: Document) -> dict[str, Any]:
    """Return what the template shows: how many checks of each node have which status."""
    return {"counts": _counts(document)}


def _counts(document: Document) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {node["name"]: {} for node in document["nodes"]}
    for result in sorted(document["results"], key=lambda result: _ORDER.index(result["status"])):
        own = found[result["node"]]
        own[result["status"]] = own.get(result["status"], 0) + 1
    return found

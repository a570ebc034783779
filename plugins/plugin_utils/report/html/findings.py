# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html with the findings of each node."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import (
    Document,
    results_by_node,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS

TEMPLATE = """\
<section aria-labelledby="findings">
<h2 id="findings">Findings by node</h2>
{% for node, entries in findings.items() %}
<details><summary>{{ node }}: {{ counted(entries | sum(attribute="0", start=[]), "check") }} that did not pass</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Findings of {{ node }}"><table>
<thead><tr><th scope="col">Check</th><th scope="col">Status</th><th scope="col">Found</th><th scope="col">Wanted</th></tr></thead>
<tbody>{% for ids, result in entries %}
<tr><th scope="row">{{ ids | join(", ") }}</th>
<td class="{{ result.status }}">{{ result.status }}</td>
<td>{{ result.observed }}{% if result.waiver %} <span class="dim">({{ result.waiver.reason }})</span>{% endif %}</td>
<td>{{ result.expected if ids | length == 1 else "" }}</td></tr>
{% endfor %}</tbody></table></div></details>
{% endfor %}
</section>
"""


def values(document: Document) -> dict[str, Any]:
    """Return what the template shows: the findings that did not pass."""
    return {"findings": _findings(document)}


def _findings(document: Document) -> dict[str, list[tuple[list[str], Result]]]:
    """`{node: [(ids, result)]}` of the results that did not pass; those of a node that say the same are one."""
    found: dict[str, list[tuple[list[str], Result]]] = {}
    for node, results in results_by_node(document).items():
        alike: dict[tuple[str, ...], tuple[list[str], Result]] = {}
        for result in results:
            if result["status"] != PASS:
                reason = result["waiver"]["reason"] if result["waiver"] else ""
                key = (
                    result["status"],
                    result["observed"],
                    result["expected"] if result["status"] == FAIL else "",
                    reason,
                )
                alike.setdefault(key, ([], result))[0].append(result["id"])
        found[node] = list(alike.values())
    return found

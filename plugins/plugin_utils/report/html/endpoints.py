# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html with the table of the endpoints: a row for each, a column for each node."""

from __future__ import annotations

from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document

BANDWIDTH = "egress.bandwidth"  # measured with a probe, but no endpoint to reach
TEMPLATE = """\
{% if endpoints %}
<section aria-labelledby="endpoints">
<h2 id="endpoints">Endpoints</h2>
<div class="scroll{{ tall }}" tabindex="0" role="region" aria-label="Endpoints by node"><table class="{{ dense }}">
<thead><tr><th scope="col">Endpoint</th>
{%- for node in document.nodes %}<th scope="col"><span>{{ node.name }}</span></th>{% endfor %}</tr></thead>
<tbody>{% for row in endpoints %}
<tr><th scope="row">{{ row.title }}</th>{% for result in row.cells %}{% if result %}<td class="{{ result.status }}">
{%- if dense and result.evidence.verdict == "reachable" %}ok{% else %}{{ result.evidence.verdict | replace("_", " ") }}{% endif %}
{%- if result.evidence.path != "direct" %} <span class="dim">{{ result.evidence.path | replace("_", " ") }}</span>{% endif %}</td>
{%- else %}<td>-</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody></table></div>
</section>
{% endif %}
"""


def values(document: Document) -> dict[str, Any]:
    """Return what the template shows: the rows of the table."""
    return {"endpoints": _endpoints(document)}


def _endpoints(document: Document) -> list[dict[str, Any]]:
    """`{"title", "cells": [result or None]}` of each endpoint, in the order of the nodes."""
    rows: dict[str, dict[str, Any]] = {}
    for result in document["results"]:
        evidence = result["evidence"]
        if result["id"] == BANDWIDTH or not result["id"].startswith("egress."):
            continue
        if isinstance(evidence, dict) and "verdict" in evidence:
            row = rows.setdefault(result["id"], {"title": result["title"].removeprefix("Reach "), "by_node": {}})
            row["by_node"][result["node"]] = result
    names = [node["name"] for node in document["nodes"]]
    return [{"title": row["title"], "cells": [row["by_node"].get(name) for name in names]} for row in rows.values()]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html with the port matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.port_table import cell_text

# Longer lists would not be read; report.json has all.
_MOST_DETAILS = 100
_MOST_PAIRS = 12
TEMPLATE = """\
{% if matrix %}
<section aria-labelledby="ports">
<h2 id="ports">Ports between the nodes</h2>
<div class="scroll{{ tall }}" tabindex="0" role="region" aria-label="Port matrix"><table class="{{ dense }}">
<caption class="dim">Rows are sources, columns destinations.</caption>
<thead><tr><th scope="col">From / to</th>{% for name in matrix.nodes %}<th scope="col"><span>{{ name }}</span></th>{% endfor %}</tr></thead>
<tbody>{% for source, statuses in matrix.rows %}
<tr><th scope="row">{{ source }}</th>{% for status in statuses %}{% if status %}<td class="{{ status }}">{{ marks[status] }}</td>
{%- else %}<td>-</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% if matrix.details %}
<details><summary>{{ counted(matrix.details, "difference") }} from what is wanted</summary>
<ul>{% for status, what, pairs in matrix.details %}<li><span class="{{ status }}">{{ what }}</span>: {{ pairs }}</li>
{% endfor %}{% if matrix.more > 0 %}<li>and {{ matrix.more }} more in report.json</li>{% endif %}</ul></details>
{% endif %}
</section>
{% endif %}
"""


def values(document: Document) -> dict[str, Any]:
    """Return what the template shows: the matrix, None without one."""
    return {"matrix": _matrix(document)}


def _matrix(document: Document) -> dict[str, Any] | None:
    """`{"nodes", "rows": [(source, [status or None])], "details", "more"}`; None without a matrix."""
    matrix = document.get("port_matrix")
    if not matrix or not matrix["pairs"]:
        return None
    statuses = {(pair["source"], pair["destination"]): pair["status"] for pair in matrix["pairs"]}
    names = matrix["nodes"]
    details = _details(matrix["cells"])
    return {
        "nodes": names,
        "rows": [(source, [statuses.get((source, destination)) for destination in names]) for source in names],
        "details": details[:_MOST_DETAILS],
        "more": len(details) - _MOST_DETAILS,
    }


def _details(cells: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """(status, which ports of pairs are not proven, those pairs), once for all pairs of which it is true."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for cell in cells:
        ports = f"{cell['transport'].upper()} " if cell["ports"] else ""
        pair = f"{cell['source']} \N{RIGHTWARDS ARROW} {cell['destination']}"
        found.setdefault((cell["status"], f"{ports}{cell_text({**cell})}"), {})[pair] = None
    return [(status, text, _some(list(pairs))) for (status, text), pairs in found.items()]


def _some(pairs: Sequence[str]) -> str:
    more = f" and {len(pairs) - _MOST_PAIRS} more pairs" if len(pairs) > _MOST_PAIRS else ""
    return f"{', '.join(pairs[:_MOST_PAIRS])}{more}"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The section of report.html with what was measured between the nodes, as charts."""

from __future__ import annotations

import statistics
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Document

# Longer charts would not be read; report.json has all.
_MOST_BARS = 20
TEMPLATE = """\
{% if links %}
<section aria-labelledby="links">
<h2 id="links">Measurements between the nodes</h2>
{% for chart in links %}
<h3>{{ chart.title }} in {{ chart.unit }}</h3>
<p class="dim">{{ chart.least }} to {{ chart.most }}, median {{ chart.median }}; a full bar is {{ chart.most }}.
{% if chart.count > chart.bars | length %}The {{ chart.bars | length }} worst of {{ chart.count }}:{% endif %}</p>
<table><tbody>{% for source, destination, value, percent in chart.bars %}
<tr><th scope="row">{{ source }} to {{ destination }}</th><td>{{ value }}</td><td>
<progress value="{{ percent }}" max="100" aria-label="{{ source }} to {{ destination }}"></progress></td></tr>
{% endfor %}</tbody></table>
{% endfor %}
</section>
{% endif %}
"""


def values(document: Document) -> dict[str, Any]:
    """Return what the template shows: the charts."""
    return {"links": _links(document)}


def _links(document: Document) -> list[dict[str, Any]]:
    """What was measured between the nodes: as charts, the worst first.

    `{"title", "unit", "bars": [(source, destination, value, percent)], "count", "least", "most", "median"}`.
    """
    matrix = document.get("port_matrix")
    measured, streams = (matrix["links"], matrix["bandwidth"]) if matrix else ([], [])
    latencies = [(link["source"], link["destination"], link["rtt_ms"]["p95"]) for link in measured if link["rtt_ms"]]
    rates = [(way["source"], way["destination"], way["mean_mbit"]) for way in streams if "mean_mbit" in way]
    clocks = [
        (link["source"], link["destination"], abs(link["clock"]["offset_ms"]))
        for link in measured
        if link["rtt_ms"] and link["clock"]
    ]
    charts = (
        ("Latency, 95th percentile", "ms", latencies),
        ("Bandwidth", "Mbit/s", rates),
        ("Clock offset", "ms", clocks),
    )
    found = []
    for title, unit, values in charts:
        shown = sorted(values, key=lambda entry: entry[2], reverse=unit == "ms")[:_MOST_BARS]
        most = max((value for *_pair, value in values), default=0) or 1
        if shown:
            numbers = [value for *_pair, value in values]
            found.append(
                {
                    "title": title,
                    "unit": unit,
                    "bars": [(*pair, _short(value), round(100 * value / most)) for *pair, value in shown],
                    "count": len(values),
                    "least": _short(min(numbers)),
                    "most": _short(max(numbers)),
                    "median": _short(statistics.median(numbers)),
                }
            )
    return found


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html: one page without scripts or outside requests, to read, to print and to send on."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import jinja2
import markupsafe

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudged
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.document import (
    Document,
    Report,
    results_by_node,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import html_template
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.cause_lines import mark
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.style import MARKS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import VERDICTS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import PASS

# What no page can hold, whatever a host or a peer sent.
_CONTROL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]")
# Wider tables would not be read; report.json has all.
_MOST_NODES = 40


def _shown(value: Any) -> Any:
    """A value as the page shows it."""
    # What is markup already has a class of its own.
    return _CONTROL.sub("?", value) if isinstance(value, str) and not isinstance(value, markupsafe.Markup) else value


_PAGE = jinja2.Environment(
    autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=_shown
)


def text(report: Report) -> str:
    """Return the content of the file."""
    document = report.document
    digest = base64.b64encode(hashlib.sha256(html_template.STYLE.encode()).digest()).decode()
    return _PAGE.from_string(html_template.PAGE).render(
        document=document,
        again=rejudged.sentence(document["rejudged"], document["generated"]) if "rejudged" in document else "",
        style=markupsafe.Markup(html_template.STYLE),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        verdict=VERDICTS[document["readiness"]][0],
        verdict_of={name: words[0] for name, words in VERDICTS.items()},
        blocking=sum(cause["blocking"] for cause in document["causes"]),
        causes=[(number, mark(cause)[0], cause) for number, cause in enumerate(document["causes"], 1)],
        matrix=_matrix(document),
        links=_links(document),
        endpoints=_endpoints(document),
        findings=_findings(document),
        counts=_counts(document),
        marks=MARKS,
        most_nodes=_MOST_NODES,
    )


def _matrix(document: Document) -> dict[str, Any] | None:
    """`{"nodes", "rows": [(source, [(destination, status, details)])]}`; None without one, or where it is too large."""
    matrix = document.get("port_matrix")
    if not matrix or not matrix["pairs"] or len(matrix["nodes"]) > _MOST_NODES:
        return None
    by_pair = {(pair["source"], pair["destination"]): pair for pair in matrix["pairs"]}
    return {
        "nodes": matrix["nodes"],
        "rows": [
            (source, [(destination, by_pair.get((source, destination))) for destination in matrix["nodes"]])
            for source in matrix["nodes"]
        ],
    }


def _links(document: Document) -> list[dict[str, Any]]:
    """What was measured between the nodes: `{"title", "unit", "bars": [(source, destination, value, percent)]}`."""
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
        shown = sorted(values, key=lambda entry: entry[2], reverse=unit == "ms")[:_MOST_NODES]
        most = max((value for *_pair, value in values), default=0) or 1
        if shown:
            bars = [(source, destination, value, round(100 * value / most)) for source, destination, value in shown]
            found.append({"title": title, "unit": unit, "bars": bars, "count": len(values)})
    return found


def _endpoints(document: Document) -> list[dict[str, Any]]:
    """`{"title", "cells": [(node, result or None)]}` of each endpoint."""
    rows: dict[str, dict[str, Any]] = {}
    for result in document["results"]:
        evidence = result["evidence"]
        if result["id"].startswith("egress.") and isinstance(evidence, dict) and "verdict" in evidence:
            row = rows.setdefault(result["id"], {"title": result["title"], "by_node": {}})
            row["by_node"][result["node"]] = result
    names = [node["name"] for node in document["nodes"]][:_MOST_NODES]
    return [
        {"title": row["title"], "cells": [(name, row["by_node"].get(name)) for name in names]} for row in rows.values()
    ]


def _findings(document: Document) -> dict[str, list[Result]]:
    """`{node: the results that did not pass}`."""
    return {
        node: [result for result in results if result["status"] != PASS]
        for node, results in results_by_node(document).items()
    }


def _counts(document: Document) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {node["name"]: {} for node in document["nodes"]}
    for result in document["results"]:
        own = found[result["node"]]
        own[result["status"]] = own.get(result["status"], 0) + 1
    return found

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html: one page without scripts or outside requests, to read, to print and to send on."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jinja2
import markupsafe

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import rejudged_stamp
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import (
    Document,
    Report,
    results_by_node,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.port_table import cell_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import html_template
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.cause_lines import mark
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import VERDICTS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal_style import MARKS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS

# What no page can hold, whatever a host or a peer sent.
_CONTROL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]")
# Longer lists would not be read; report.json has all.
_MOST_BARS = 40
_MOST_DETAILS = 100
_MOST_PAIRS = 12
_DENSE = 12  # tables with more columns for nodes have upright heads and small cells


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
        again=rejudged_stamp.sentence(document["rejudged"], document["generated"]) if "rejudged" in document else "",
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
        counted=_counted,
        dense="dense" if len(document["nodes"]) > _DENSE else "",
    )


def _counted(entries: Sequence[Any], noun: str) -> str:
    return f"{len(entries)} {noun}{'' if len(entries) == 1 else 's'}"


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
        shown = sorted(values, key=lambda entry: entry[2], reverse=unit == "ms")[:_MOST_BARS]
        most = max((value for *_pair, value in values), default=0) or 1
        if shown:
            bars = [(source, destination, value, round(100 * value / most)) for source, destination, value in shown]
            found.append({"title": title, "unit": unit, "bars": bars, "count": len(values)})
    return found


def _endpoints(document: Document) -> list[dict[str, Any]]:
    """`{"title", "cells": [result or None]}` of each endpoint, in the order of the nodes."""
    rows: dict[str, dict[str, Any]] = {}
    for result in document["results"]:
        evidence = result["evidence"]
        if result["id"].startswith("egress.") and isinstance(evidence, dict) and "verdict" in evidence:
            row = rows.setdefault(result["id"], {"title": result["title"].removeprefix("Reach "), "by_node": {}})
            row["by_node"][result["node"]] = result
    names = [node["name"] for node in document["nodes"]]
    return [{"title": row["title"], "cells": [row["by_node"].get(name) for name in names]} for row in rows.values()]


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


def _counts(document: Document) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {node["name"]: {} for node in document["nodes"]}
    for result in document["results"]:
        own = found[result["node"]]
        own[result["status"]] = own.get(result["status"], 0) + 1
    return found

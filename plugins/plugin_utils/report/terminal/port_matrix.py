# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The port matrix as lines of at most 80 columns for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.port_table import cell_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import (
    COLOURS,
    MARKS,
    WIDTH,
    Line,
    shortened,
)

_LABEL = 20
_COLUMN = 5
_COLUMNS = (WIDTH - _LABEL) // _COLUMN  # nodes beside each other
_MOST_NODES = 2 * _COLUMNS  # a larger table would not be read; the pairs that are not OK are listed in any case
_MOST_DETAILS = 20
_DEEPEST_INDENT = 50


def lines(report: Mapping[str, Any], every: bool = True) -> list[Line]:
    """Return the lines for the port matrix of a report; none where ports were not probed.

    every: whether to list what each pair found; without it there is a table where some pair is not OK, and the causes say
    the rest.
    """
    matrix = report.get("port_matrix")
    if not matrix or not matrix["pairs"]:
        return []
    by_pair = {(pair["source"], pair["destination"]): pair["status"] for pair in matrix["pairs"]}
    between = [status for (source, destination), status in by_pair.items() if source != destination]
    good = between.count("pass")
    untested = len(between) - good - between.count("fail")
    left_out = f", {untested} not probed" if untested else ""
    probed = sum(pair["ports"] for pair in matrix["pairs"])
    probed -= sum(cell["asked"] for cell in matrix["cells"] if cell["status"] == "skipped")
    sampled = f", {matrix['peers_per_node']} peers a node" if matrix["peers_per_node"] else ""
    head = f"Port matrix: {good} of {len(between)} pairs OK{left_out}, {probed} ports probed{sampled}"
    out: list[Line] = [("", None), (head, None)]
    if len(matrix["nodes"]) <= _MOST_NODES and (every or good < len(between)):
        for start in range(0, len(matrix["nodes"]), _COLUMNS):
            out += _table(matrix["nodes"], by_pair, start)
    return out + (_details(matrix["cells"]) if every else [])


def _table(names: Sequence[str], by_pair: Mapping[tuple[str, str], str], start: int) -> list[Line]:
    """A row for each source, a column for each destination; a column is named by the number of its row."""
    shown = list(enumerate(names, 1))[start : start + _COLUMNS]
    out: list[Line] = [
        (f"{'from / to':<{_LABEL}}" + "".join(f"{number:<{_COLUMN}}" for number, dummy in shown).rstrip(), None)
    ]
    for number, source in enumerate(names, 1):
        statuses = [by_pair.get((source, destination)) for dummy, destination in shown]
        marks = [MARKS[status] if status else "-" for status in statuses]
        label = shortened(f"{number:>2} {source}", _LABEL - 1)
        colour = next((COLOURS[status] for status in ("fail", "unknown", "skipped") if status in statuses), None)
        out.append((f"{label:<{_LABEL}}" + "".join(f"{mark:<{_COLUMN}}" for mark in marks).rstrip(), colour))
    return out


def _details(cells: Iterable[Mapping[str, Any]]) -> list[Line]:
    """One entry for each pair and reason; rows of a pair with the same reason are listed together."""
    found: dict[tuple[str, str, str], str] = {}
    for cell in _joined(cells):
        what = cell_text(cell)
        text = f"{cell['transport'].upper()} {what}" if cell["ports"] else what
        found.setdefault((cell["source"], cell["destination"], text), cell["status"])
    out: list[Line] = []
    for (source, destination, text), status in list(found.items())[:_MOST_DETAILS]:
        out += [(line, COLOURS[status]) for line in _entry(f"  {source} -> {destination}: ", text)]
    if len(found) > _MOST_DETAILS:
        out.append((f"  and {len(found) - _MOST_DETAILS} more, see report.json", None))
    return out


def _entry(head: str, text: str) -> list[str]:
    """A head and a text; the text begins on the line of the head where there is room for it."""
    beside = len(head) <= _DEEPEST_INDENT
    indent = " " * min(len(head), _DEEPEST_INDENT) if beside else ""
    wrapped = textwrap.wrap(text, width=WIDTH - 6, initial_indent=indent, break_on_hyphens=False)
    first = [head + wrapped.pop(0).strip()] if beside and wrapped else [head.rstrip()[:WIDTH]]
    return first + ["      " + line.strip() for line in wrapped]


def _joined(cells: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Cells with their ports, those of a pair that differ only in the ports as one."""
    joined: dict[Any, dict[str, Any]] = {}
    for number, cell in enumerate(cells):
        alike = tuple(cell[part] for part in ("source", "destination", "transport", "status", "reason"))
        one = joined.setdefault(alike if cell["reason"] else number, {**cell, "ports": {}})
        for verdict, texts in cell["ports"].items():
            one["ports"][verdict] = [*one["ports"].get(verdict, []), *texts]
    return list(joined.values())

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The port matrix as lines of at most 80 columns for a terminal."""

from __future__ import annotations

import textwrap

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.openings import cell_text

_LABEL = 20
_COLUMN = 5
_WIDTH = 80
_COLUMNS = (_WIDTH - _LABEL) // _COLUMN  # nodes beside each other
_MOST_NODES = 2 * _COLUMNS  # beyond, nobody reads a table; the pairs that are not in order are listed anyhow
_MOST_DETAILS = 20
_MARKS = {"pass": "ok", "fail": "FAIL", "unknown": "????", "skipped": "skip"}
_COLOURS = {"pass": None, "fail": "red", "unknown": "yellow", "skipped": "cyan"}


def lines(report):
    """Return `[(text, colour or None)]` for the port matrix of a report; none where none was tried."""
    matrix = report.get("port_matrix")
    if not matrix or not matrix["pairs"]:
        return []
    by_pair = {(pair["source"], pair["destination"]): pair["status"] for pair in matrix["pairs"]}
    between = [status for (source, destination), status in by_pair.items() if source != destination]
    good = between.count("pass")
    asked = sum(pair["ports"] for pair in matrix["pairs"])
    sampled = f", {matrix['peers_per_node']} peers a node" if matrix["peers_per_node"] else ""
    out = [("", None), (f"Port matrix: {good} of {len(between)} pairs in order, {asked} ports tried{sampled}", None)]
    if len(matrix["nodes"]) <= _MOST_NODES:
        for start in range(0, len(matrix["nodes"]), _COLUMNS):
            out += _table(matrix["nodes"], by_pair, start)
    return out + _details(matrix["cells"])


def _table(names, by_pair, start):
    """Rows dial columns; a column is called by the number of its row."""
    shown = list(enumerate(names, 1))[start : start + _COLUMNS]
    out = [(f"{'from / to':<{_LABEL}}" + "".join(f"{number:<{_COLUMN}}" for number, dummy in shown).rstrip(), None)]
    for number, source in enumerate(names, 1):
        statuses = [by_pair.get((source, destination)) for dummy, destination in shown]
        marks = [_MARKS[status] if status else "-" for status in statuses]
        label = f"{number:>2} {source}"
        label = label if len(label) < _LABEL else label[: _LABEL - 2] + "~"
        colour = next((_COLOURS[status] for status in ("fail", "unknown", "skipped") if status in statuses), None)
        out.append((f"{label:<{_LABEL}}" + "".join(f"{mark:<{_COLUMN}}" for mark in marks).rstrip(), colour))
    return out


def _details(cells):
    """One entry for each pair and what is said of it; rows of a pair with the same reason are told together."""
    told = {}
    for cell in _joined(cells):
        what = cell_text(cell)
        text = f"{cell['transport'].upper()} {what}" if cell["ports"] else what
        told.setdefault((cell["source"], cell["destination"], text), cell["status"])
    out = []
    for (source, destination, text), status in list(told.items())[:_MOST_DETAILS]:
        head = f"  {source} -> {destination}: "
        wrapped = textwrap.wrap(text, width=_WIDTH - 6, initial_indent=" " * min(len(head), 50), break_on_hyphens=False)
        first = head + wrapped[0].strip() if wrapped and len(head) <= 50 else None
        if first is None:
            out.append((head.rstrip()[:_WIDTH], _COLOURS[status]))
            wrapped = textwrap.wrap(text, width=_WIDTH - 6, break_on_hyphens=False)
        else:
            out.append((first, _COLOURS[status]))
            wrapped = wrapped[1:]
        out += [("      " + line.strip(), _COLOURS[status]) for line in wrapped]
    if len(told) > _MOST_DETAILS:
        out.append((f"  and {len(told) - _MOST_DETAILS} more; report.json has them all", None))
    return out


def _joined(cells):
    """Cells with their ports, those of a pair that differ in nothing but the ports as one."""
    joined = {}
    for number, cell in enumerate(cells):
        alike = tuple(cell[part] for part in ("source", "destination", "transport", "status", "reason"))
        one = joined.setdefault(alike if cell["reason"] else number, {**cell, "ports": {}})
        for verdict, texts in cell["ports"].items():
            one["ports"][verdict] = [*one["ports"].get(verdict, []), *texts]
    return list(joined.values())

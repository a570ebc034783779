# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markdown tables. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence


def code(text: str) -> str:
    """Return a text set as code."""
    return f"`{text}`"


def _cell(text: str) -> str:
    """A cell ends at a bar, a row at a line end, and HTML is passed on by most readers of Markdown."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, none without rows; titles: list of str; rows: lists of str of the same length."""
    if not rows:
        return []
    lines = [titles, ["---"] * len(titles), *([_cell(text) for text in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]

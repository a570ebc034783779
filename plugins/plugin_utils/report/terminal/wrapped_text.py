# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts as lines of a terminal, broken between words only: what is copied from them is a whole name, path or address."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import WIDTH, Line


def hanging(head: str, text: str) -> list[str]:
    """Return a head and a text beside it, of which each line begins below the first one.

    A word that has no room there begins further to the left.
    """
    lines, empty = [head], True
    for word in text.split():
        joint = "" if empty else " "
        if len(lines[-1]) + len(joint) + len(word) <= WIDTH:
            lines[-1] += joint + word
        elif empty:
            lines[-1:] = [*([head.rstrip()] if head.strip() else []), _beginning(head, word)]
        else:
            lines.append(_beginning(head, word))
        empty = False
    return lines


def coloured(head: str, text: str, colour: str | None) -> list[Line]:
    """Return the lines of hanging in a colour, None for that of the terminal."""
    return [(line, colour) for line in hanging(head, text)]


def cut(lines: Sequence[str], most: int, rest: str) -> list[str]:
    """Return the first lines; rest: the file that has all of them, "" for none."""
    if len(lines) <= most:
        return list(lines)
    end = f" ... (all of it: {rest})" if rest else " ..."
    kept = lines[most - 1]
    while len(kept) + len(end) > WIDTH and " " in kept.strip():
        kept = kept.rpartition(" ")[0]
    if len(kept) + len(end) > WIDTH:  # one word that fills the line
        indent = len(kept) - len(kept.lstrip())
        kept, end = " " * indent, end.lstrip()
    return [*lines[: most - 1], kept + end]


def _beginning(head: str, word: str) -> str:
    return " " * max(0, min(len(head), WIDTH - len(word))) + word

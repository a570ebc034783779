# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The causes as numbered entries of a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.cause_text import mark, where_to_confirm
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import wrapped_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import Line

_INDENT = 4
_LABEL = 10
WHOLE = "report.json"
_MOST_LINES = 5
_MOST_LINES_OF_WHAT_IS_SENT = 8
_MOST_LINES_AT_THE_END = 3
_MOST_ALTERNATIVES_AT_THE_END = 2


def lines(causes: Sequence[Cause], whole: str = WHOLE) -> list[Line]:
    """Return an entry for each cause, with its number. whole: the file that has the texts that are too long here."""
    out: list[Line] = []
    for number, cause in enumerate(causes, 1):
        out += [("", None), *_entry(number, cause, whole)]
    return out


def _entry(number: int, cause: Cause, whole: str) -> list[Line]:
    word, colour = mark(cause)
    head = f"{number:>2}. {word}  "
    out: list[Line] = wrapped_text.coloured(head, cause["title"], colour)
    follows = list(dict.fromkeys(entry["id"] for entry in cause["explains"] if entry["follows"]))
    for label, text in (
        ("found", cause["what"]),
        ("ask", _sent(cause)),
        ("confirm", f"{_at(cause)}{cause['confirm']}"),
        ("", cause["confirmed_by"]),
        *(("rule out", text) for text in cause["alternatives"]),
        ("also", f"{_some(follows)} {'follows' if len(follows) == 1 else 'follow'} from it" if follows else ""),
    ):
        if text:
            out += _labelled(label, text, _MOST_LINES_OF_WHAT_IS_SENT if label == "ask" else _MOST_LINES, whole)
    return out


def next_step(cause: Cause, whole: str = WHOLE) -> list[Line]:
    """Return what was found, who has to do what and what else it may be, as an entry without its other lines."""
    out = _labelled("found", cause["what"], _MOST_LINES_AT_THE_END, whole) if cause["what"] else []
    out += _labelled("ask", _sent(cause), _MOST_LINES, whole)
    for text in cause["alternatives"][:_MOST_ALTERNATIVES_AT_THE_END]:
        out += _labelled("rule out", text, _MOST_LINES, whole)
    return out


def _sent(cause: Cause) -> str:
    return f"{cause['owner']}: {cause['ask']}"


def _labelled(label: str, text: str, most: int, whole: str) -> list[Line]:
    head = " " * _INDENT + f"{f'{label}:' if label else '':<{_LABEL}}"
    return [(line, None) for line in wrapped_text.cut(wrapped_text.hanging(head, text), most, whole)]


def _at(cause: Cause) -> str:
    node = where_to_confirm(cause)
    return f"on {node}: " if node else ""


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:4])
    return f"{shown} and {len(names) - 4} more" if len(names) > 4 else shown

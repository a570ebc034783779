# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The causes as numbered entries of a few lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cause
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal_layout import WIDTH, Line

_INDENT = 4
_LABEL = 10
# A text of more lines than that is in report.json as a whole.
_MOST_LINES = 5
_MOST_LINES_OF_WHAT_IS_SENT = 6


def lines(causes: Sequence[Cause]) -> list[Line]:
    """Return an entry for each cause, with its number."""
    out: list[Line] = []
    for number, cause in enumerate(causes, 1):
        out += [("", None), *_entry(number, cause)]
    return out


def mark(cause: Mapping[str, object]) -> tuple[str, str]:
    """Return the mark of a cause and its colour."""
    if cause["status"] == "unknown":
        return "????", "yellow"
    return ("FAIL", "red") if cause["severity"] == "required" else ("warn", "yellow")


def where_to_confirm(cause: Cause) -> str:
    """Return the node on which to run the command that confirms a cause, "" where it runs on the control node."""
    if not cause["confirm"] or not cause["nodes"] or cause["confirm"].startswith(("ansible ", "ssh ")):
        return ""
    return cause["nodes"][0]


def _entry(number: int, cause: Cause) -> list[Line]:
    word, colour = mark(cause)
    head = f"{number:>2}. {word}  "
    out: list[Line] = [(text, colour) for text in _wrapped(head, cause["title"], len(head))]
    follows = list(dict.fromkeys(entry["id"] for entry in cause["explains"] if entry["follows"]))
    for label, text in (
        ("found", cause["what"]),
        ("ask", _sent(cause)),
        ("confirm", f"{_at(cause)}{cause['confirm']}"),
        *(("rule out", text) for text in cause["alternatives"]),
        ("also", f"{_some(follows)} {'follows' if len(follows) == 1 else 'follow'} from it" if follows else ""),
    ):
        if text:
            out += _labelled(label, text, _MOST_LINES_OF_WHAT_IS_SENT if label == "ask" else _MOST_LINES)
    return out


def next_step(cause: Cause) -> list[Line]:
    """Return who has to act on a cause, and what has to be done, as an entry without its other lines."""
    return _labelled("ask", _sent(cause), _MOST_LINES)


def _sent(cause: Cause) -> str:
    return f"{cause['owner']}: {cause['ask']}"


def _labelled(label: str, text: str, most: int) -> list[Line]:
    head = " " * _INDENT + f"{label + ':':<{_LABEL}}"
    return [(line, None) for line in _limited(_wrapped(head, text, None), most)]


def _at(cause: Cause) -> str:
    node = where_to_confirm(cause)
    return f"on {node}: " if node else ""


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:4])
    return f"{shown} and {len(names) - 4} more" if len(names) > 4 else shown


def _wrapped(head: str, text: str, indent: int | None) -> list[str]:
    width = WIDTH - len(head)
    parts = textwrap.wrap(" ".join(text.split()), width=width, break_long_words=True, break_on_hyphens=False)
    return [(head if number == 0 else " " * (indent or len(head))) + part for number, part in enumerate(parts or [""])]


def _limited(found: list[str], most: int) -> list[str]:
    if len(found) <= most:
        return found
    return [*found[: most - 1], f"{found[most - 1][: WIDTH - 4]} ..."]

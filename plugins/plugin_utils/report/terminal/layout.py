# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the parts of the terminal report look: width, marks and colours."""

from __future__ import annotations

# A line of text and its colour; None for that of the terminal.
Line = tuple[str, str | None]

WIDTH = 80
MARKS = {"pass": "ok", "fail": "FAIL", "unknown": "????", "skipped": "skip", "waived": "(ok)"}
COLOURS: dict[str, str | None] = {
    "pass": None,
    "fail": "red",
    "unknown": "yellow",
    "skipped": "cyan",
    "waived": "cyan",
}


def shortened(text: str, width: int) -> str:
    """Return a text of at most `width` characters, marked where the end is missing."""
    return text if len(text) <= width else f"{text[: width - 1]}~"

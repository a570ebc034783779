# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data of peers, made safe to show in a terminal or a report."""

_LONGEST = 200  # characters


def printable(data):
    """Bytes of a peer as text that is safe to show: without control characters, and of bounded length."""
    return printable_text(data.decode("utf-8", "replace"))


def printable_text(text):
    """The same for text of a peer."""
    text = "".join(character if character.isprintable() else "?" for character in text[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."

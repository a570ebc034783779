# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of `EnvironmentFile=` as systemd reads it. Pure functions.

systemd does not parse it as a shell: a `#` within a line and blanks within a value belong to the value, `export` is
not a keyword, and nothing is expanded.
"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import (
    assignment,
    goes_on,
    is_proxy,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LINE_ENDS, _BLANKS = "\n\r", " \t\n\r"
# What a backslash escapes between double quotes; before anything else it stays.
_ESCAPED = '"\\`$'


# Before this version of systemd, a backslash at the end of a comment continues the comment.
ENDS_COMMENTS = 254


def environment(text, version=ENDS_COMMENTS):
    """Return [Assignment] of the variables of a file, as a service gets them; version: of systemd."""
    found = {}
    for name, value, raw in _entries(text, version):
        exported = re.match(r"export\s+([A-Za-z_][A-Za-z0-9_]*)\Z", name)
        cut = goes_on(raw, [value] if is_proxy(name) else [])
        if _NAME.match(name):
            found[name] = assignment(name, value, cut)
        elif exported:
            why = "systemd ignores lines that begin with `export`"
            found.setdefault(exported.group(1), assignment(exported.group(1), "", cut, ignored=why))
    return list(found.values())


def _entries(text, version):
    """Yield (name, value, the text that both were read from)."""
    place = 0
    while place < len(text):
        begin = place
        while place < len(text) and text[place] in _BLANKS:
            place += 1
        if text[place : place + 1] in ("#", ";"):
            place = _end_of_comment(text, place, version)
            continue
        end = _end_of_line(text, place)
        name, equals, dummy_rest = text[place:end].partition("=")
        if not equals:
            place = end + 1
            continue
        value, place = _value(text, place + len(name) + 1)
        yield name.rstrip(_BLANKS), value, text[begin:place]


def _end_of_line(text, place):
    while place < len(text) and text[place] not in _LINE_ENDS:
        place += 1
    return place


def _end_of_comment(text, place, version):
    end = _end_of_line(text, place)
    while version < ENDS_COMMENTS and end < len(text) and text[place:end].endswith("\\"):
        place, end = end, _end_of_line(text, end + 1)
    return end


def _value(text, place):
    """Return (the value that begins at a place, the place behind its line)."""
    value, kept, plain = [], 0, False  # kept: how much of the value is not blanks at its end
    while place < len(text):
        character = text[place]
        place += 1
        if character in _LINE_ENDS:
            break
        if character == "\\":
            plain = True
            if text[place : place + 1] not in ("", "\n", "\r"):
                value.append(text[place])
            kept = len(value)
            place += 1
        elif plain:
            value.append(character)
            kept = kept if character in _BLANKS else len(value)
        elif character in "'\"":
            piece, place = _quoted(text, place, character)
            value.append(piece)
            kept = len(value)
        elif character not in _BLANKS:
            plain = True
            value.append(character)
            kept = len(value)
    return "".join(value[:kept]), place


def _quoted(text, place, quote):
    """Return (what is between quotes, the place behind the second one, which may be missing)."""
    piece = []
    while place < len(text) and text[place] != quote:
        if quote == '"' and text[place] == "\\":
            place += 1
            escaped = text[place : place + 1]
            if escaped != "\n":
                piece.append(escaped if escaped and escaped in _ESCAPED else "\\" + escaped if escaped else "")
        else:
            piece.append(text[place])
        place += 1
    return "".join(piece), place + 1

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""/etc/environment as pam_env reads it. Pure functions.

It is no shell: a `#` ends a value also within a word and within quotes, blanks belong to the value, and only a quote at the
very beginning and one at the very end are dropped.
"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import (
    assignment,
    goes_on,
    is_proxy,
)

# Before these versions of Linux-PAM, a line of this many bytes, without its end, ends the whole file.
LIMITS = (((1, 4), 1023), ((1, 6), 8191))
# Before it, so does a last line without an end.
NEEDS_LAST_END = (1, 5)
# From here on, blanks before a continued line are dropped, and a comment ends the lines before it.
TRIMS_CONTINUED = (1, 6)
RECENT = (1, 6)
_KEY = re.compile(r"[A-Za-z0-9_]+\Z")


def environment(text, version=RECENT):
    """Return [Assignment] of the variables of a file, as sessions get them; version: of Linux-PAM, numbers.

    Variables behind a line at which pam_env gives up are `ignored`.
    """
    found, broken = {}, ""
    for lines, problem in _logical_lines(text, version):
        broken = broken or problem
        name, equals, value = _parts(lines, version)
        if not _KEY.match(name):
            continue
        if not equals:
            if not broken:
                found.pop(name, None)
            continue
        cut = goes_on("\n".join(lines), [value] if is_proxy(name) else [])
        if broken:
            found.setdefault(name, assignment(name, "", cut, ignored=broken))
        else:
            found[name] = assignment(name, value, cut)
    return list(found.values())


def limit(version):
    """Return how many bytes a line must have fewer than, None where any length is read."""
    return next((size for before, size in LIMITS if version < before), None)


def _logical_lines(text, version):
    """Yield (the physical lines of one logical line, why pam_env gives up there or "")."""
    most, gathered = limit(version), []
    for line in re.findall(r"[^\n]*\n|[^\n]+\Z", text):
        size = len("".join(gathered).encode("utf-8")) + len(line.rstrip("\n").encode("utf-8"))
        if most and size >= most:
            yield [*gathered, line], f"a line of {size} bytes: this pam_env stops reading at a line of {most} or more"
            gathered = []
            continue
        if version < NEEDS_LAST_END and not line.endswith("\n"):
            yield [*gathered, line], "its last line does not end with a line break, which this pam_env requires"
            continue
        blank = not line.strip() or line.lstrip().startswith("#")
        if blank and (version < TRIMS_CONTINUED or not gathered):
            continue
        gathered.append(line)
        if "#" not in line and line.rstrip(" \t\n").endswith("\\"):
            continue
        yield gathered, ""
        gathered = []
    if gathered:
        yield gathered, "the file ends within a continued line"


def _parts(lines, version):
    """Return (name, `=` or "", value) of the physical lines of one logical line."""
    pieces = [line.partition("#")[0].rstrip("\n") for line in lines]
    if version >= TRIMS_CONTINUED:
        pieces = [piece.lstrip(" \t") for piece in pieces]
    whole = "".join(piece.rstrip(" \t")[:-1] for piece in pieces[:-1]) + pieces[-1]
    whole = whole.lstrip(" \t")
    whole = whole[len("export ") :] if whole.startswith("export ") else whole
    name, equals, value = whole.partition("=")
    if value[:1] in ("'", '"'):
        value = value[1:]
        value = value[:-1] if value[-1:] in ("'", '"') else value
    return name, equals, value

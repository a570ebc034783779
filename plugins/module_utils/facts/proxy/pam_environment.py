# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""/etc/environment as pam_env of the Linux-PAM of this host reads it.

PAM does not parse it as a shell: a `#` ends a value also within a word and within quotes, blanks belong to the value,
and only a quote at the very beginning and one at the very end are dropped.
"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import (
    assignment,
    goes_on,
    is_proxy,
)

FILE = "/etc/environment"
# Before this version of Linux-PAM, a line is cut into pieces of so many bytes, each of which is a line.
CUTS_BEFORE, PIECE = (1, 4), 1023
# From then until this one, a line of so many bytes, without its end, ends the whole file.
STOPS_BEFORE, MOST = (1, 6), 8191
# In these versions, so does a last line without an end.
NEEDS_LAST_END = ((1, 4), (1, 5))
# From here on, blanks before a continued line are dropped, and a comment ends the lines before it.
TRIMS_CONTINUED = (1, 6)
RECENT = (1, 6)
_KEY = re.compile(r"[A-Za-z0-9_]+\Z")
# Each package manager knows its own packages only.
_QUERIES = (
    ["dpkg-query", "--show", "--showformat=${Version}", "libpam-modules"],
    ["rpm", "--query", "--queryformat=%{VERSION}", "pam"],
)


def pam_version(run=run_text):
    """Return the version of Linux-PAM as a text, such as "1.5.2", None where no package manager knows it."""
    for query in _QUERIES:
        try:
            match = re.match(r"(?:\d+:)?(\d+(?:\.\d+)+)", run(query))
        except Unreadable:
            continue
        if match:
            return match.group(1)
    return None


def version_numbers(version):
    """Return the numbers of a version, None for None."""
    return None if version is None else tuple(int(number) for number in version.split("."))


def environment(text, version=RECENT):
    """Return [Assignment] of the variables of a file, as sessions get them; version: of Linux-PAM, numbers.

    Variables behind a line at which pam_env gives up are `ignored`, and one whose line it cuts is `shortened`.
    """
    found, broken = {}, ""
    for lines, problem in _logical_lines(text, version):
        broken = broken or problem
        name, equals, value = _parts(lines, version)
        if not _KEY.match(name):
            if version < CUTS_BEFORE and equals and not name:
                broken = "this pam_env stops reading at a line that begins with `=`"
            continue
        if not equals:
            if not broken:
                found.pop(name, None)
            continue
        cut = goes_on("\n".join(lines), [value] if is_proxy(name) else [])
        if broken:
            found.setdefault(name, assignment(name, "", cut, ignored=broken))
        else:
            short = lines[-1].endswith("\n") or len(_bytes(lines[-1])) < PIECE or version >= CUTS_BEFORE
            why = "" if short else f"this pam_env cuts lines at {PIECE} bytes"
            # What a cut leaves for the next line may be the rest of a password.
            found[name] = assignment(name, value, cut or bool(why), shortened=why)
    return list(found.values())


def longest(version):
    """Return how many bytes a line can have so that sessions get all of it, None where any number."""
    return PIECE if version < CUTS_BEFORE else MOST - 1 if version < STOPS_BEFORE else None


def _bytes(text):
    return text.encode("utf-8", "replace")


def _physical_lines(text, version):
    """Yield the lines with their ends as pam_env gets them from the file."""
    for line in re.findall(r"[^\n]*\n|[^\n]+\Z", text):
        if version >= CUTS_BEFORE:
            yield line
            continue
        whole = _bytes(line)
        for begin in range(0, len(whole), PIECE):
            yield whole[begin : begin + PIECE].decode("utf-8", "replace")


def _logical_lines(text, version):
    """Yield (the physical lines of one logical line, why pam_env gives up there or "")."""
    gathered = []
    for line in _physical_lines(text, version):
        size = sum(len(_bytes(each.rstrip("\n"))) for each in (*gathered, line))
        if CUTS_BEFORE <= version < STOPS_BEFORE and size >= MOST:
            why = f"a line of {size} bytes: this pam_env stops reading at a line of {MOST} or more"
            yield [*gathered, line], why
            gathered = []
            continue
        if NEEDS_LAST_END[0] <= version < NEEDS_LAST_END[1] and not line.endswith("\n"):
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

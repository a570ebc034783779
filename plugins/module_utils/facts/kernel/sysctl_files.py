# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of sysctl.d write to the kernel at boot, and which of their lines decides.

systemd-sysctl reads all its files before it writes anything. It keeps one option for each key, in the order of the files: an
option with another value takes the last place, one with the same value stays at its first place (src/sysctl/sysctl.c of systemd
247 to 257). The program `sysctl` writes line by line. The pure part takes `(path, text)` pairs; `read_configuration` reads.
"""

import fnmatch
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import drop_ins
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_noting
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.sysctl_names import key_path
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.sysctl_side_effects import (
    ALL,
    IP_FORWARD,
    same_parameter,
)

DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
BESIDE = "/etc/sysctl.conf"
GLOB_CHARACTERS = "*?["
# systemd ends a line at any of these; sysctl at a line feed only.
_LINE_ENDS = re.compile(r"\r\n|\n\r|[\n\r\0]")
_LINE_FEED = re.compile(r"\n")
_WHITE_SPACE = " \t\n\r"


def parse_line(line):
    """Return `(key path, value or None, ignore errors)` for one line of a file, or None for a comment or a blank.

    The value is None for an exclusion (`-net.ipv4.conf.lo.forwarding`).
    """
    text = line.strip(_WHITE_SPACE)
    if not text or text[0] in "#;":
        return None
    optional = text.startswith("-")
    key, separator, value = text[1 if optional else 0 :].partition("=")
    key = key.strip(_WHITE_SPACE)
    if not key or (not separator and not optional):
        return None
    return key_path(key), value.strip(_WHITE_SPACE) if separator else None, optional


def settings(files, line_ends=_LINE_ENDS):
    """Yield `(key path, value or None, "path:line")` of each line that says something in `[(path, text)]`."""
    for path, text in files:
        for number, line in enumerate(line_ends.split(text), 1):
            parsed = parse_line(line)
            if parsed is not None:
                yield parsed[0], parsed[1], f"{path}:{number}"


def writes_of_systemd(files, keys, below=""):
    """Return the writes of systemd-sysctl, `[(key, value, ["path:line", ...])]`, for `[(path, text)]` in their order.

    keys: paths that exist, for globs. below: the path to which `systemd-sysctl --prefix` is limited, with a slash at its end.
    """
    options = {}
    for key, value, source in settings(files):
        if not _is_glob(key) and not key.startswith(below):
            continue
        if key in options and options[key][0] == value:
            options[key][1].append(source)
        else:
            options.pop(key, None)
            options[key] = (value, [source])
    return [
        (one, value, sources)
        for key, (value, sources) in options.items()
        if value is not None
        for one in _meant(key, keys, options)
        if one.startswith(below)
    ]


def writes_in_turn(files, keys):
    """Return the writes of sysctl (procps), as writes_of_systemd."""
    lines = list(settings(files, _LINE_FEED))
    literal = {key for key, _value, _source in lines if not _is_glob(key)}
    return [
        (one, value, [source])
        for key, value, source in lines
        if value is not None
        for one in _meant(key, keys, literal)
    ]


def _is_glob(key):
    return any(character in key for character in GLOB_CHARACTERS)


def _meant(key, keys, literal):
    """The paths of `keys` that a key stands for, without those of a glob that have an option of their own."""
    return sorted(one for one in keys if one not in literal and matches(key, one)) if _is_glob(key) else [key]


def matches(pattern, key):
    """Whether a glob stands for a path; it never spans a slash."""
    parts, wanted = pattern.replace("[^", "[!").split("/"), key.split("/")
    return len(parts) == len(wanted) and all(fnmatch.fnmatchcase(text, part) for part, text in zip(parts, wanted))


class Lines:
    """What the files of one program say. literal: `{key: lines}` of the keys that have an option of their own."""

    def __init__(self, files):
        self.literal, self._globs = {}, []
        for number, (key, value, source) in enumerate(settings(files)):
            line = (number, value, source)
            if _is_glob(key):
                self._globs.append((key, line))
            else:
                self.literal.setdefault(key, []).append(line)

    def about(self, key):
        """Return `[(value or None, "path:line")]` of the lines that a parameter is meant by, in their order."""
        names = {IP_FORWARD, ALL} if same_parameter(key) == ALL else {key}
        found = [line for name in names for line in self.literal.get(name, [])]
        if key not in self.literal:
            found += [line for pattern, line in self._globs if matches(pattern, key)]
        return [(value, source) for _number, value, source in sorted(found, key=lambda line: line[0])]


def ranked(kernel, key, sets):
    """Return `[{"value", "source"}]` of the lines that set a parameter, after a Kernel has taken them; the winner last.

    sets: Lines of each program that writes.
    """
    won = kernel.values.get(same_parameter(key))
    if won is None:
        return []
    found = []
    for value, source in (line for lines in sets for line in lines.about(key)):
        text = None if value is None else kernel.taken(key, value)
        if text is not None and source not in won[1]:
            found.append({"value": text, "source": source})
    return found + [{"value": won[0], "source": source} for source in won[1]]


def read_configuration(directories=DIRECTORIES):
    """Read the files of systemd-sysctl: `([(path, text)], [Unreadable of a file])`."""
    return drop_ins.read_directories(directories)


def read_beside(files, problems, path=BESIDE):
    """Return `[(path, text)]` of /etc/sysctl.conf where no directory links to it, and an empty list elsewhere.

    systemd-sysctl does not read it then, and a boot does not apply it; `sysctl --system` and `sysctl -p` do.
    problems: takes the Unreadable of a file that is there and cannot be read.
    """
    if os.path.realpath(path) in {os.path.realpath(one) for one, _text in files}:
        return []
    text = read_noting(path, problems)
    return [] if text is None else [(path, text)]


def linked(files):
    """Return `[(path, text)]` of /etc/sysctl.conf where a directory links to it: `sysctl --system` reads it again, last."""
    return [(BESIDE, text) for path, text in files if os.path.realpath(path) == os.path.realpath(BESIDE)][:1]

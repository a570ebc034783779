# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd-sysctl will set at the next boot, and which file decides it.

The rules are those of sysctl.d(5): a file name in an earlier directory hides the same name in a later one,
all files are then read in the order of their names, and the last setting of a key wins. A literal key beats a
glob wherever they stand. The pure part takes `(path, text)` pairs; `read_configuration` does the reading.
"""

import fnmatch
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.bounded_reading import Unreadable, read_text

DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
GLOB_CHARACTERS = "*?["


def key_path(key):
    """Return a sysctl name as the path below /proc/sys: `net.ipv4.ip_forward` -> `net/ipv4/ip_forward`.

    The first separator decides: a name written with slashes keeps its dots (`net/ipv4/conf/eth0.5/forwarding`),
    a dotted name may carry a slash that stands for a dot (`net.ipv4.conf.eth0/5.forwarding`).
    """
    for character in key:
        if character == "/":
            return key
        if character == ".":
            return key.translate({ord("."): "/", ord("/"): "."})
    return key


def parse_line(line):
    """Return `(key path, value or None, ignore errors)` for one line of a file, or None for a comment or a blank.

    The value is None for an exclusion (`-net.ipv4.conf.lo.forwarding`).
    """
    text = line.strip()
    if not text or text[0] in "#;":
        return None
    optional = text.startswith("-")
    if optional:
        text = text[1:].lstrip()
    key, separator, value = text.partition("=")
    key = key.strip()
    if not key or (not separator and not optional):
        return None
    return key_path(key), value.strip() if separator else None, optional


def effective_files(candidates):
    """Return the paths that are read, in their order, from paths of all directories in the order of precedence.

    `candidates` is a list of directories' listings: `[["/etc/sysctl.d/a.conf"], ["/run/sysctl.d/a.conf"]]`.
    """
    chosen = {}
    for listing in candidates:
        for path in listing:
            chosen.setdefault(os.path.basename(path), path)
    return [chosen[name] for name in sorted(chosen)]


def settings_at_boot(files, wanted):
    """Return `{name: {"value", "source"} or None}` for each name of `wanted` (dotted or with slashes).

    files: list of `(path, text)` in the order of reading. `source` is `path:line`. None means that no file sets it.
    """
    literal, globs = {}, []
    for path, text in files:
        for number, line in enumerate(text.splitlines(), 1):
            parsed = parse_line(line)
            if parsed is None:
                continue
            key, value, optional = parsed
            entry = None if value is None else {"value": value, "source": "{0}:{1}".format(path, number)}
            if any(character in key for character in GLOB_CHARACTERS):
                if entry is not None:
                    globs.append((key, entry))
            else:
                literal[key] = entry
    outcome = {}
    for name in wanted:
        key = key_path(name)
        if key in literal:
            outcome[name] = literal[key]
            continue
        matching = [entry for pattern, entry in globs if _glob_matches(pattern, key)]
        outcome[name] = matching[-1] if matching else None
    return outcome


def _glob_matches(pattern, key):
    """A glob of sysctl.d never spans a slash."""
    parts, wanted = pattern.split("/"), key.split("/")
    return len(parts) == len(wanted) and all(fnmatch.fnmatchcase(text, part) for part, text in zip(parts, wanted))


def read_configuration(directories=DIRECTORIES):
    """Read what systemd-sysctl would read: `([(path, text)], [why a file could not be read])`."""
    listings, seen = [], set()
    for directory in directories:
        real = os.path.realpath(directory)
        if real in seen:  # /lib is a link to /usr/lib on merged systems
            continue
        seen.add(real)
        try:
            names = sorted(name for name in os.listdir(directory) if name.endswith(".conf"))
        except OSError:
            names = []
        listings.append([os.path.join(directory, name) for name in names])
    files, problems = [], []
    for path in effective_files(listings):
        if os.path.realpath(path) == "/dev/null":  # how a file of a later directory is masked
            continue
        try:
            files.append((path, read_text(path)))
        except Unreadable as problem:
            problems.append(str(problem))
    return files, problems

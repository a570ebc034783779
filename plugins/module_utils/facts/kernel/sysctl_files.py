# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that systemd-sysctl will set at the next boot, and the file of each.

The rules are those of sysctl.d(5): drop-in files are read in the order of their names, and the last setting of a key
wins. A literal key takes precedence over a glob in any file. The pure part takes `(path, text)` pairs; `read_configuration`
does the reading.
"""

import fnmatch
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import drop_ins
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_noting
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.sysctl_names import key_path

DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
BESIDE = "/etc/sysctl.conf"
GLOB_CHARACTERS = "*?["


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


def settings_in(files, wanted):
    """Return `{name: [{"value", "source"}, ...]}`: all settings of each name of `wanted`, the one that wins at boot last.

    files: list of `(path, text)` in the order of reading. `source` is `path:line`.
    """
    literal, globs = {}, []
    for path, text in files:
        for number, line in enumerate(text.splitlines(), 1):
            parsed = parse_line(line)
            if parsed is None:
                continue
            key, value, _optional = parsed
            if value is None:
                literal[key] = None
                continue
            entry = {"value": " ".join(value.split()), "source": f"{path}:{number}"}
            if any(character in key for character in GLOB_CHARACTERS):
                globs.append((key, entry))
            else:
                literal[key] = (literal.get(key) or []) + [entry]
    outcome = {}
    for name in wanted:
        key = key_path(name)
        excluded = key in literal and literal[key] is None
        matching = [] if excluded else [entry for pattern, entry in globs if _glob_matches(pattern, key)]
        outcome[name] = matching + (literal.get(key) or [])
    return outcome


def _glob_matches(pattern, key):
    """A glob of sysctl.d never spans a slash."""
    parts, wanted = pattern.split("/"), key.split("/")
    return len(parts) == len(wanted) and all(fnmatch.fnmatchcase(text, part) for part, text in zip(parts, wanted))


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

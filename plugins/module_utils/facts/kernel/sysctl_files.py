# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of sysctl.d: which ones there are, and what each of their lines says. What a boot makes of them: sysctl_boot_replay.

The pure part takes `(path, text)` pairs; `read_configuration` reads.
"""

import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import drop_ins
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_noting
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.sysctl_names import key_path

DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
BESIDE = "/etc/sysctl.conf"
# systemd ends a line at any of these; sysctl at a line feed only.
_LINE_ENDS = re.compile(r"\r\n|\n\r|[\n\r\0]")
LINE_FEED = re.compile(r"\n")
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

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that prevent loading a kernel module: modprobe.d and the kernel's command line.

An `install` command replaces loading, for modprobe and at boot. `blacklist` stops systemd-modules-load and the kernel's own
requests, but not an explicit modprobe. The command line can forbid a module altogether.
"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import drop_ins
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_noting
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.kernel_files import module_name

DIRECTORIES = (
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
)
COMMAND_LINE = "/proc/cmdline"
_PROGRAM = re.compile(r"(?:/[A-Za-z0-9_.-]+)+\Z")


def obstacles_in_files(files):
    """Return `{module: {"how": "install" or "blacklist", "source": "path:line", "line": text}}` from `(path, text)` pairs.

    An install command that calls modprobe or insmod itself does not count.
    """
    found = {}
    for path, text in files:
        for number, line in _logical_lines(text):
            words = line.split()
            if len(words) < 2 or words[0] not in ("install", "blacklist"):
                continue
            if words[0] == "install" and any("modprobe" in word or "insmod" in word for word in words[2:]):
                continue
            name = module_name(words[1])
            if found.get(name, {}).get("how") != "install":  # the stronger one
                found[name] = {"how": words[0], "source": f"{path}:{number}", "line": _shown(words)}
    return found


def _shown(words):
    """A line without secrets: of the command of `install`, only the program is shown."""
    if len(words) > 3 or not all(_PROGRAM.match(word) for word in words[2:]):
        words = words[:2] + [word for word in words[2:3] if _PROGRAM.match(word)] + ["********"]
    return " ".join(words)


def obstacles_in_command_line(text):
    """As obstacles_in_files, from the kernel's command line; `how` is `install` for modules that modprobe cannot load."""
    found = {}
    for word in text.split():
        key, _equals, names = word.partition("=")
        if key in ("module_blacklist", "modprobe.blacklist"):
            how = "install" if key == "module_blacklist" else "blacklist"
            for name in filter(None, names.split(",")):
                found[module_name(name)] = {"how": how, "source": "the kernel's command line", "line": word}
    return found


def read_obstacles(problems):
    """Return the obstacles of this host, as obstacles_in_files does; problems: takes the Unreadable of each file."""
    files, unread = drop_ins.read_directories(DIRECTORIES)
    problems += unread
    found = obstacles_in_files(files)
    found.update(obstacles_in_command_line(read_noting(COMMAND_LINE, problems) or ""))
    return found


def _logical_lines(text):
    """Yield `(number of the first line, text)`; a line that ends with a backslash goes on in the next."""
    pending, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        began = began or number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        yield began, pending + line
        pending, began = "", 0
    if pending:
        yield began, pending

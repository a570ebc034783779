# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With which arguments chronyd runs or would be started: another file, or directives instead of one."""

import getopt

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.time.service_commands import read_commands

UNITS = ("chrony.service", "chronyd.service", "chronyd-restricted.service")
OPTIONS = "46df:F:hl:L:mnpP:qQrRst:u:Uvx"


def parse_arguments(words):
    """Return `{file, directives}` of the arguments of chronyd: the last -f or None, and lines that stand instead of a file."""
    try:
        options, directives = getopt.gnu_getopt(list(words), OPTIONS)
    except getopt.GetoptError:
        return {"file": None, "directives": []}
    files = [value for name, value in options if name == "-f"]
    return {"file": files[-1] if files else None, "directives": directives}


def read_command(commands=read_commands):
    """Return what parse_arguments does of the chronyd that runs, else of the one that its service starts."""
    try:
        known = commands(UNITS)
    except Unreadable:
        return parse_arguments([])
    return parse_arguments(next((words[1:] for words in known.values() if words), []))

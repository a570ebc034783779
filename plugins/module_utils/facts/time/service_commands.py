# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command that a service runs now, else the one that it starts, with the variables of its files."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_bytes,
    read_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text

PROPERTIES = "--property=Id,LoadState,ActiveState,MainPID,ExecStart,Environment,EnvironmentFiles"


def read_commands(names, ask=run_text, read=read_bytes):
    """Return `{unit: [word]}` of the services of these names that are installed, those that run first.

    names may be patterns. ask, read: what runs a program, and what reads a file. Raises Unreadable where systemd does not answer.
    """
    shown = ask(["systemctl", "show", PROPERTIES] + list(names))
    units = [_properties(block) for block in shown.strip().split("\n\n")]
    loaded = [unit for unit in units if unit.get("LoadState") == "loaded"]
    loaded.sort(key=lambda unit: unit.get("ActiveState") != "active")
    return {unit.get("Id", ""): _running(unit, read) or _started(unit) for unit in loaded}


def _properties(block):
    """The properties of a unit; the values of one that has several lines are joined."""
    found = {}
    for line in block.splitlines():
        name, _equals, value = line.partition("=")
        found[name] = f"{found[name]} {value}" if name in found else value
    return found


def _running(unit, read):
    if unit.get("MainPID", "0") == "0":
        return []
    try:
        return (
            read("/proc/{}/cmdline".format(unit["MainPID"]), 65536).decode("utf-8", "replace").rstrip("\0").split("\0")
        )
    except Unreadable:
        return []


def _started(unit):
    found = re.search(r"argv\[\]=(.*?) ; ", unit.get("ExecStart", ""))
    if not found:
        return []
    known = dict(word.partition("=")[::2] for word in unit.get("Environment", "").split())
    for path in re.findall(r"(/\S+) \(ignore_errors=", unit.get("EnvironmentFiles", "")):
        try:
            lines = [line.strip() for line in read_text(path).splitlines()]
        except Unreadable:
            continue
        known.update(line.partition("=")[::2] for line in lines if "=" in line and line[0] not in "#;")
    words = []
    for word in found.group(1).split():
        words += known.get(word.strip("${}"), "").strip("\"'").split() if word.startswith("$") else [word]
    return words

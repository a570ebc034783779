# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxy settings of container runtimes: in their running processes, and after their next start."""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable, read_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.proxy_texts import (
    VARIABLES,
    settings,
    unit_settings,
)

SERVICES = ("docker", "containerd")
PROPERTIES = "--property=Id,LoadState,ActiveState,MainPID,Environment,EnvironmentFiles"


def service_evidence(display, run=run_text, read=read_text):
    """Return `{service: {"running", "now", "at_next_start", "outdated"}}` of what is installed; `{"error"}` without systemd.

    now and at_next_start: `{variable: {"value", "password"}}` as in `proxy_evidence`. now is None where nothing runs, and
    where its environment cannot be read. outdated: whether a restart would change now. display: a masked_urls.Display.
    """
    try:
        listed = run(["systemctl", "show", PROPERTIES] + [name + ".service" for name in SERVICES])
        inherited = _pairs(settings(run(["systemctl", "show-environment"])), display)
    except Unreadable as problem:
        return {"error": str(problem)}
    found = {}
    for unit in units(listed):
        if unit.get("LoadState") != ["loaded"]:
            continue
        process = unit.get("MainPID", ["0"])[0]
        running = unit.get("ActiveState") == ["active"] and process != "0"
        now = _now(process, read) if running else None
        next_start = _proxies(inherited + _of_unit(unit, display, read))
        found[unit["Id"][0].rpartition(".")[0]] = {
            "running": running,
            "now": None if now is None else _shown(now, display),
            "at_next_start": _shown(next_start, display),
            "outdated": now is not None and now != next_start,
        }
    return found


def units(text):
    """Return a list of `{property: [value, ...]}` from the output of `systemctl show` for several units."""
    found = []
    for block in text.strip().split("\n\n"):
        properties = {}
        for line in block.splitlines():
            name, equals, value = line.partition("=")
            if equals:
                properties.setdefault(name, []).append(value)
        found.append(properties)
    return found


def _of_unit(unit, display, read):
    """Return [(name, value)] that systemd sets for the unit's processes; files take precedence."""
    pairs = []
    for line in unit.get("Environment", []):
        pairs += _pairs(unit_settings(line), display)
    for line in unit.get("EnvironmentFiles", []):
        try:
            pairs += _pairs(settings(read(re.sub(r" \(ignore_errors=\w+\)\Z", "", line))), display)
        except Unreadable:  # systemd ignores it, or the unit does not start at all
            continue
    return pairs


def _pairs(found, display):
    """Return [(name, value)] of (name, value, cut), and have the display hide values that were cut off."""
    pairs = []
    for name, value, cut in found:
        if cut:
            display.hide(value)
        pairs.append((name, value))
    return pairs


def _now(process, read):
    try:
        text = read(f"/proc/{process}/environ")
    except Unreadable:
        return None
    return _proxies([pair.partition("=")[::2] for pair in text.split("\0")])


def _proxies(pairs):
    return {name: value for name, value in pairs if name.lower() in VARIABLES and value}


def _shown(environment, display):
    shown = {name: display.setting(name, value) for name, value in environment.items()}
    return {name: {"value": value, "password": password} for name, (value, password) in shown.items()}


def systemd_version(run=run_text):
    """Return the version of systemd as a number, None where there is none."""
    try:
        match = re.match(r"systemd (\d+)", run(["systemctl", "--version"]))
    except Unreadable:
        return None
    return int(match.group(1)) if match else None

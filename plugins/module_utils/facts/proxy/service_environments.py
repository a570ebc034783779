# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxy settings of container runtimes and of Kubernetes: in their running processes, and after their next start."""

import glob
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable, read_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy import (
    docker_configuration,
    systemd_environment_file,
    systemd_unit_directives,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.proxy.assignment import (
    VARIABLES,
    goes_on,
    is_proxy,
)

# k3s and rke2 run kubelet and containerd within their own service.
SERVICES = ("docker", "containerd", "crio", "kubelet", "rke2-server", "rke2-agent", "k3s", "k3s-agent")
# What they hand on to their containerd in the place of the variable without it.
CONTAINERD = "containerd_"
PROPERTIES = "--property=Id,LoadState,ActiveState,MainPID,Environment,EnvironmentFiles,UnsetEnvironment"


def concerns(name):
    """Whether a variable of a service is one of proxies."""
    lower = name.lower()
    return (lower[len(CONTAINERD) :] if lower.startswith(CONTAINERD) else lower) in VARIABLES


def service_evidence(display, version=None, run=run_text, host=None):
    """Return `{service: {"running", "now", "at_next_start", "outdated"}}` of what is installed; `{"error"}` without systemd.

    now and at_next_start: `{variable: {"value", "password"}}` as in `proxy_evidence`. now is None where nothing runs, and
    where its environment cannot be read. outdated: whether a restart would change now. display: a masked_urls.Display.
    version: of systemd, None where it is not known. host: a Host.
    """
    host = host or Host()
    version = systemd_environment_file.ENDS_COMMENTS if version is None else version
    try:
        listed = run(["systemctl", "show", PROPERTIES] + [name + ".service" for name in SERVICES])
        inherited = systemd_unit_directives.shown_environment(run(["systemctl", "show-environment"]))
    except Unreadable as problem:
        return {"error": str(problem)}
    found = {}
    for unit in units(listed):
        if unit.get("LoadState") != ["loaded"]:
            continue
        name = unit["Id"][0].rpartition(".")[0]
        process = unit.get("MainPID", ["0"])[0]
        running = unit.get("ActiveState") == ["active"] and process != "0"
        own, changed = _of_daemon(host, process, run) if name == "docker" else ([], False)
        now = _now(process, host, own, changed) if running else None
        next_start = _proxies(_without(inherited + _of_unit(unit, display, version, host), unit) + own)
        found[name] = {
            "running": running,
            "now": None if now is None else _shown(now, display),
            "at_next_start": _shown(next_start, display),
            "outdated": now is not None and now != next_start,
        }
    return found


class Host:
    """Files of the host on which the services run."""

    def read(self, path):
        """Return the text of a file; raises Unreadable."""
        return read_text(path)

    def matching(self, pattern):
        """Return the paths that match a pattern."""
        return sorted(glob.glob(pattern))

    def changed_since(self, path, process):
        """Whether a file is newer than a process."""
        try:
            return os.stat(path).st_mtime > os.stat(f"/proc/{process}").st_mtime
        except OSError:
            return False


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


def _of_unit(unit, display, version, host):
    """Return [(name, value)] that systemd sets for the unit's processes; files take precedence."""
    pairs = []
    for line in unit.get("Environment", []):
        shown = systemd_unit_directives.shown_by_systemctl(line)
        _hide_cut(display, goes_on(line, [value for name, value in shown if is_proxy(name)]), shown)
        pairs += shown
    for line in unit.get("EnvironmentFiles", []):
        for path in host.matching(re.sub(r" \(ignore_errors=\w+\)\Z", "", line)):
            try:
                found = systemd_environment_file.environment(host.read(path), version)
            except Unreadable:  # systemd ignores it, or the unit does not start at all
                continue
            for each in found:
                _hide_cut(display, each.cut, [(each.name, each.value)])
            pairs += [(each.name, each.value) for each in found if not each.ignored]
    return pairs


def _without(pairs, unit):
    """Return pairs without those that UnsetEnvironment= of the unit takes away, by name or by name and value."""
    taken = {word for line in unit.get("UnsetEnvironment", []) for word in line.split()}
    return [(name, value) for name, value in pairs if name not in taken and f"{name}={value}" not in taken]


def _hide_cut(display, cut, pairs):
    """Have the display hide values that were cut off."""
    for pair in pairs if cut else ():
        display.hide(pair[1])


def _of_daemon(host, process, run):
    """Return ([(name, value)] that docker's daemon sets for itself, whether its file is newer than the process)."""
    try:
        text = host.read(docker_configuration.DAEMON_FILE)
        found = docker_configuration.environment(text, docker_configuration.daemon_release(run))
    except (Unreadable, ValueError):
        return [], False
    changed = bool(found) and host.changed_since(docker_configuration.DAEMON_FILE, process)
    return [(each.name, each.value) for each in found], changed


def _now(process, host, own, changed):
    """Return the variables that a process has in use; None where that is not known."""
    try:
        text = host.read(f"/proc/{process}/environ")
    except Unreadable:
        return None
    return None if changed else _proxies([pair.partition("=")[::2] for pair in text.split("\0")] + own)


def _proxies(pairs):
    return {name: value for name, value in dict(pairs).items() if concerns(name) and value}


def _shown(environment, display):
    shown = {name: display.setting(name, value) for name, value in environment.items()}
    return {name: {"value": value, "password": password} for name, (value, password) in shown.items()}

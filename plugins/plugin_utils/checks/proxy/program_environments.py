# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxies that each reader of settings ends up with, whichever files they are from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part

NO_PROXY = "no_proxy"
SESSIONS, LOGIN_SHELLS, SYSTEMD = "sessions", "login shells", "systemd"
INSTALLER, APT = "installer", "apt"
PACKAGE_MANAGERS = (APT, "dnf", "yum")
# k3s and rke2 hand variables with this prefix on to their containerd, without it.
CONTAINERD = "CONTAINERD_"


class Environment(NamedTuple):
    """Variables of one reader.

    reader: what a person calls it. program: what no_proxy_program_rules calls it, "" where it stands for many programs.
    variables: {name: setting}, as `proxy_evidence` has it, without what is overridden or ignored. ignored: settings that have
    no effect. no_proxy_files: the files that decide its NO_PROXY.
    """

    reader: str
    program: str
    variables: Mapping[str, Row]
    ignored: list[Row]
    no_proxy_files: list[str]


def environments(evidence: Evidence) -> list[Environment]:
    """Return the Environments of a node, of every reader that has settings of its own or runs with some."""
    found = part(evidence, "host", "proxy")
    by_reader: dict[str, list[Row]] = {}
    for entry in found["settings"]:
        by_reader.setdefault(entry["reader"], []).append(entry)
    services = found.get("services") or {}
    known = {} if "error" in services else services
    plain = (SESSIONS, LOGIN_SHELLS, SYSTEMD, INSTALLER, *PACKAGE_MANAGERS)
    listed = []
    for reader in dict.fromkeys([*by_reader, *(name for name in known if known[name]["at_next_start"])]):
        own = by_reader.get(reader, [])
        if reader in plain:
            inherited = by_reader.get(SESSIONS, []) if reader == LOGIN_SHELLS else []
            listed.append(_merged(reader, [*inherited, *own], own, found, ""))
        elif reader in known:
            entries = [*by_reader.get(SYSTEMD, []), *own]
            listed += _with_containerd(_running(reader, known[reader]["at_next_start"], entries))
        else:  # not installed yet
            listed += _with_containerd(_merged(reader, [*by_reader.get(SYSTEMD, []), *own], own, found, reader))
    return listed


def _with_containerd(service: Environment) -> list[Environment]:
    """An Environment of a service, and that of the containerd that it runs with variables of its own."""
    own = {name[len(CONTAINERD) :]: each for name, each in service.variables.items() if name.startswith(CONTAINERD)}
    if not own:
        return [service]
    plain = {name: each for name, each in service.variables.items() if not name.startswith(CONTAINERD)}
    program = service.program if all(is_url(name) for name in own) else "containerd"
    containerd = service._replace(
        reader=f"containerd of {service.reader}", program=program, variables={**plain, **own}, ignored=[]
    )
    return [service._replace(variables=plain), containerd]


def _merged(reader: str, entries: list[Row], own: list[Row], found: Row, program: str) -> Environment:
    """The Environment of settings that are read one after the other."""
    variables = {entry["variable"]: entry for entry in entries if not entry.get("ignored")}
    files: list[str] = found.get("apt_files", []) if reader == APT else []
    return Environment(
        reader,
        program,
        {name: entry for name, entry in variables.items() if entry["value"] or entry.get("unknown")},
        [entry for entry in own if entry.get("ignored")],
        files or _no_proxy_files(entries, own),
    )


def _running(reader: str, given: Mapping[str, Mapping[str, str]], entries: list[Row]) -> Environment:
    """The Environment that systemd itself gives to a service; files only explain it."""
    sources = {entry["variable"]: entry["source"] for entry in entries if not entry.get("ignored")}
    variables = {
        name: {
            "reader": reader,
            "source": sources.get(name, f"the environment of {reader}"),
            "variable": name,
            "unknown": "",
            **shown,
        }
        for name, shown in given.items()
    }
    ignored = [entry for entry in entries if entry.get("ignored") and entry["variable"] not in given]
    files = _no_proxy_files(entries, entries) or [f"the environment of {reader}"]
    return Environment(reader, reader, variables, ignored, files)


def _no_proxy_files(entries: list[Row], own: list[Row]) -> list[str]:
    """The files whose NO_PROXY counts; where none has one, the files that name a proxy."""
    last = {entry["variable"]: entry["source"] for entry in entries if not is_url(entry["variable"])}
    return list(dict.fromkeys(last.values() or (entry["source"] for entry in own)))


def is_url(variable: str) -> bool:
    """Whether a variable names a proxy, and not hosts that are reached without one."""
    return not variable.lower().endswith((NO_PROXY, "direct"))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which settings changed between two runs: the inputs of the audit, and what is set on a node."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, NamedTuple, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.saved_run import SavedRun
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field

ROLE = "rtf_preflight"
OF_THE_RUN = ""  # in place of a node, for the inputs
# {node, or OF_THE_RUN: {name of a setting: value as a text}}
Settings = Mapping[str, Mapping[str, str]]


class ChangedSetting(TypedDict):
    """A setting that has another value than before."""

    node: Annotated[str, Field("The node, empty for an input of the audit.")]
    setting: Annotated[str, Field("The variable of an input, or what is set on the node.")]
    before: Annotated[str, Field("Its value before.")]
    after: Annotated[str, Field("Its value now.")]


class _Setting(NamedTuple):
    """path: of the evidence of the host, `*` for every key. name: with `{}` for that key."""

    name: str
    path: tuple[str, ...]
    text: Callable[[Any], str]


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _listed(value: Any) -> str:
    return ", ".join(map(_plain, value)) or "none"


def _names(value: Any) -> str:
    return _listed(sorted(value.keys()))


def _fields(*names: str) -> Callable[[Any], str]:
    """A text of entries that are dictionaries, by some of their fields, in any order."""
    return lambda entries: _listed(sorted(" ".join(_plain(entry[name]) for name in names) for entry in entries))


def _gibibytes(value: Any) -> str:
    return f"{value / 1024**3:.1f} GiB"


# What is set, not what is measured or goes on: none of it differs between two runs unless a host was changed.
SETTINGS = (
    _Setting("host name", ("system", "hostname", "name"), _plain),
    _Setting("operating system", ("system", "os", "name"), _plain),
    _Setting("running kernel", ("kernel", "release"), _plain),
    _Setting("newest kernel", ("kernel", "newest"), _plain),
    _Setting("CPUs", ("system", "hardware", "cpus"), _plain),
    _Setting("memory", ("system", "hardware", "memory"), _gibibytes),
    _Setting("Kubernetes", ("system", "kubernetes", "version"), _plain),
    _Setting("{}", ("kernel", "sysctls", "*", "live"), _plain),
    _Setting("{} at boot", ("kernel", "sysctls", "*", "at_boot"), _plain),
    _Setting("kernel module {}", ("kernel", "modules", "*", "how"), _plain),
    _Setting("kernel module {} at boot", ("kernel", "modules", "*", "at_boot"), _plain),
    _Setting("SELinux", ("selinux", "mode"), _plain),
    _Setting("SELinux at boot", ("selinux", "configured"), _plain),
    _Setting("swap", ("swap", "active"), _fields("name")),
    _Setting("time zone", ("time", "timezone"), _plain),
    _Setting("{} is active", ("time", "units", "*", "active"), _plain),
    _Setting("{} is enabled", ("time", "units", "*", "enabled"), _plain),
    _Setting("firewalls", ("firewall", "active"), _names),
    _Setting("default gateway", ("network", "default_route", "gateway"), _plain),
    _Setting("interface of the default route", ("network", "default_route", "interface"), _plain),
    _Setting("name servers", ("network", "resolvers", "nameservers"), _listed),
    _Setting("DNS search domains", ("network", "resolvers", "search"), _listed),
    _Setting("MTU of {}", ("network", "mtus", "*"), _plain),
    _Setting("file system below {}", ("storage", "room", "*", "type"), _plain),
    _Setting("mount point of {}", ("storage", "room", "*", "mount"), _plain),
    _Setting("size of the file system of {}", ("storage", "room", "*", "total"), _gibibytes),
    _Setting("proxy settings", ("proxy", "settings"), _fields("source", "variable", "value")),
    _Setting("package repositories", ("packages", "repositories"), _fields("name")),
)


def of_run(run: SavedRun) -> Settings:
    """Return the inputs of a run, and what is set on each node that it collected evidence of."""
    variables = {option.short: option.input.name for option in input_declarations.load().of_role(ROLE).values()}
    inputs = {variables.get(name, name): _plain(value) for name, value in run["inputs"].items()}
    nodes = {name: _of_host(own["host"]) for name, own in run["nodes"].items() if "host" in own}
    return {OF_THE_RUN: inputs, **nodes}


def changes(before: Settings, after: Settings) -> list[ChangedSetting]:
    """Return what differs. What only one of them knows of has not changed."""
    return [
        {"node": node, "setting": name, "before": before[node][name], "after": value}
        for node, found in after.items()
        for name, value in found.items()
        if value != before.get(node, {}).get(name, value)
    ]


def _of_host(host: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for setting in SETTINGS:
        for key, value in _values(host, setting.path):
            try:
                found[setting.name.format(key)] = setting.text(value)
            except (AttributeError, KeyError, TypeError):  # of another version, or {"error": why}
                continue
    return found


def _values(value: Any, path: tuple[str, ...], key: str = "") -> Iterator[tuple[str, Any]]:
    """(the key in the place of `*`, the value) of everything at a path."""
    if not path:
        yield key, value
    elif isinstance(value, dict) and set(value) != {"error"}:
        for name in sorted(value) if path[0] == "*" else [path[0]] if path[0] in value else []:
            yield from _values(value[name], path[1:], name if path[0] == "*" else key)

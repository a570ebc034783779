# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of rtf_kernel: modules and parameters now and at boot, and what a site has switched off besides."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.sysctl_names import dotted_name
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import (
    swap_selinux_and_offloads,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Change,
    Cluster,
    File,
    Host,
    Inputs,
    Plan,
    Remembered,
    Role,
    differs,
    section,
    text_of,
)

PORT_RANGE, RESERVED_PORTS = "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"
FORWARDING = "net.ipv4.ip_forward"
# Without the bridge module there are no such parameters, and bridged packets pass as they do when these are 0.
BRIDGE_PREFIX, WITHOUT_BRIDGE = "net.bridge.", "0"
CHECKS = ["kernel.*", "host.inotify"]
# What the service of a cluster loads and sets by itself, and the role leaves to it.
LOADABLE, OF_THE_SERVICE = "loadable_modules", "sysctls_of_the_service"

Row = Mapping[str, Any]


class Boot(NamedTuple):
    """What our files have: `{name: value}` of the one of sysctl.d, `[name]` of the one of modules-load.d."""

    sysctls: dict[str, str]
    modules: list[str]


class KernelPlan(NamedTuple):
    """boot: what our files get. removals: names that they have and no longer get.

    load: modules to load now. set: the parameters that have another value now, and replaced these values. optional:
    parameters that the vendor's page does not ask for, so that a kernel that refuses them does not stop the role.
    """

    boot: Boot
    removals: list[str]
    load: list[str]
    set: dict[str, str]
    replaced: dict[str, str]
    optional: list[str]


def inspection(inputs: Inputs, remembered: Remembered | None) -> dict[str, Any]:
    """Return the arguments of host_info and judge; see Role."""
    files = [inputs["sysctl_file"], inputs["modules_file"], swap_selinux_and_offloads.OFFLOAD_FILE]
    if remembered is not None:
        names = [one.section for one in swap_selinux_and_offloads.SWITCHES if one.section in remembered]
        return {"sections": ["kernel", *names], "files": files, "sysctls": list(remembered.get("sysctls", {}))}
    switches = [one for one in swap_selinux_and_offloads.SWITCHES if inputs[one.name]]
    checks = [one.check for one in switches]
    return {
        "sections": ["kernel", *(one.section for one in switches)],
        "files": files,
        "units": [swap_selinux_and_offloads.OFFLOAD_UNIT] if inputs["tunnel_offload_off"] else [],
        **kernel_probes(_settings(inputs), given(inputs["extra_sysctls"]) or (), given(inputs["extra_modules"]) or ()),
        "checks": CHECKS + checks,
        "must_pass": checks + (["kernel.reserved_ports"] if given(inputs["reserve_ports"]) else []),
    }


def plan(inputs: Inputs, host: Host, cluster: Cluster) -> Plan:
    """Return the plan of a node; see Role."""
    former = Boot(settings_in(text_of(host, inputs["sysctl_file"])), names_in(text_of(host, inputs["modules_file"])))
    found = kernel_plan(
        section(host, "kernel"),
        _settings(inputs),
        inputs["sysctl_file"],
        former,
        given(inputs["extra_sysctls"]),
        given(inputs["extra_modules"]),
        given(inputs["reserve_ports"]),
        _of_clusters() if given(inputs["cluster_profile"]) is None else frozenset(),
    )
    record: dict[str, Any] = {"sysctls": found.replaced} if found.replaced else {}
    changes = _kernel_changes(found, inputs, host, cluster.header)
    for switch in swap_selinux_and_offloads.SWITCHES:
        if inputs[switch.name]:
            recorded, more = switch.plan(host, inputs, cluster)
            changes += more
            record.update(recorded)
    removals = [f"No longer set or loaded at boot: {', '.join(found.removals)}"] if found.removals else []
    return Plan(changes, record, removals)


def revert(inputs: Inputs, host: Host, remembered: Remembered) -> Plan:
    """Return the way back to what is recorded. Loaded modules stay until the next boot: other programs may use them."""
    changes: list[Change] = []
    ours = [path for path in (inputs["sysctl_file"], inputs["modules_file"]) if host["files"].get(path)]
    if ours:
        changes.append(
            {
                "step": "Restore the boot configuration by removing the role's files",
                "kind": "removed_files",
                "removed": ours,
            }
        )
    # Without the bridge module its parameters are gone, and need not be restored.
    live = {name: entry["live"] for name, entry in section(host, "kernel")["sysctls"].items()}
    values = {
        name: value
        for name, value in remembered.get("sysctls", {}).items()
        if live.get(name) is not None and live[name] != value
    }
    if values:
        # A parameter that the kernel refuses to restore is one that it refused to change.
        changes.append(
            {"step": "Restore kernel parameters", "kind": "parameters", "parameters": values, "optional": list(values)}
        )
    for switch in swap_selinux_and_offloads.SWITCHES:
        if switch.section in remembered:
            changes += switch.revert(host, remembered[switch.section])
    return Plan(changes)


def unmet_extras(inputs: Inputs, host: Host) -> list[str]:
    """Return a sentence where the site's own parameters and modules are not in force; see Role."""
    found = unmet(section(host, "kernel"), given(inputs["extra_sysctls"]), given(inputs["extra_modules"]))
    names = "rtf_kernel_extra_sysctls and rtf_kernel_extra_modules"
    return [f"{names} are not in force: {'; '.join(found)}"] if found else []


# Modules and parameters may change what a firewall does with packets, and not which rules it has.
ROLE = Role(inspection, plan, revert, judged=lambda shown: shown, unmet=unmet_extras, unsettles=("rtf_firewall",))


def _kernel_changes(found: KernelPlan, inputs: Inputs, host: Host, header: str) -> list[Change]:
    """Return the changes of modules and parameters. Modules are loaded first: parameters of the bridge appear with its module."""
    modules, sysctls = files(found.boot, inputs, header)
    changes: list[Change] = []
    differing = [file for file in (modules, sysctls) if differs(host, file)]
    if differing:
        changes.append({"step": "Configure the kernel for boot", "kind": "files", "files": differing})
    if found.load:
        announcement = f"These modules would be loaded: {', '.join(found.load)}"
        changes.append(
            {
                "step": "Configure the running kernel by loading missing modules",
                "kind": "modules",
                "modules": found.load,
                "announcement": announcement,
            }
        )
    if found.set:
        optional = [name for name in found.optional if name in found.set]
        changes.append(
            {"step": "Set kernel parameters", "kind": "parameters", "parameters": found.set, "optional": optional}
        )
    return changes


def files(boot: Boot, inputs: Inputs, header: str) -> tuple[File, File]:
    """Return our files of modules-load.d and of sysctl.d."""
    modules = "".join(f"{name}\n" for name in boot.modules)
    sysctls = "".join(f"{name} = {value}\n" for name, value in sorted(boot.sysctls.items()))
    return (
        {"path": inputs["modules_file"], "content": header + modules, "mode": "0644"},
        {"path": inputs["sysctl_file"], "content": header + sysctls, "mode": "0644"},
    )


def settings_in(text: str) -> dict[str, str]:
    """Return `{name: value}` of the text of our file of sysctl.d."""
    pairs = (line.partition("=") for line in names_in(text))
    return {name.strip(): " ".join(value.split()) for name, separator, value in pairs if separator}


def names_in(text: str) -> list[str]:
    """Return the lines of a text that are not comments."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and line[0] not in "#;"]


def kernel_probes(
    settings: Iterable[Row], extra_sysctls: Iterable[str] = (), extra_modules: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Return `{"sysctls": [name], "kernel_modules": [name]}`: what host_info has to look up for the settings (rows)."""
    sysctls: list[str] = []
    modules: list[str] = []
    for expected in (row["expected"] for row in settings):
        for kind in ("sysctls", "sysctls_at_least", OF_THE_SERVICE):
            sysctls.extend(expected.get(kind, {}))
        if "reserved_ports" in expected:
            sysctls.extend([PORT_RANGE, RESERVED_PORTS])
        modules.extend([*expected.get("modules", []), *expected.get(LOADABLE, [])])
    return {
        "sysctls": list(dict.fromkeys([*sysctls, *extra_sysctls])),
        "kernel_modules": list(dict.fromkeys([*modules, *extra_modules])),
    }


def kernel_plan(
    kernel: Mapping[str, Any],
    settings: Iterable[Row],
    own_file: str,
    former: Boot,
    extra_sysctls: Mapping[str, Any] | None = None,
    extra_modules: Iterable[str] | None = None,
    reserve_ports: bool | None = None,
    undecided: frozenset[str] = frozenset(),
) -> KernelPlan:
    """Return what a kernel has to be given, from its evidence (the section kernel of host_info) and settings (rows).

    own_file: our file of sysctl.d, whose values are not the site's. former: what our files have. extra_sysctls,
    extra_modules, reserve_ports: None where the input is not set, so that what our files have of it stays. undecided:
    parameters and modules of which our files keep what they have.
    """
    found = kernel["sysctls"]
    sysctls: dict[str, str] = {}
    modules: list[str] = []
    optional: set[str] = set()
    for row in settings:
        wanted = _values(row["expected"], found, own_file, bool(reserve_ports))
        sysctls.update(wanted)
        modules.extend(row["expected"].get("modules", []))
        if row["severity"] != "required":
            optional.update(wanted)
    extra = normal(extra_sysctls or {})
    sysctls.update(extra)
    modules = list(dict.fromkeys([*modules, *(extra_modules or ())]))
    differing = {name: value for name, value in sysctls.items() if found[name]["live"] != value}
    before = {name: _before(name, found[name]["live"]) for name in differing}
    interfaces = _not_forwarding(kernel) if sysctls.get(FORWARDING) == "1" and FORWARDING not in differing else {}
    before.update(interfaces)
    ours, our_modules = _of_the_catalogue()
    kept = {
        name: value
        for name, value in former.sysctls.items()
        if name not in sysctls
        and (
            name in undecided
            or (reserve_ports is None if name == RESERVED_PORTS else extra_sysctls is None and name not in ours)
        )
    }
    others = [name for name in former.modules if name not in modules]
    kept_modules = [name for name in others if name in undecided or (extra_modules is None and name not in our_modules)]
    return KernelPlan(
        boot=Boot({**sysctls, **kept}, modules + kept_modules),
        removals=[name for name in former.sysctls if name not in sysctls and name not in kept]
        + [name for name in others if name not in kept_modules],
        load=[name for name in modules if _loadable(kernel["modules"][name])],
        set={**differing, **dict.fromkeys(interfaces, "1")},
        replaced={name: value for name, value in before.items() if value is not None},
        # An interface may be gone before it is set.
        optional=sorted((optional | interfaces.keys()) - set(extra)),
    )


def normal(sysctls: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters with their values as the kernel shows them."""
    return {name: " ".join(str(value).split()) for name, value in sysctls.items()}


def unmet(
    kernel: Mapping[str, Any], extra_sysctls: Mapping[str, Any] | None, extra_modules: Iterable[str] | None
) -> list[str]:
    """Return a sentence for each of the site's own parameters and modules that is not in force, now or at boot."""
    sysctls = _unmet_sysctls(normal(extra_sysctls or {}), kernel["sysctls"])
    return [*sysctls, *_unmet_modules(extra_modules or (), kernel["modules"])]


def listed_ports(text: str) -> set[int]:
    """Return the ports of a list such as ip_local_reserved_ports has; none where the kernel would refuse the text."""
    try:
        return set(port_ranges.numbers(filter(None, text.split(","))))
    except ValueError:
        return set()


def _settings(inputs: Inputs) -> list[Any]:
    """The settings of the release, and of the kind of cluster where that is set."""
    site = of_site(catalog.load(), {"cluster_profile": given(inputs["cluster_profile"])})
    return catalog.select_settings(site, inputs["release"])


@functools.cache
def _of_clusters() -> frozenset[str]:
    """Names of sysctls and modules that kinds of clusters ask for: without the kind it is not known whether this one does."""
    kinds = [
        row["expected"] for row in catalog.load().settings for row in (row, *row["changes"]) if row.get("clusters")
    ]
    return frozenset(name for expected in kinds for kind in ("sysctls", "modules") for name in expected.get(kind, ()))


@functools.cache
def _of_the_catalogue() -> tuple[frozenset[str], frozenset[str]]:
    """Names of sysctls and modules that some release asks for."""
    probes = kernel_probes(catalog.load().settings)
    return frozenset(probes["sysctls"]), frozenset(probes["kernel_modules"])


def _values(
    expected: Mapping[str, Any], found: Mapping[str, Any], own_file: str, reserve_ports: bool
) -> dict[str, str]:
    """The sysctls that one setting asks for on this node, `{name: value}`."""
    values: dict[str, str] = {}
    for name, value in expected.get("sysctls", {}).items():
        if found[name]["live"] is not None or not expected.get("only_where_present"):
            values[name] = value
    for name, minimum in expected.get("sysctls_at_least", {}).items():
        if found[name]["live"] is not None:
            sites = _sites_value(found[name], own_file)
            numbers = [int(text) for text in (found[name]["live"], sites or "") if text.isdecimal()]
            values[name] = str(max([minimum, *numbers]))
    if reserve_ports and "reserved_ports" in expected and found[RESERVED_PORTS]["live"] is not None:
        entry = found[RESERVED_PORTS]
        kept = listed_ports(entry["live"]) | listed_ports(_sites_value(entry, own_file) or "")
        values[RESERVED_PORTS] = ",".join(port_ranges.texts({*port_ranges.numbers(expected["reserved_ports"]), *kept}))
    return values


def _unmet_sysctls(wanted: Mapping[str, str], found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        entry = found[name]
        if entry["live"] is None:
            yield f"{name}: this kernel has no such parameter"
        elif entry["live"] != value:
            yield f"{name} is {entry['live']} and not {value}"
        elif entry["at_boot"] != value:
            yield f"{name} becomes {entry['at_boot']} at boot, set by {entry['at_boot_source']}"


def _unmet_modules(names: Iterable[str], found: Mapping[str, Any]) -> Iterator[str]:
    for name in names:
        obstacle = found[name]["obstacle"]
        because = f", because of `{obstacle['line']}` at {obstacle['source']}" if obstacle else ""
        if not found[name]["available"]:
            yield f"{name} is not loaded{because}"
        elif not found[name]["at_boot"]:
            yield f"{name} will not be loaded at boot{because}"


def _sites_value(entry: Mapping[str, Any], own_file: str) -> str | None:
    """What would be set at boot without our file, or None."""
    others = [one["value"] for one in entry["set_by"] if one["source"].rpartition(":")[0] != own_file]
    return others[-1] if others else None


def _not_forwarding(kernel: Mapping[str, Any]) -> dict[str, str]:
    """`{parameter: value}` of interfaces that have forwarding off by themselves, where it is on otherwise."""
    found = (kernel.get("boot") or {}).get("forwarding", {})
    return {
        dotted_name(f"net/ipv4/conf/{name}/forwarding"): entry["live"]
        for name, entry in found.items()
        if entry["live"] == "0"
    }


def _loadable(module: Mapping[str, Any]) -> bool:
    """Whether modprobe would find and load a module that is absent; one that is forbidden has to be allowed first."""
    forbidden = module["obstacle"] and module["obstacle"]["how"] == "install"
    return not module["available"] and bool(module["file"]) and not forbidden


def _before(name: str, live: str | None) -> str | None:
    return WITHOUT_BRIDGE if live is None and name.startswith(BRIDGE_PREFIX) else live

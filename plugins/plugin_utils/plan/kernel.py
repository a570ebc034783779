# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the catalogue's settings and the evidence of a node to what its kernel has to be given."""

import functools

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog

PORT_RANGE, RESERVED_PORTS = "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"
# Without the bridge module there are no such parameters, and bridged packets pass as they do when these are 0.
BRIDGE_PREFIX, WITHOUT_BRIDGE = "net.bridge.", "0"


def kernel_probes(settings, extra_sysctls=(), extra_modules=()):
    """Return `{"sysctls": [name], "kernel_modules": [name]}`: what host_info has to look up for the settings (rows)."""
    sysctls, modules = [], []
    for expected in (row["expected"] for row in settings):
        sysctls.extend(expected.get("sysctls", {}))
        sysctls.extend(expected.get("sysctls_at_least", {}))
        if "reserved_ports" in expected:
            sysctls.extend([PORT_RANGE, RESERVED_PORTS])
        modules.extend(expected.get("modules", []))
    return {
        "sysctls": list(dict.fromkeys([*sysctls, *extra_sysctls])),
        "kernel_modules": list(dict.fromkeys([*modules, *extra_modules])),
    }


def kernel_plan(kernel, settings, own_file, extra_sysctls=None, extra_modules=None, reserve_ports=None):
    """Return what a node's kernel is to be given, from its evidence (the kernel section of host_info) and the settings.

    own_file: the file of sysctl.d that is ours; what it sets is not the site's wish. extra_sysctls, extra_modules,
    reserve_ports: None where the site does not say; what our files have of a former run then stays in them. Keys of the result:
    sysctls: `{name: value}` for the file. modules: `[name]` for the file. taken_away: what our files have and no longer get.
    load: modules to load now. set: those sysctls whose value is another now. replaced: `{name: value before}` of these.
    optional: names in sysctls that the page of the vendor does not ask for, so that a kernel that refuses them does not stop
    the role. unmet: sentences on those of the site's own wishes that are not fulfilled, now or at boot.
    """
    found = kernel["sysctls"]
    sysctls, modules, optional = {}, [], set()
    for row in settings:
        wanted = _values(row["expected"], found, own_file, bool(reserve_ports))
        sysctls.update(wanted)
        modules.extend(row["expected"].get("modules", []))
        if row["severity"] != "required":
            optional.update(wanted)
    for name, value in (extra_sysctls or {}).items():
        sysctls[name] = " ".join(str(value).split())
        optional.discard(name)
    modules = list(dict.fromkeys([*modules, *(extra_modules or ())]))
    differing = {name: value for name, value in sysctls.items() if found[name]["live"] != value}
    files = kernel.get("files") or {"sysctls": {}, "modules": []}
    ours, our_modules = _of_the_catalogue()
    kept = {
        name: value
        for name, value in files["sysctls"].items()
        if name not in sysctls
        and (reserve_ports is None if name == RESERVED_PORTS else extra_sysctls is None and name not in ours)
    }
    kept_modules = (
        []
        if extra_modules is not None
        else [name for name in files["modules"] if name not in modules and name not in our_modules]
    )
    return {
        "sysctls": {**sysctls, **kept},
        "modules": modules + kept_modules,
        "taken_away": [name for name in files["sysctls"] if name not in sysctls and name not in kept]
        + [name for name in files["modules"] if name not in modules and name not in kept_modules],
        "load": [name for name in modules if _loadable(kernel["modules"][name])],
        "set": differing,
        "replaced": {
            name: _before(name, found[name]["live"])
            for name in differing
            if _before(name, found[name]["live"]) is not None
        },
        "optional": sorted(optional),
        "unmet": [
            *_unmet_sysctls(extra_sysctls or {}, sysctls, found),
            *_unmet_modules(extra_modules or (), kernel["modules"]),
        ],
    }


@functools.cache
def _of_the_catalogue():
    """Names of sysctls and modules that some release asks for."""
    probes = kernel_probes(catalog.load().settings)
    return frozenset(probes["sysctls"]), frozenset(probes["kernel_modules"])


def _values(expected, found, own_file, reserve_ports):
    """The sysctls that one setting asks for on this node, `{name: value}`."""
    values = {}
    for name, value in expected.get("sysctls", {}).items():
        if found[name]["live"] is not None or not expected.get("only_where_present"):
            values[name] = value
    for name, minimum in expected.get("sysctls_at_least", {}).items():
        if found[name]["live"] is not None:
            sites = _sites_value(found[name], own_file)
            values[name] = str(max([minimum, int(found[name]["live"])] + ([int(sites)] if sites else [])))
    if reserve_ports and "reserved_ports" in expected and found[RESERVED_PORTS]["live"] is not None:
        entry = found[RESERVED_PORTS]
        kept = [*entry["live"].split(","), *(_sites_value(entry, own_file) or "").split(",")]
        values[RESERVED_PORTS] = ",".join(
            port_ranges.texts(port_ranges.numbers([*expected["reserved_ports"], *filter(None, kept)]))
        )
    return values


def _unmet_sysctls(names, wanted, found):
    for name in names:
        entry = found[name]
        if entry["live"] is None:
            yield f"{name}: this kernel has no such parameter"
        elif entry["live"] != wanted[name]:
            yield f"{name} is {entry['live']} and not {wanted[name]}"
        elif entry["at_boot"] != wanted[name]:
            yield f"{name} becomes {entry['at_boot']} at boot, set by {entry['at_boot_source']}"


def _unmet_modules(names, found):
    for name in names:
        obstacle = found[name]["obstacle"]
        because = f", because of `{obstacle['line']}` at {obstacle['source']}" if obstacle else ""
        if not found[name]["available"]:
            yield f"{name} is not loaded{because}"
        elif not found[name]["at_boot"]:
            yield f"{name} will not be loaded at boot{because}"


def _sites_value(entry, own_file):
    """What would be set at boot without our file, or None."""
    others = [one["value"] for one in entry["set_by"] if one["source"].rpartition(":")[0] != own_file]
    return others[-1] if others else None


def _loadable(module):
    """Whether modprobe would find and load a module that is not there; one that is forbidden has to be allowed first."""
    forbidden = module["obstacle"] and module["obstacle"]["how"] == "install"
    return not module["available"] and bool(module["file"]) and not forbidden


def _before(name, live):
    return WITHOUT_BRIDGE if live is None and name.startswith(BRIDGE_PREFIX) else live

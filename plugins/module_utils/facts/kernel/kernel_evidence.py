# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel parameters and modules of the running kernel, and after the next boot."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import drop_ins, independent_readers
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    noted,
    read_noting,
    read_text_or_none,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.os_release import (
    platform_of,
    read_platform,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    kernel_files,
    parameter_evidence,
    sysctl_other_writers,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.installed_kernels import (
    installed_kernels,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.kernel_files import module_name
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.modprobe_files import read_obstacles

MODULES_LOAD_DIRECTORIES = (
    "/etc/modules-load.d",
    "/run/modules-load.d",
    "/usr/local/lib/modules-load.d",
    "/usr/lib/modules-load.d",
    "/lib/modules-load.d",
)
# Debian's older list, which systemd-modules-load reads by way of a link there and nowhere else.
MODULES_LIST = "/etc/modules"
# The services that read the files at boot.
READERS = ("systemd-sysctl.service", "systemd-modules-load.service")

# A path that exists only while the kernel has the feature, as a module or built in.
FEATURES = {
    "br_netfilter": "/proc/sys/net/bridge/bridge-nf-call-iptables",
    "ip_tables": "/proc/net/ip_tables_names",
    "ip_vs": "/proc/net/ip_vs",
    "nf_conntrack": "/proc/sys/net/netfilter/nf_conntrack_max",
}
# The option by which a feature is built in. Of two options, kernels that have the first one use it.
OPTIONS = {
    "br_netfilter": ("CONFIG_BRIDGE_NETFILTER",),
    "ebtables": ("CONFIG_BRIDGE_NF_EBTABLES_LEGACY", "CONFIG_BRIDGE_NF_EBTABLES"),
    "ebtable_filter": ("CONFIG_BRIDGE_EBT_T_FILTER",),
    "ip_tables": ("CONFIG_IP_NF_IPTABLES_LEGACY", "CONFIG_IP_NF_IPTABLES"),
    "iptable_filter": ("CONFIG_IP_NF_FILTER",),
    "iptable_nat": ("CONFIG_IP_NF_NAT",),
    "nf_conntrack": ("CONFIG_NF_CONNTRACK",),
    "overlay": ("CONFIG_OVERLAY_FS",),
}


def names_in_proc_modules(text):
    """Names in the text of /proc/modules."""
    return {module_name(line.split()[0]) for line in text.splitlines() if line.split()}


def names_in_filesystems(text):
    """Names in the text of /proc/filesystems (`nodev\toverlay`)."""
    return {line.split()[-1] for line in text.splitlines() if line.split()}


def names_in_modules_load(text):
    """Names in the text of one modules-load.d file."""
    lines = (line.strip() for line in text.splitlines())
    return {module_name(line) for line in lines if line and line[0] not in "#;"}


def built_in_by_configuration(text, name):
    """Whether a module's feature is built in, by the configuration of the kernel."""
    values = (kernel_files.option(text, one) for one in OPTIONS.get(name, ()))
    return next((value for value in values if value is not None), None) == "y"


def sysctl_evidence(names, problems, boot=None):
    """Return `{name: {"live", "at_boot", "at_boot_source", "set_by", "beside"}}`.

    `live` is None where the key does not exist, `at_boot` where nothing sets it. `set_by` is the list of `{"value",
    "source"}` of all lines that set it, the one that counts last; values are what the kernel makes of the text. `beside` is
    such an entry for the line that decides when `sysctl --system` runs, where that is another value than at boot, else None.
    `problems` takes the Unreadable of each file that could not be read. boot: as replayed_boot returns it, with those names.
    """
    found = boot or parameter_evidence.replayed_boot(names, problems)
    return {name: found["parameters"][name] for name in names}


def module_evidence(names, release, problems, next_release=None):
    """Return `{name: {"available", "how", "file", "obstacle", "at_boot", "at_boot_source"}}`.

    how: `loaded`, `built_in`, or `feature` where only the feature itself shows that the module is there (a kernel without
    /proc/modules and /lib/modules); `absent` otherwise. file: what modprobe would load for the running kernel, or None.
    obstacle: `{"how", "source", "line"}` of the setting that prevents loading it, or None. at_boot: whether it will be there
    after the next boot, into `next_release` where that is another kernel; at_boot_source is the file of modules-load.d that
    names it, or None. problems: takes the Unreadable of each file that could not be read.
    """
    loaded = names_in_proc_modules(read_text_or_none("/proc/modules") or "")
    filesystems = names_in_filesystems(read_text_or_none("/proc/filesystems") or "")
    files, built_in = kernel_files.module_files(release)
    problems += [
        problem for one in sorted({release, next_release or release}) for problem in kernel_files.unread_lists(one)
    ]
    next_files, next_built_in = (files, built_in)
    if next_release not in (None, release):
        next_files, next_built_in = kernel_files.module_files(next_release)
    configuration = kernel_files.configuration(release) or ""
    persisted, obstacles = _modules_loaded_at_boot(problems), read_obstacles(problems)
    evidence = {}
    for name in names:
        key = module_name(name)
        obstacle = obstacles.get(key)
        feature = key in filesystems or (key in FEATURES and os.path.exists(FEATURES[key]))
        if key in loaded:
            how = "loaded"
        elif key in built_in or built_in_by_configuration(configuration, key):
            how = "built_in"
        elif feature or os.path.isdir("/sys/module/" + key):
            how = "feature"
        else:
            how = "absent"
        same_kernel = next_release in (None, release)
        there_next = how in ("built_in", "feature") if same_kernel else key in next_built_in
        loadable_next = key in next_files or (same_kernel and how == "loaded")
        evidence[name] = {
            "available": how != "absent",
            "how": how,
            "file": files.get(key),
            "obstacle": obstacle,
            "at_boot": there_next or (key in persisted and obstacle is None and loadable_next),
            "at_boot_source": persisted.get(key),
        }
    return evidence


def _modules_loaded_at_boot(problems):
    """Names that systemd-modules-load will load, each with its file."""
    files, unread = drop_ins.read_directories(MODULES_LOAD_DIRECTORIES)
    problems += unread
    text = read_noting(MODULES_LIST, problems)
    if text is not None:
        files.append((MODULES_LIST, text))
    persisted = {}
    for path, text in files:
        for name in names_in_modules_load(text):
            persisted.setdefault(name, path)
    return persisted


def kernel_evidence(sysctls, modules):
    """Return the kernel section of host_info; its sysctls and its modules are `{"error": why}` where they are not known."""
    release = os.uname().release
    kernels = installed_kernels(release)
    problems = {"sysctls": [], "modules": []}
    units = unit_states()
    found = independent_readers.collect(
        {
            "boot": lambda: parameter_evidence.replayed_boot(sysctls, problems["sysctls"], units),
            "modules": lambda: module_evidence(modules, release, problems["modules"], kernels["newest"]),
        }
    )
    boot = found["boot"]
    unread = {name: noted(entries) for name, entries in problems.items()}
    return {
        "sysctls": boot if "error" in boot else sysctl_evidence(sysctls, [], boot),
        "boot": {name: part for name, part in boot.items() if name != "parameters"},
        "modules": found["modules"],
        "release": release,
        "newest": kernels["newest"],
        "modular": os.path.exists("/proc/modules"),
        "modules_present": kernels["modules_present"],
        "platform": _platform(),
        "masked": _masked(units),
        "unreadable": {name: entry["unreadable"] for name, entry in unread.items()},
        "dangling": {name: entry["dangling"] for name, entry in unread.items()},
    }


def masked_readers(run=run_text):
    """Return those of READERS that are masked, and do not run at boot. Nothing where systemd does not answer."""
    return _masked(unit_states(run))


def _masked(units):
    return [name for name in READERS if (units or {}).get(name, {}).get("LoadState") == "masked"]


def unit_states(run=run_text):
    """Return `{unit: {"LoadState", "ActiveState", "UnitFileState"}}` of READERS and of other writers, or None."""
    names = list(READERS) + list(sysctl_other_writers.UNITS)
    try:
        shown = run(["systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState"] + names)
    except Unreadable:
        return None
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in shown.strip().split("\n\n")]
    return {block["Id"]: block for block in blocks if block.get("Id")}


def _platform():
    """The platform of this host, empty where its file cannot be read."""
    try:
        return read_platform()
    except Unreadable:
        return platform_of({})

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the running kernel offers and what it will offer after the next boot: sysctls and kernel modules."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import sysctl_files
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.bounded_reading import (
    Unreadable,
    read_text,
    read_text_or_none,
)

MODULES_LOAD_DIRECTORIES = (
    "/etc/modules-load.d",
    "/run/modules-load.d",
    "/usr/local/lib/modules-load.d",
    "/usr/lib/modules-load.d",
    "/lib/modules-load.d",
)

# A path that exists only while the kernel has the feature, whether it came as a module or was built in.
FEATURES = {
    "br_netfilter": "/proc/sys/net/bridge/bridge-nf-call-iptables",
    "ip_tables": "/proc/net/ip_tables_names",
    "ip_vs": "/proc/net/ip_vs",
    "nf_conntrack": "/proc/sys/net/netfilter/nf_conntrack_max",
}


def module_name(name):
    """The kernel writes `br_netfilter` and `br-netfilter` alike."""
    return name.strip().replace("-", "_")


def names_in_proc_modules(text):
    """Names in the text of /proc/modules."""
    return {module_name(line.split()[0]) for line in text.splitlines() if line.split()}


def names_in_modules_builtin(text):
    """Names in the text of /lib/modules/RELEASE/modules.builtin (`kernel/net/bridge/br_netfilter.ko`)."""
    return {module_name(os.path.basename(line.strip()).split(".")[0]) for line in text.splitlines() if line.strip()}


def names_in_filesystems(text):
    """Names in the text of /proc/filesystems (`nodev\toverlay`)."""
    return {line.split()[-1] for line in text.splitlines() if line.split()}


def names_in_modules_load(text):
    """Names in the text of one modules-load.d file."""
    lines = (line.strip() for line in text.splitlines())
    return {module_name(line) for line in lines if line and line[0] not in "#;"}


def sysctl_evidence(names):
    """Return `{name: {"live": text or None, "at_boot": text or None, "at_boot_source": "path:line" or None}}`.

    `live` is None where the key does not exist. `problems` lists files of sysctl.d that could not be read.
    """
    files, problems = sysctl_files.read_configuration()
    at_boot = sysctl_files.settings_at_boot(files, names)
    evidence = {}
    for name in names:
        live = read_text_or_none("/proc/sys/" + sysctl_files.key_path(name))
        setting = at_boot[name] or {"value": None, "source": None}
        evidence[name] = {
            "live": None if live is None else " ".join(live.split()),
            "at_boot": setting["value"],
            "at_boot_source": setting["source"],
        }
    return evidence, problems


def module_evidence(names, release):
    """Return `{name: {"available": bool, "how": text, "at_boot": bool, "at_boot_source": path or None}}`.

    how: `loaded`, `built_in`, or `feature` where only the feature itself gives the module away (a kernel without
    /proc/modules and /lib/modules); `absent` otherwise. at_boot: it will be there after the next boot.
    """
    loaded = names_in_proc_modules(read_text_or_none("/proc/modules") or "")
    built_in = names_in_modules_builtin(read_text_or_none("/lib/modules/{0}/modules.builtin".format(release)) or "")
    filesystems = names_in_filesystems(read_text_or_none("/proc/filesystems") or "")
    persisted = _modules_loaded_at_boot()
    evidence = {}
    for name in names:
        key = module_name(name)
        feature = key in filesystems or (key in FEATURES and os.path.exists(FEATURES[key]))
        if key in loaded:
            how = "loaded"
        elif key in built_in:
            how = "built_in"
        elif feature or os.path.isdir("/sys/module/" + key):
            how = "feature"
        else:
            how = "absent"
        evidence[name] = {
            "available": how != "absent",
            "how": how,
            "at_boot": key in persisted or how in ("built_in", "feature"),
            "at_boot_source": persisted.get(key),
        }
    return evidence


def _modules_loaded_at_boot():
    """Names that systemd-modules-load will load, each with its file; /etc/modules is Debian's older list."""
    listings = []
    for directory in MODULES_LOAD_DIRECTORIES:
        try:
            names = sorted(name for name in os.listdir(directory) if name.endswith(".conf"))
        except OSError:
            names = []
        listings.append([os.path.join(directory, name) for name in names])
    persisted = {}
    for path in sysctl_files.effective_files(listings) + ["/etc/modules"]:
        try:
            text = read_text(path)
        except Unreadable:
            continue
        for name in names_in_modules_load(text):
            persisted.setdefault(name, path)
    return persisted


def kernel_evidence(sysctls, modules):
    """Return the kernel section of host_info."""
    release = os.uname().release
    values, problems = sysctl_evidence(sysctls)
    return {
        "release": release,
        "sysctls": values,
        "modules": module_evidence(modules, release),
        "unreadable": problems,
    }

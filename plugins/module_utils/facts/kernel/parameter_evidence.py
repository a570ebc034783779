# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel parameters of this host: now, and after the next boot as its replay says."""

import glob
import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable, read_noting
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.sysctl_names import dotted_name, key_path
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel import (
    sysctl_boot_replay,
    sysctl_files,
    sysctl_other_writers,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.kernel.sysctl_side_effects import (
    ALL,
    DEFAULT,
    IP_FORWARD,
    interface_key,
    same_parameter,
)

# The last file of systemd-sysctl, since systemd 252.
CREDENTIAL = "/run/credentials/@system/sysctl.extra"
# Services that write parameters once more, in the order in which they start.
LATER = {
    "NetworkManager.service": sysctl_other_writers.of_networkmanager,
    "shorewall.service": sysctl_other_writers.of_shorewall,
    "frr.service": sysctl_other_writers.of_frr,
    "tuned.service": sysctl_other_writers.of_tuned,
}


def replayed_boot(names, problems, units=None):
    """Return `{"parameters", "forwarding", "otherwise", "refused", "scripts"}`: parameters now and after the next boot.

    parameters: as sysctl_evidence. forwarding: where ip_forward is among the names, `{interface: {"live", "at_boot",
    "at_boot_source", "set_by"}}` of those with another value than ip_forward, now or at boot, and of `default`, which is what
    an interface to come begins with. otherwise: `[{"name", "value", "source"}]` of what can come of another order at boot.
    refused: the same of texts that the kernel does not take, value None for a line that excludes a parameter. scripts: the
    same of lines of scripts that may run.
    """
    keys = {name: key_path(name) for name in names}
    interfaces = _interfaces()
    asked = [*keys.values(), *map(interface_key, interfaces.values()), DEFAULT]
    live = {key: _live(key, problems) for key in dict.fromkeys([*asked, ALL])}
    boot, scripts, again = _boots(interfaces, problems, units)

    def replay(one):
        return sysctl_boot_replay.replay(one, list(keys.values()), list(interfaces.values()), live)

    found, forwarding, refused = replay(boot)
    of_scripts, of_interfaces, _refused = replay(scripts)
    of_sysctl, _forwarding, _refused = replay(again)
    parameters, otherwise = {}, []
    for name, key in keys.items():
        entry = _entry(live[key], found[key])
        ran = of_sysctl[key].settings[-1:]
        entry["beside"] = ran[0] if ran and ran[0]["value"] != entry["at_boot"] else None
        parameters[name] = entry
        otherwise += [dict(one, name=name) for one in found[key].otherwise]
    exceptions = {}
    if IP_FORWARD in keys.values():
        everywhere = found[IP_FORWARD].settings[-1:]
        for name, outcome in forwarding.items():
            key = DEFAULT if name == "default" else interface_key(name)
            same = live[key] == live[ALL] and outcome.settings[-1:] == everywhere and not outcome.otherwise
            if not same or name == "default":
                exceptions[name] = _entry(live[key], outcome)
                otherwise += [dict(one, name=dotted_name(key)) for one in outcome.otherwise]
    by_key = {same_parameter(key): name for name, key in keys.items()}
    return {
        "parameters": parameters,
        "forwarding": exceptions,
        "otherwise": otherwise,
        "refused": [
            {"name": by_key[key], "value": None if text is None else " ".join(text.split()), "source": source}
            for key, text, source in refused
            if key in by_key
        ],
        "scripts": [
            dict(outcome.settings[-1], name=name)
            for name, outcome in [
                *((name, of_scripts[key]) for name, key in keys.items()),
                *((dotted_name(interface_key(name)), one) for name, one in of_interfaces.items()),
            ]
            if outcome.settings
        ],
    }


def _entry(live, outcome):
    setting = outcome.settings[-1] if outcome.settings else {"value": None, "source": None}
    return {"live": live, "at_boot": setting["value"], "at_boot_source": setting["source"], "set_by": outcome.settings}


def _live(key, problems):
    text = read_noting("/proc/sys/" + key, problems)
    return None if text is None else " ".join(text.split())


def _interfaces():
    """Return `{number: name}` of the interfaces of this host that packets come in by."""
    found = {}
    for path in sorted(glob.glob("/sys/class/net/*/ifindex")):
        name = path.split("/")[-2]
        number = read_noting(path, [])  # an interface can go at any time
        if number and name != "lo" and os.path.exists("/proc/sys/" + interface_key(name)):
            found[number.strip()] = name
    return found


def _boots(interfaces, problems, units, root=""):
    """Return `(Boot, Boot of the scripts alone, Boot of sysctl --system alone)`."""
    files, unread = sysctl_files.read_configuration()
    problems += unread
    last = sysctl_files.read_beside(files, problems) or sysctl_files.linked(files)
    extra = read_noting(CREDENTIAL, problems)
    command_line = sysctl_other_writers.on_command_line(read_noting("/proc/cmdline", problems) or "")
    later = []
    if starts(units, "systemd-networkd.service"):
        found = sysctl_other_writers.of_networkd(root, interfaces, problems)
        later += found if any(text.strip() for _path, text in found) and knows_ipv4_forwarding() else []
    for unit, reader in LATER.items():
        if starts(units, unit):
            later += reader(root, problems)
    boot = sysctl_boot_replay.Boot(
        files=files + ([(CREDENTIAL, extra)] if extra else []),
        command_line=command_line,
        unordered=sysctl_other_writers.of_ufw(root, problems) if starts(units, "ufw.service") else (),
        later=later,
        udev=os.path.exists("/run/udev/control"),
    )
    scripts = sysctl_other_writers.of_scripts(root, problems)
    return boot, sysctl_boot_replay.Boot((), later=scripts), sysctl_boot_replay.Boot((), later=files + last)


def knows_ipv4_forwarding(run=run_text):
    """Whether systemd-networkd has the setting IPv4Forwarding=; also where systemd did not answer."""
    try:
        shown = run(["systemctl", "show", "--property=Version"])
    except Unreadable:
        return True
    release = re.match(r"Version=(?:systemd )?([0-9]+)", shown)
    return release is None or int(release.group(1)) >= 256


def starts(units, name):
    """Whether a unit runs or starts at boot; also where systemd did not answer."""
    if units is None:
        return True
    unit = units.get(name, {})
    return unit.get("LoadState") == "loaded" and (
        unit.get("ActiveState") == "active" or unit.get("UnitFileState", "").startswith("enabled")
    )

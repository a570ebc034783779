# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What writes kernel parameters at boot besides systemd-sysctl, in the words of sysctl.d.

    the kernel's command line   sysctl.NAME=VALUE, before everything else (Documentation/admin-guide/kernel-parameters.txt)
    ufw                         the file IPT_SYSCTL of /etc/default/ufw (src/ufw-init-functions)
    tuned                       the profile's section [sysctl], then sysctl.d and /etc/sysctl.conf once more where
                                reapply_sysctl is on, as it is by default (tuned/plugins/plugin_sysctl.py)
    systemd-networkd            IPv4Forwarding= of networkd.conf and of the file of an interface, since systemd 256
                                (src/network/networkd-sysctl.c)
    NetworkManager              ipv4.forwarding of a keyfile, since 1.54
    FRRouting, Shorewall        `no ip forwarding`; IP_FORWARDING=
    scripts                     rc.local, hooks of ifupdown, NetworkManager and networkd-dispatcher, rules of udev

Others only switch forwarding on, and need no replay: Docker, podman, libvirt, firewalld with masquerading, kube-proxy, k3s, and
IPForward= of systemd-networkd before 256. What cloud-init's user data runs is not known here.

Each reader returns `[(path, text)]`; lines that set nothing are empty, so that the numbers of lines are those of the file.
"""

import os
import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import drop_ins
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import read_noting

UNITS = (
    "ufw.service",
    "tuned.service",
    "systemd-networkd.service",
    "NetworkManager.service",
    "frr.service",
    "shorewall.service",
)
COMMAND_LINE = "the kernel's command line"
ON, OFF = ("1", "yes", "y", "true", "t", "on"), ("0", "no", "n", "false", "f", "off")
NETWORKD = (
    "/etc/systemd/networkd.conf",
    "/run/systemd/networkd.conf",
    "/usr/local/lib/systemd/networkd.conf",
    "/usr/lib/systemd/networkd.conf",
)
SCRIPTS = ("/etc/rc.local", "/etc/rc.d/rc.local", "/sbin/ifup-local")
SCRIPT_DIRECTORIES = (
    "/etc/network/if-pre-up.d",
    "/etc/network/if-up.d",
    "/etc/NetworkManager/dispatcher.d",
    "/etc/NetworkManager/dispatcher.d/pre-up.d",
    "/etc/networkd-dispatcher/configured.d",
    "/etc/networkd-dispatcher/routable.d",
)
# Files of settings with commands in them; they need not be executable.
COMMAND_FILES = ("/etc/network/interfaces",)
COMMAND_DIRECTORIES = ("/etc/network/interfaces.d", "/etc/udev/rules.d")
_SYSCTL = re.compile(
    r"\bsysctl\b(?:\s+-{1,2}[a-z]+)*\s+[\"']?(?P<key>[A-Za-z][\w./*${}-]*)\s*=\s*[\"']?(?P<value>[\w-]+)"
)
_ECHO = re.compile(r"\becho\s+(?:-n\s+)?[\"']?(?P<value>[\w-]+)[\"']?\s*>+\s*[\"']?/proc/sys/(?P<key>[\w./*${}-]+)")
_VARIABLE = re.compile(r"\$(?:\w+|\{[^}]*\})")


def on_command_line(text):
    """Return the settings of the text of /proc/cmdline."""
    words = [word[len("sysctl.") :] for word in text.split() if word.startswith("sysctl.") and "=" in word]
    return [(COMMAND_LINE, "\n".join(words))] if words else []


def of_ufw(root, problems):
    """Return the file that `ufw-init start` applies, where ufw is switched on."""
    settings = {}
    for path in ("/etc/default/ufw", "/etc/ufw/ufw.conf"):
        settings.update(shell_settings(read_noting(root + path, problems) or ""))
    path = settings.get("IPT_SYSCTL", "")
    if settings.get("ENABLED", "").lower() != "yes" or not path.startswith("/"):
        return []
    text = read_noting(root + path, problems)
    return [(path, text)] if text else []


def shell_settings(text):
    """Return `{name: value}` of the assignments in a shell's file of settings."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and re.match(r"[A-Za-z_]\w*\Z", name):
            quoted = re.match(r"\"([^\"]*)\"|'([^']*)'|([^\s#;]*)", value)
            found[name] = next((group for group in quoted.groups() if group is not None), "")
    return found


def of_tuned(root, problems):
    """Return what tuned applies: its profile, then the system's files."""
    profile = (read_noting(root + "/etc/tuned/active_profile", problems) or "").split()
    found = []
    for name in profile:
        found += _profile(root, name, problems, [])
    main = read_noting(root + "/etc/tuned/tuned-main.conf", problems) or ""
    if shell_settings(main.replace(" ", "")).get("reapply_sysctl", "1").lower() in OFF:
        return found
    files, unread = drop_ins.read_directories([root + "/run/sysctl.d", root + "/etc/sysctl.d"])
    problems += unread
    text = read_noting(root + "/etc/sysctl.conf", problems)
    return found + [(_below(root, path), one) for path, one in files] + ([("/etc/sysctl.conf", text)] if text else [])


def _profile(root, name, problems, seen):
    """The files of a profile of tuned, included ones first."""
    if name in seen or "/" in name:
        return []
    for directory in ("/etc/tuned", "/etc/tuned/profiles", "/usr/lib/tuned", "/usr/lib/tuned/profiles"):
        path = f"{directory}/{name}/tuned.conf"
        text = read_noting(root + path, problems)
        if text is not None:
            included = re.findall(r"^\s*include\s*=\s*(\S+)", text, re.MULTILINE)
            above = [one for other in included for one in _profile(root, other, problems, seen + [name])]
            return above + [(path, translated(text, _of_profile))]
    return []


def _of_profile(section, key, value):
    return f"{key} = {value.lstrip('>=<')}" if section == "sysctl" else ""


def translated(text, setting):
    """Return the text of an INI file with each `key = value` replaced by what setting(section, key, value) returns."""
    section, lines = "", []
    for line in text.split("\n"):
        head = re.match(r"\s*\[([^\]]*)\]", line)
        key, equals, value = line.partition("=")
        if head:
            section = head.group(1)
        known = equals and not head and line.strip()[:1] not in ("#", ";")
        lines.append(setting(section, key.strip(), value.strip()) if known else "")
    return "\n".join(lines)


def of_networkd(root, interfaces, problems):
    """Return what systemd-networkd sets for all interfaces, and by the file that it has chosen for each."""
    places = [root + path for path in NETWORKD]
    main = next((path for path in places if os.path.exists(path)), places[0])
    files, unread = drop_ins.read_directories([path + ".d" for path in places])
    problems += unread
    text = read_noting(main, problems)
    everywhere = [(main, text)] if text is not None else []
    found = [
        (_below(root, path), translated(one, _networkd("net/ipv4/conf/all/forwarding")))
        for path, one in everywhere + files
    ]
    for number, name in interfaces.items():
        state = shell_settings(read_noting(f"{root}/run/systemd/netif/links/{number}", problems) or "")
        chosen = [state.get("NETWORK_FILE", ""), *state.get("NETWORK_FILE_DROPINS", "").split(":")]
        for path in filter(None, " ".join(chosen).split()):
            text = read_noting(root + path, problems)
            if text is not None:
                found.append((path, translated(text, _networkd(f"net/ipv4/conf/{name}/forwarding"))))
    return found


def _networkd(key):
    def setting(section, name, value):
        wanted = section.lower() == "network" and name == "IPv4Forwarding"
        return _switch(key, value) if wanted else ""

    return setting


def _switch(key, value):
    if value.lower() in ON + OFF:
        return f"{key} = {1 if value.lower() in ON else 0}"
    return ""


def of_networkmanager(root, problems):
    """Return what keyfiles of NetworkManager say of the forwarding of an interface that they name."""
    found = []
    directory = root + "/etc/NetworkManager/system-connections"
    for path in _paths(directory):
        text = read_noting(path, problems) or ""
        names = re.findall(r"^\s*interface-name\s*=\s*(\S+)", text, re.MULTILINE)
        if names:
            key = f"net/ipv4/conf/{names[-1]}/forwarding"
            found.append((_below(root, path), translated(text, _networkmanager(key))))
    return found


def _networkmanager(key):
    def setting(section, name, value):
        return _switch(key, value) if (section, name) == ("ipv4", "forwarding") else ""

    return setting


def of_frr(root, problems):
    """Return what FRRouting does to forwarding."""
    text = read_noting(root + "/etc/frr/frr.conf", problems)
    if text is None:
        return []
    lines = (" ".join(line.split()) for line in text.split("\n"))
    said = {"no ip forwarding": "net/ipv4/ip_forward = 0", "ip forwarding": "net/ipv4/ip_forward = 1"}
    return [("/etc/frr/frr.conf", "\n".join(said.get(line, "") for line in lines))]


def of_shorewall(root, problems):
    """Return what Shorewall does to forwarding."""
    text = read_noting(root + "/etc/shorewall/shorewall.conf", problems)
    if text is None:
        return []
    lines = (shell_settings(line).get("IP_FORWARDING", "") for line in text.split("\n"))
    return [("/etc/shorewall/shorewall.conf", "\n".join(_switch("net/ipv4/ip_forward", line) for line in lines))]


def of_scripts(root, problems):
    """Return what scripts and rules write that run at boot or with an interface, as far as a line says it alone."""
    scripts = [root + path for path in SCRIPTS]
    scripts += [path for directory in SCRIPT_DIRECTORIES for path in _paths(root + directory)]
    commands = [root + path for path in COMMAND_FILES]
    commands += [path for directory in COMMAND_DIRECTORIES for path in _paths(root + directory)]
    found = []
    for path in [path for path in scripts if os.access(path, os.X_OK)] + commands:
        text = read_noting(path, problems) or ""
        lines = [written_by(line) for line in text.split("\n")]
        if any(lines):
            found.append((_below(root, path), "\n".join(lines)))
    return found


def written_by(line):
    """Return the setting that a line of a script writes, or an empty text."""
    found = None if line.lstrip().startswith("#") else _SYSCTL.search(line) or _ECHO.search(line)
    # A variable in the place of an interface stands for any.
    return f"{_VARIABLE.sub('*', found.group('key'))} = {found.group('value')}" if found else ""


def _paths(directory):
    """The regular files of a directory, in the order of their names."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return []
    return [path for path in (os.path.join(directory, name) for name in names) if os.path.isfile(path)]


def _below(root, path):
    return path[len(root) :]

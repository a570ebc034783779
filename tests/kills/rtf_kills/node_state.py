# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a node: prints, as JSON, everything about it that a preparation may change and a revert must put back.

{part: [line]}, sorted. Numbers that count time, and the node's own name and address, are the same in every state, so
that states of different moments and nodes can be compared.
"""

import glob
import hashlib
import json
import os
import re
import stat
import subprocess
import sys

# What programs keep for themselves, and what Ansible leaves where it is killed.
PASSING = re.compile(
    r"/(proc|sys|dev|run)(/|$)|/tmp/ansible_|(/var)?/tmp/systemd-private-|/var/(log|cache|backups)(/|$)|"
    r"/var/lib/(apt|dpkg|ucf)(/|$)|"
    r"/var/lib/(systemd|private/systemd|chrony|deb-systemd)|/(root|home/[a-z]+)/\.ansible(/|$)|__pycache__|\.pyc$|"
    r"/etc/(ld\.so\.cache|\.pwd\.lock|(passwd|group|shadow|gshadow|subuid|subgid)-|resolv\.conf|mtab)$|"
    r"/usr/(share/(doc|man|locale|zoneinfo)|lib/modules)(/|$)|/lib/modules"
)
WITH_CONTENT = re.compile(r"/(etc|opt|usr/local|root|var/lib/hostprep)")
OF_OURS = re.compile(r"runtime.fabric|hostprep")
COMING_AND_GOING = re.compile(
    r"(user|user-runtime-dir|getty|serial-getty)@|session-|systemd-(hostnamed|timedated|localed|tmpfiles|update-utmp)|"
    r"apt-daily|dpkg-db|e2scrub|fstrim|logrotate|man-db|run-|\.scope$|packagekit|polkit"
)
# Routing rules of nm-cloud-setup, which makes them again when it runs.
OF_CLOUD_SETUP = "304"
SYSCTLS = ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables")


def said(*argv):
    """The lines that a program prints, none where there is no such program."""
    try:
        return (
            subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(os.environ, LC_ALL="C"),
            )
            .communicate()[0]
            .decode("utf-8", "replace")
            .splitlines()
        )
    except OSError:
        return []


def content(path):
    """A digest of a file; times, and the random name of a change, do not count in files of ours."""
    with open(path, "rb") as stream:
        data = stream.read()
    for word, general in zip(sys.argv[1:], (b"NAME", b"ADDRESS")):
        data = data.replace(word.encode(), general)
    if OF_OURS.search(path):
        data = re.sub(rb"\d{5,}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", b"N", data)
        data = re.sub(rb'("change_id": ")[^"]*', rb"\1N", data)
        # Whether the package or the role started a firewall that the role has installed.
        data = re.sub(rb'("service_before": )(?:null|{[^}]*})', rb"\1N", data)
    return hashlib.sha256(data).hexdigest()[:16]


def files():
    """Path, type, mode and owner of everything, with the content of what configures the node."""
    for top, directories, names in os.walk("/"):
        directories[:] = [name for name in directories if not PASSING.match(os.path.join(top, name))]
        for name in directories + names:
            path = os.path.join(top, name)
            if PASSING.search(path):
                continue
            status = os.lstat(path)
            line = [path, stat.filemode(status.st_mode), str(status.st_uid), str(status.st_gid)]
            if stat.S_ISLNK(status.st_mode):
                line.append(os.readlink(path))
            elif stat.S_ISREG(status.st_mode) and WITH_CONTENT.match(path):
                line.append(content(path))
            yield " ".join(line)


def units():
    """Every service, timer, socket and swap that systemd has loaded or finds a file of, and how it is."""
    listed = said("systemctl", "list-unit-files", "--no-legend", "--no-pager", "--plain")
    names = {line.split()[0] for line in listed if line.split()}
    names |= {
        line.split()[0]
        for line in said("systemctl", "list-units", "--all", "--no-legend", "--no-pager", "--plain")
        if line.split()
    }
    names = sorted(
        name
        for name in names
        if name.endswith((".service", ".timer", ".socket", ".swap"))
        and "@." not in name
        and not COMING_AND_GOING.match(name)
    )
    shown = said(
        "systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload", "--", *names
    )
    for block in "\n".join(shown).split("\n\n"):
        found = dict(line.partition("=")[::2] for line in block.splitlines())
        if found.get("LoadState") == "masked":  # of these systemd 247 says for ever that they changed
            found["NeedDaemonReload"] = "no"
        if found.get("LoadState") != "not-found":
            yield "{Id} {ActiveState} {UnitFileState} reload={NeedDaemonReload}".format(**found)


def environments():
    """The proxies that systemd hands to services, and that those of the test run with."""
    for line in said("systemctl", "show-environment"):
        if "proxy" in line.lower():
            yield "systemd " + line
    process = said("systemctl", "show", "--property=MainPID", "docker.service")
    for path in glob.glob("/proc/{}/environ".format(process[0].partition("=")[2])) if process else []:
        with open(path) as stream:
            for pair in stream.read().split("\0"):
                if "proxy" in pair.lower():
                    yield "docker " + pair


def rules():
    # At runtime firewalld has a rule in one of several forms, by whether it ran already when the rule came.
    said("firewall-cmd", "--reload")
    for line in said("nft", "list", "ruleset"):
        line = re.sub(r"(counter packets) \d+ bytes \d+|( (?:timeout|expires)) [0-9dhms]+", r"\1\2", line).strip()
        yield line
    for line in said("ip", "rule"):
        if not line.startswith(OF_CLOUD_SETUP):
            yield line


def state():
    found = {
        "files": files(),
        "packages": said("dpkg-query", "--show", "--showformat", "${Package} ${Version} ${db:Status-Abbrev}\\n"),
        "units": units(),
        "environments": environments(),
        "parameters": said("sysctl", *SYSCTLS),
        "rules": rules(),
        "offloads": [line for line in said("ethtool", "-k", "eth0") if "udp_tnl" in line],
        "swap": [line.split()[0] for line in said("cat", "/proc/swaps")],
        "time sources": [" ".join(line.split(",")[2:3]) for line in said("chronyc", "-n", "-c", "sources")],
    }
    lines = {part: sorted(set(lines)) for part, lines in found.items()}
    text = json.dumps(lines)
    for word, general in zip(sys.argv[1:], ("NAME", "ADDRESS")):
        text = text.replace(word, general)
    return text


if __name__ == "__main__":
    print(state())

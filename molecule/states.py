# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node is like, so that tests can say that it is as it was: files, packages, services, kernel parameters."""

import json
import re

# Path, type, mode, owner, target of a link and content of everything below /etc.
LISTING = r"""
import hashlib, json, os, stat, sys
found = {}
for top, directories, names in os.walk("/etc"):
    for name in directories + names:
        path = os.path.join(top, name)
        status = os.lstat(path)
        entry = [stat.filemode(status.st_mode), status.st_uid, status.st_gid]
        if stat.S_ISLNK(status.st_mode):
            entry.append(os.readlink(path))
        elif stat.S_ISREG(status.st_mode):
            with open(path, "rb") as content:
                entry.append(hashlib.sha256(content.read()).hexdigest())
        found[path] = entry
print(json.dumps(found))
"""
# What dpkg, useradd and ldconfig keep for themselves when packages come and go; nothing reads a setting from them.
BOOKKEEPING = re.compile(r"/etc/(ld\.so\.cache|\.pwd\.lock|(passwd|group|shadow|gshadow|subuid|subgid)-)$")
# What the bus starts on demand, and what a login leaves behind for a while.
PACKAGES = "if command -v dpkg-query >/dev/null; then dpkg-query --show; else rpm --query --all; fi"
PASSING = re.compile(r"user@|user-runtime-dir@|systemd-(hostnamed|timedated|localed)\.")
SYSCTLS = ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables")


def state(lab, node):
    """{part of the node: set of lines} of what must be the same before and after."""
    files = json.loads(lab.exec(node, "python3", "-c", LISTING).stdout)

    def lines(*argv):
        return {" ".join(line.split()) for line in lab.exec(node, *argv).stdout.decode().splitlines()}

    return {
        "files": {f"{path} {entry}" for path, entry in files.items() if not BOOKKEEPING.search(path)},
        "packages": lines("sh", "-c", PACKAGES),
        "units": lines("systemctl", "list-unit-files", "--no-legend", "--type=service"),
        "sysctls": lines("sysctl", *SYSCTLS),
    }


def running(lab, node):
    """The names of the services that run."""
    listed = lab.exec(node, "systemctl", "list-units", "--type=service", "--state=running", "--plain", "--no-legend")
    names = {line.split()[0] for line in listed.stdout.decode().splitlines()}
    return {name for name in names if not PASSING.match(name)}


def differences(before, after):
    """{part: lines that only one of two states has}; parts that are the same are left out."""
    return {part: sorted(before[part] ^ after[part]) for part in before if before[part] != after[part]}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything on a node that a look at it could change: the whole file system, rules, sysctls, services, packages."""

import difflib
import re
from typing import Any, NamedTuple

# Every file and directory with its type, mode, owner, size, and the times of its content and of its inode.
FILES = "find / /run /tmp -xdev -not -path '/proc/*' -not -path '/sys/*' -printf '%p\\t%y %m %u %g %s %T@ %C@ %l\\n' 2>/dev/null || true"
# Counters are no settings. Some of them, such as kernel.pty.nr, count for the whole machine, with the other labs on it.
COUNTERS = "random|dentry|inode-(nr|state)|file-nr|kernel\\.pty\\.nr|ns_last_pid|nr_(total|free)|conntrack_count|quota.syncs|stat_"
SYSCTLS = f"sysctl -a 2>/dev/null | grep -Ev '{COUNTERS}'"
STATE = {
    "nftables": "nft list ruleset",
    "routes and rules": "ip route show table all; ip rule; ip -o address | sed 's/[0-9]*sec/N/g'",
    "sysctls": SYSCTLS,
    "unit files": "systemctl list-unit-files --no-legend --no-pager",
    "running units": "systemctl list-units --type=service --state=running --no-legend --no-pager --plain | grep -v 'user@'",
    "packages": "dpkg-query -W",
    "accounts": "cat /etc/passwd /etc/group /etc/shadow",
    "mounts": "grep -v /run/user /proc/self/mountinfo | cut -d' ' -f3- | sort",
}


class Footprint(NamedTuple):
    """files: {path: what find says of it}. state: {name: text}."""

    files: Any
    state: Any


def footprint(lab, node):
    """Return the Footprint of a node of the lab."""
    lines = lab.exec(node, "sh", "-c", FILES).stdout.decode("utf-8", "replace").splitlines()
    files = dict(line.split("\t", 1) for line in lines if "\t" in line)
    return Footprint(
        files,
        {name: lab.exec(node, "sh", "-c", command, check=False).stdout.decode() for name, command in STATE.items()},
    )


def changed_files(before, after):
    """Return the paths that came, went or changed, numbers in them (of sessions and processes) as N."""
    paths = {
        path for path in before.files.keys() | after.files.keys() if before.files.get(path) != after.files.get(path)
    }
    return {re.sub(r"\d+(\.\d+)*", "N", path) for path in paths}


def changed_state(before, after):
    """Return {name: lines of a diff} of what differs between the states of two Footprints, the order of lines included."""
    diffs = {
        name: list(
            difflib.unified_diff(text.splitlines(keepends=True), after.state[name].splitlines(keepends=True), n=0)
        )
        for name, text in before.state.items()
    }
    return {name: lines for name, lines in diffs.items() if lines}

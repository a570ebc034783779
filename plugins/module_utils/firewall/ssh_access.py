# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Over which SSH connection a module runs, and on which ports this host takes SSH connections."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_owners
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
)


def ssh_connection(root="/proc", pid=None):
    """Return SSH_CONNECTION ("client port server port") as sshd set it for this process or one above it, None without.

    sudo takes it out of the environment of a module; that of the shell above it still has it.
    """
    pid = os.getpid() if pid is None else pid
    while pid > 1:
        try:
            for entry in read_text(f"{root}/{pid}/environ").split("\0"):
                if entry.startswith("SSH_CONNECTION="):
                    return entry.partition("=")[2]
            # The name in brackets may hold anything, so count from behind it.
            pid = int(read_text(f"{root}/{pid}/stat").rpartition(")")[2].split()[1])
        except (Unreadable, ValueError, IndexError):
            return None
    return None


def ssh_ports():
    """Return the TCP ports, numbers, on which sshd listens, and that of the connection this module runs over."""
    listening = port_owners.holders("tcp", range(1, 65536), "0.0.0.0")
    ports = {one.port for one in listening if one.process == "sshd" and one.state == "listening"}
    used = (ssh_connection() or "").split()
    if len(used) == 4 and used[3].isdigit():
        ports.add(int(used[3]))
    return sorted(ports)

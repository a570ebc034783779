# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that run on, on a node, though their controller is gone: how long they may take to end."""

import time

# Ansible hands modules to Python on its standard input.
COMMANDS = r"^(/usr/bin/python3|/usr/bin/python3 .*AnsiballZ.*)$"
SECONDS = 180


def wait_for_end(lab, node):
    """Wait for the modules on a node. Returns whether they ended."""
    deadline = time.monotonic() + SECONDS
    while lab.exec(node, "pgrep", "-f", COMMANDS, check=False).returncode == 0:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True

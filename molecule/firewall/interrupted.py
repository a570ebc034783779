# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a firewall that are not confirmed, held up or killed midway, and what they leave on a node."""

import contextlib
import json
import os
import subprocess
import time

# In front of the real systemd-run, which the guard of a change calls before the change begins.
IN_FRONT = "/usr/sbin/systemd-run"
HOLD = 'touch /run/held; while [ ! -e /run/go ]; do sleep 0.2; done; exec /usr/bin/systemd-run "$@"'
KILL = "kill -9 $PPID"
DIRECTORY = "/var/lib/hostprep-runtime-fabric/firewall"
REMAINS = """
cd /etc && find systemd/system nftables.d iptables -type d -empty 2>/dev/null
systemctl list-units --failed --plain --no-legend '*fabric*'
ls -d /var/lib/hostprep-runtime-fabric/firewall/pending 2>/dev/null
true
"""


def module(node, **options):
    """Call firewall_rules as a controller that dies afterwards; return (whether it went well, what it printed)."""
    words = ["ansible", node, "-i", os.environ["LAB_INVENTORY"], "-b", "-m", "hostprep.runtime_fabric.firewall_rules"]
    words += ["-a", json.dumps({"label": "runtime_fabric", **options})]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode == 0, done.stdout


@contextlib.contextmanager
def in_front_of_systemd_run(lab, node, commands):
    """Run shell commands on a node whenever systemd-run is called."""
    lab.exec(node, "sh", "-ec", f"printf '#!/bin/sh\\n%s\\n' '{commands}' >{IN_FRONT}; chmod 0755 {IN_FRONT}")
    try:
        yield
    finally:
        lab.exec(node, "rm", "-f", IN_FRONT, "/run/held", "/run/go")


def exists(lab, node, path):
    """Whether a node has a file."""
    return lab.exec(node, "test", "-e", path, check=False).returncode == 0


def is_pending(lab, node):
    """Whether a change waits to be confirmed."""
    return exists(lab, node, DIRECTORY + "/pending")


def wait_until(holds, what):
    """Wait for as long as a busy machine may take."""
    deadline = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def wait_until_settled(lab, node):
    """Wait until no change is pending and no rollback is under way."""
    wait_until(
        lambda: not is_pending(lab, node) and not exists(lab, node, DIRECTORY + "/rolling-back"),
        "the change is still there",
    )


def remains(lab, node):
    """Empty directories of services and rules, units of ours that have failed, and a change that waits."""
    return lab.exec(node, "sh", "-c", REMAINS).stdout.decode().splitlines()

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let the systemd of this host give environments to services: standard input is a list of sections [Service], the output a
list of what the services get and what `systemctl show` says of them, as JSON.

It needs Python and root, and leaves nothing behind.
"""

import json
import os
import shutil
import subprocess
import sys

UNITS, PLACE = "/run/systemd/system", "/run/case-environments"
# What systemd gives to every service.
OWN = (
    "LANG",
    "PATH",
    "USER",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
)


def systemctl(*words):
    return subprocess.run(("systemctl",) + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False).stdout


def start(cases):
    """Start a service for each of some sections [Service]; return [(its environment, what systemctl shows)]."""
    names = [f"case-environment-{number}.service" for number in range(len(cases))]
    for name, lines in zip(names, cases):
        with open(os.path.join(UNITS, name), "w", encoding="utf-8") as unit:
            unit.write(f"[Service]\nType=oneshot\nExecStart=/bin/cp /proc/self/environ {PLACE}/{name}\n{lines}\n")
    systemctl("daemon-reload")
    systemctl("start", *names)
    shown = systemctl("show", "--property=Environment", *names).decode("utf-8").split("\n\n")
    found = []
    for name, line in zip(names, shown):
        with open(os.path.join(PLACE, name), encoding="utf-8") as stream:
            pairs = [pair.partition("=")[::2] for pair in stream.read().split("\0") if pair]
        found.append(({key: value for key, value in pairs if key not in OWN}, line.strip().partition("=")[2]))
        os.unlink(os.path.join(UNITS, name))
    return found


os.makedirs(PLACE)
answer = start(json.load(sys.stdin))
shutil.rmtree(PLACE)
systemctl("daemon-reload")
print(json.dumps(answer))

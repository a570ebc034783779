# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long parts of a playbook take in one run of ansible-playbook, by the times that its debug tasks print.

A part begins with a task that says "clock NAME SECONDS", and ends where the next one begins; the last is called "end".
"""

import json
import os
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from rtf_lab.environment import environment


def surroundings(lab):
    """The environment variables with which Ansible reaches the nodes of a lab."""
    return {
        **os.environ,
        **environment(lab.instance),
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
    }


def medians(variables, playbook, extra, names):
    """Seconds of the parts with some names, the median of each. variables: of the environment; extra: of the play."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "play.yml")
        path.write_text(playbook, encoding="utf-8")
        done = subprocess.run(
            ["ansible-playbook", str(path), "-i", variables["LAB_INVENTORY"], "-e", json.dumps(extra)],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=False,
        )
    marks = [(name, float(stamp)) for name, stamp in re.findall(r'"clock (\w+) ([\d.]+)"', done.stdout.decode())]
    if not marks or marks[-1][0] != "end":
        raise SystemExit(f"the play did not end:\n{done.stdout.decode()[-3000:]}")
    spans = {}
    for (name, begun), (_dummy, ended) in zip(marks, marks[1:]):
        spans.setdefault(name, []).append(ended - begun)
    return tuple(statistics.median(spans[name]) for name in names)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare and audit the nodes of a lab as a user does, from the directory of a site."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.environment import environment
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.instance import CHECKOUT

SECONDS = 900


class Audit(NamedTuple):
    """code: the exit status; output: what the terminal showed; report: of report.json, None where none was written."""

    code: int
    output: str
    report: object


class Directory:
    """What a user has: ansible.cfg and playbooks; the inventory is the lab's."""

    def __init__(self, path, lab):
        self.path, self.lab = Path(path), lab
        shutil.copytree(CHECKOUT / "examples" / "site", self.path)

    def play(self, playbook, inputs):
        """Run a playbook; return its exit status and output."""
        variables = {**os.environ, **environment(self.lab.instance)}
        variables.update(ANSIBLE_NOCOLOR="true", ANSIBLE_FORCE_COLOR="false", COLUMNS="80")
        done = subprocess.run(
            ["ansible-playbook", playbook, "-i", variables["LAB_INVENTORY"], "-e", json.dumps(inputs)],
            cwd=self.path,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def audit(self, inputs):
        """Audit the nodes; return the Audit."""
        reports = self.path / "rtf-report"
        shutil.rmtree(reports, ignore_errors=True)
        code, output = self.play("audit-rtf.yml", inputs)
        written = sorted(reports.glob("runs/*/report.json"))
        return Audit(code, output, json.loads(written[-1].read_text(encoding="utf-8")) if written else None)

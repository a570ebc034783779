# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks as a user does, in a copy of examples/site, and read what they leave behind."""

import contextlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parent.parent
TASK = re.compile(r"(TASK|RUNNING HANDLER) \[(?P<name>.*)\] \*+$")
CHANGED = re.compile(r"changed: \[(?P<host>[^] ]+)")
# Nodes have the kernel of the machine, which may lack modules that only the vendor's installer asks for, and its swap.
OF_THE_MACHINE = {"kernel.installer_modules", "host.swap"}
# A gap that is accepted, beside what the lab waives.
WITHOUT_PORT_MATRIX = {
    "rtf_preflight_port_matrix": False,
    "rtf_preflight_waivers": "{{ rtf_waivers | default([]) + rtf_accepted_gaps }}",
    "rtf_accepted_gaps": [{"checks": ["ports.*", "net.mtu_path"], "reason": "other tests prove them"}],
}
RECAP = re.compile(r"^(?P<host>\S+)\s*: ok=\d+ +changed=(?P<changed>\d+) .*$", re.MULTILINE)


class Outcome(NamedTuple):
    """How a run of ansible-playbook ended. report is the content of report.json, or None where none was written."""

    code: int
    output: str
    report: object

    @property
    def changed(self):
        """{host: number of changed tasks}."""
        return {match["host"]: int(match["changed"]) for match in RECAP.finditer(self.output)}

    def changed_tasks(self):
        """{host: {name of a task that changed something there}}."""
        found, task = {}, None
        for line in self.output.splitlines():
            begins, changed = TASK.match(line), CHANGED.match(line)
            if begins:
                task = begins["name"]
            elif changed:
                found.setdefault(changed["host"], set()).add(task)
        return found

    def tasks(self):
        """The names of the tasks on screen, in their order."""
        matches = (TASK.match(line) for line in self.output.splitlines())
        return [match["name"] for match in matches if match]

    def failed(self):
        """{(node, check id)} of every check that failed and is not waived, but for what the machine decides."""
        return {
            (entry["node"], entry["id"])
            for entry in self.report["results"]
            if entry["status"] not in ("pass", "skipped", "waived") and entry["id"] not in OF_THE_MACHINE
        }

    def result(self, node, check):
        """The check result of one node."""
        return next(entry for entry in self.report["results"] if (entry["node"], entry["id"]) == (node, check))

    def readiness(self):
        """{node: readiness}."""
        return {node["name"]: node["readiness"] for node in self.report["nodes"]}


class Site:
    """A user's directory: a copy of examples/site, with the addresses of the lab in use."""

    def __init__(self, directory):
        self.directory = Path(directory) / "site"
        shutil.copytree(CHECKOUT / "examples" / "site", self.directory)

    def play(
        self,
        playbook,
        *arguments,
        inventories=("inventory", os.environ["LAB_INVENTORY"]),
        port_matrix=False,
        program=("ansible-playbook",),
    ):
        """Run `ansible-playbook PLAYBOOK -i inventory ...` and return its Outcome. program: its first words.

        The port matrix is switched off unless asked for: most tests are about something else and need not wait for it.
        """
        with self.playing(
            playbook, *arguments, inventories=inventories, port_matrix=port_matrix, program=program
        ) as process:
            output, dummy = process.communicate(timeout=600)
        return Outcome(process.returncode, output, self.report())

    @contextlib.contextmanager
    def playing(
        self,
        playbook,
        *arguments,
        inventories=("inventory", os.environ["LAB_INVENTORY"]),
        port_matrix=False,
        program=("ansible-playbook",),
    ):
        """Likewise, but yield the process, the leader of a group of its own, while it runs; it is killed afterwards."""
        shutil.rmtree(self.directory / "rtf-report", ignore_errors=True)
        words = [*program, playbook]
        if not port_matrix:
            words += ["-e", json.dumps(WITHOUT_PORT_MATRIX)]
        words += arguments
        for inventory in inventories:
            words += ["-i", str(inventory)]
        process = subprocess.Popen(
            words,
            cwd=self.directory,
            env={**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_NOCOLOR": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def report(self):
        """The content of the report.json that the last run wrote, or None where it wrote none.

        Of a run with --limit, that is the one below `runs`. A play in batches writes several.
        """
        written = sorted((self.directory / "rtf-report" / "runs").glob("*/report.json"), key=os.path.getmtime)
        return json.loads(written[-1].read_text(encoding="utf-8")) if written else None

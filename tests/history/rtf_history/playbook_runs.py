# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory from which playbooks are run, as a user runs them, against simulated nodes."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import sys

from ansible_collections.hostprep.runtime_fabric.tests.unit import commands

HERE = pathlib.Path(__file__).parent
EXAMPLE = HERE.resolve().parents[2] / "examples" / "site"
COLLECTIONS = next(path.parent for path in HERE.parents if path.name == "ansible_collections")


class Site:
    """A copy of the example site, whose nodes are simulated."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        shutil.copytree(EXAMPLE, self.directory, ignore=shutil.ignore_patterns("rtf-report"))
        self.reports = self.directory / "rtf-report"

    def audit(self, states, inputs, limit=""):
        """Audit nodes in these states; return (exit code, output)."""
        (self.directory / "nodes.json").write_text(json.dumps(states), encoding="utf-8")
        return self._play("audit_rtf", {"ansible_connection": "simulated", **inputs}, limit)

    def compare(self, **inputs):
        """Compare two runs; return (exit code, output)."""
        return self._play("compare_rtf", inputs)

    def runs(self):
        """The directories of all runs, partial ones included."""
        return sorted((self.reports / "runs").glob("2*"))

    def last_whole_run(self):
        """Where the link leads that people follow; None while there is none."""
        link = self.reports / "report.json"
        return link.resolve().parent if link.exists() else None

    def _play(self, playbook, variables, limit=""):
        words = [sys.executable, "-m", "ansible", "playbook", f"hostprep.runtime_fabric.{playbook}", "-i", "inventory"]
        words += ["--extra-vars", json.dumps(variables), *(["--limit", limit] if limit else [])]
        surroundings = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CONNECTION_PLUGINS": str(HERE / "connection"),
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_NOCOLOR": "true",
            "HOME": str(self.directory),
            "NODES": str(self.directory / "nodes.json"),
        }
        done = commands.run(words, self.directory, surroundings)
        return done.returncode, done.stdout

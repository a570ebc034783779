# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks of the collection, run as a user runs them, on the inventory of the example."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.tests.unit import commands

COLLECTIONS = next(path.parent for path in Path(catalog.__file__).parents if path.name == "ansible_collections")
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "site"


@pytest.fixture
def site(tmp_path):
    """A copy of the example's directory."""
    folder = tmp_path / "site"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("rtf-report"))  # of `make demo`
    return folder


@pytest.fixture
def play(site, tmp_path):
    """A function that runs a playbook in the site's directory with extra variables and options."""
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "ansible"),
        "HOME": str(tmp_path),
        # Whoever tried to reach a node would fail at once.
        "ANSIBLE_SSH_EXECUTABLE": "/bin/false",
    }

    def run(playbook, *options, **variables):
        command = [sys.executable, "-m", "ansible.cli.playbook", f"hostprep.runtime_fabric.{playbook}"]
        command += ["--inventory", "inventory", "--extra-vars", json.dumps(variables), *options]
        return commands.run(command, site, environment)

    return run

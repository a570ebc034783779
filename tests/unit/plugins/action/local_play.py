# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a play on this machine, with the ansible-core of whichever environment runs the tests."""

import json
import os
import sys
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.tests.unit import commands

CHECKOUT = Path(__file__).resolve().parents[4]
INVENTORY = """
[rtf_controllers]
node-1 ansible_host=10.0.0.11
[rtf_workers]
node-2 ansible_host=10.0.0.21
[rtf_nodes:children]
rtf_controllers
rtf_workers
[rtf_nodes:vars]
ansible_connection=local
ansible_python_interpreter="{{ ansible_playbook_python }}"
rtf_control_plane=us
"""


def play(directory, tasks, *words, hosts="node-1", keywords="", defaults=True, **variables):
    """Run a play with tasks, with more words on the command line; return its exit code and its output.

    keywords: lines of the play besides. defaults: whether it has those of all roles. variables: of the environment.
    """
    words = write(directory, tasks, *words, hosts=hosts, keywords=keywords, defaults=defaults)
    done = commands.run(words, directory, environment(directory, **variables))
    return done.returncode, done.stdout


def write(directory, tasks, *words, hosts="node-1", keywords="", defaults=True):
    """Write such a play, and return the command that runs it in the directory."""
    (directory / "inventory").write_text(INVENTORY)
    files = [str(CHECKOUT / "roles" / role / "defaults" / "main.yml") for role in input_declarations.load().roles]
    files = files if defaults else []
    (directory / "play.yml").write_text(
        f"- hosts: {hosts}\n  gather_facts: false\n  vars_files: {json.dumps(files)}\n{keywords}  tasks:\n{tasks}"
    )
    return [sys.executable, "-m", "ansible", "playbook", "-i", "inventory", "play.yml", *words]


def environment(directory, **variables):
    """Return the environment of such a command."""
    collections = next(
        path
        for path in (CHECKOUT / ".ansible" / "collections", *CHECKOUT.parents)
        if (path / "ansible_collections").is_dir()
    )
    return {
        **os.environ,
        "HOME": str(directory),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        **variables,
    }

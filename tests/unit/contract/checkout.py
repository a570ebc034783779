# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the contract tests read of this checkout: its files, and the names a user of the collection may write."""

import os
import pathlib
import re
import subprocess
import sys

import yaml

from ansible_collections.hostprep.runtime_fabric.tools import export_collection

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]

# Where Python and Ansible find the collection: ansible-test runs in a copy at the path a collection has when installed.
INSTALLED = CHECKOUT.parts[-3:] == ("ansible_collections", "hostprep", "runtime_fabric")
COLLECTIONS = CHECKOUT.parents[2] if INSTALLED else CHECKOUT / ".ansible" / "collections"

# One host, this one, for a run without root.
LOCAL_INVENTORY = f"""\
[rtf_controllers]
node-1 ansible_connection=local rtf_node_address=192.0.2.11

[rtf_nodes:children]
rtf_controllers

[rtf_nodes:vars]
rtf_control_plane=us
ansible_become=false
ansible_python_interpreter={sys.executable}
"""


def tracked_files(*suffixes):
    """Return the paths (relative, sorted) of files under version control or about to be, with one of the suffixes."""
    return [
        pathlib.PurePath(name)
        for name in export_collection.tracked_files(CHECKOUT)
        if (CHECKOUT / name).is_file() and (not suffixes or name.endswith(suffixes))
    ]


def read(path):
    """Return the text of a file named relative to the checkout."""
    return (CHECKOUT / path).read_text(encoding="utf-8")


def read_yaml(path):
    """Return the content of a YAML file named relative to the checkout; an empty file is an empty mapping."""
    return yaml.safe_load(read(path)) or {}


def role_names():
    """Return the names of all roles."""
    return sorted(path.name for path in (CHECKOUT / "roles").glob("*") if path.is_dir())


def playbook_names():
    """Return the names under which playbooks can be called with the collection's prefix."""
    return sorted(path.stem for path in (CHECKOUT / "playbooks").glob("*.yml"))


def plugin_names(kind):
    """Return the names of the plugins of one kind ("modules", "lookup", ...)."""
    return sorted(path.stem for path in (CHECKOUT / "plugins" / kind).glob("*.py") if path.stem != "__init__")


def make_targets():
    """Return the targets that the Makefile and the files it includes document."""
    makefiles = tracked_files("Makefile", ".mk")
    return sorted(set(re.findall(r"^([a-z][a-z-]*):.*## ", "\n".join(read(path) for path in makefiles), re.MULTILINE)))


def environment(**variables):
    """Return an environment for a program that is to see this checkout, and nothing of the test run around it."""
    return dict(PATH=os.environ["PATH"], HOME=os.environ["HOME"], PYTHONPATH=str(COLLECTIONS), **variables)


def galaxy(*words, home):
    """Run ansible-galaxy collection in the checkout with a home of its own, which keeps it out of that of the user."""
    # Without PYTHONPATH, on which it would find this checkout.
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(home)}
    command = [sys.executable, "-m", "ansible", "galaxy", "collection", *words]
    subprocess.run(command, cwd=CHECKOUT, check=True, stdin=subprocess.DEVNULL, env=variables)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment in which Ansible, and testinfra's podman backend, reach a lab."""

import os
import shlex
import shutil

from .files import write_whole
from .instance import CHECKOUT
from .machine import as_root
from .ssh import config_path


def environment(instance):
    """{variable: value}; writes the `podman` command that it names, where one is needed."""
    values = {
        "LAB_NAME": instance.name,
        "LAB_INVENTORY": str(instance.state / "inventory.yml"),
        "ANSIBLE_SSH_ARGS": f"-F {shlex.quote(str(config_path(instance)))} -o ControlMaster=auto -o ControlPersist=60s",
        "ANSIBLE_HOST_KEY_CHECKING": "true",
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible" / "collections"),
    }
    if as_root():
        values["PATH"] = f"{podman_of_root(instance).parent}:{os.environ['PATH']}"
    return values


def podman_of_root(instance):
    """A `podman` for people who are not root: the lab's containers are root's. Returns its path."""
    shim = instance.state / "bin" / "podman"
    words = shlex.join([*as_root(), shutil.which("podman", path="/usr/bin:/usr/local/bin")])
    write_whole(shim, f'#!/bin/sh\nexec {words} "$@"\n', mode=0o755)
    return shim

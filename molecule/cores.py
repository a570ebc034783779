# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook of other cores than the one of the tests: the oldest that is supported, and the newest."""

import os

from ansible_collections.hostprep.runtime_fabric.molecule.plays import CHECKOUT
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import images, machine

NEWEST = CHECKOUT / "build" / "newest-core" / "site-packages"


def oldest(_directory):
    """The words that run ansible-playbook of .venv-floor."""
    return [str(CHECKOUT / ".venv-floor" / "bin" / "ansible-playbook")]


def newest(directory):
    """The words that run ansible-playbook of NEWEST in a container that has the Python for it, Debian 13's.

    The container has the machine's network, the checkout, and a directory to run in, at the same places.
    """
    image = images.load_images("node")["node-trixie"]
    variables = sorted(name for name in os.environ if name.startswith(("ANSIBLE_", "LAB_", "MOLECULE_")))
    return [
        *machine.podman(),
        "run",
        "--rm",
        *machine.ulimits(),
        "--network=host",
        "--security-opt=label=disable",
        f"--user={os.getuid()}:{os.getgid()}",
        *(f"--volume={path}:{path}" for path in (CHECKOUT, directory)),
        *(f"--env={name}={os.environ[name]}" for name in variables),
        "--env=ANSIBLE_FORCE_COLOR=false",
        "--env=ANSIBLE_NOCOLOR=true",
        # Below HOME the path of the socket by which connections are shared can be too long.
        "--env=ANSIBLE_SSH_CONTROL_PATH_DIR=/tmp/cp",
        f"--env=HOME={directory}",
        f"--env=PYTHONPATH={NEWEST}",
        "--env=LC_ALL=C.UTF-8",
        f"--workdir={directory}",
        image.reference,
        "python3",
        "-m",
        "ansible",
        "playbook",
    ]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units of the guide run an audit: on a node that is made the machine which runs Ansible, by its commands as they stand."""

import re
import subprocess

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.molecule import cores
from ansible_collections.hostprep.runtime_fabric.molecule.plays import CHECKOUT
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import files, ssh
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import podman, run
from ansible_collections.hostprep.runtime_fabric.tools.markdown_blocks import blocks

CONTROLLER = "worker-2"  # it has the Python that the newest ansible-core needs
CORE = "/opt/ansible-core"
PROGRAM = f'#!/bin/sh\nPYTHONPATH={CORE} exec python3 -m ansible {{}} "$@"\n'
KEY = "/srv/runtime-fabric/id_ed25519"
BLOCKS = blocks((CHECKOUT / "docs" / "guide" / "nightly-audits.md").read_text(encoding="utf-8"))
UNITS = [re.match(r"# (/etc/systemd/\S+)\n", text) for language, text in BLOCKS if language == "ini"]
COMMANDS = [line for language, text in BLOCKS if language == "shell" for line in text.splitlines() if "ctl " in line]
# One check decides, and whatever it finds is accepted, so that the unit has to succeed.
INPUTS = {
    "rtf_control_plane": "us",
    "rtf_checks": ["kernel.ip_forward"],
    "rtf_waivers": [{"checks": ["*"], "reason": "the unit is what is tested"}],
    "ansible_user": "ops",
    "ansible_ssh_private_key_file": KEY,
    "ansible_ssh_common_args": "-o StrictHostKeyChecking=no",
}


def inventory(lab):
    """The nodes at their addresses, as the user of the unit reaches them."""
    groups = {
        group: {
            "hosts": {
                node.name: {"ansible_host": lab.instance.address(node)}
                for node in lab.instance.nodes
                if node.group == group
            }
        }
        for group in ("rtf_controllers", "rtf_workers")
    }
    return yaml.safe_dump({"rtf_nodes": {"vars": INPUTS, "children": groups}})


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab, with Ansible, the package and the units on CONTROLLER."""
    lab, directory = Lab.named(), tmp_path_factory.mktemp("package")
    galaxy = ["ansible-galaxy", "collection", "build", "--output-path", str(directory), str(CHECKOUT)]
    subprocess.run(galaxy, check=True, stdin=subprocess.DEVNULL)
    (package,) = directory.glob("*.tar.gz")
    written = [
        files.text_file("/usr/local/bin/ansible-playbook", PROGRAM.format("playbook"), 0o755),
        files.text_file("/usr/local/bin/ansible-galaxy", PROGRAM.format("galaxy"), 0o755),
        files.text_file("/srv/runtime-fabric/inventory", inventory(lab)),
        files.File(KEY, (ssh.config_path(lab.instance).parent / "ssh" / "id_ed25519").read_bytes(), 0o600),
        files.File(f"/root/{package.name}", package.read_bytes()),
        *(files.text_file(unit.group(1), unit.string) for unit in UNITS),
    ]
    container = lab.container(CONTROLLER)
    run([*podman(), "cp", "-", f"{container}:/"], stdin=files.archive(written))
    run([*podman(), "cp", str(cores.NEWEST), f"{container}:{CORE}"])
    lab.exec(
        CONTROLLER,
        "sh",
        "-ec",
        f"""
        useradd --home-dir /srv/runtime-fabric ansible
        chown -R ansible: /srv/runtime-fabric
        ansible-galaxy collection install /root/{package.name} --offline --collections-path /usr/share/ansible/collections
        systemctl daemon-reload
    """,
    )
    return lab


def test_systemd_finds_nothing_wrong_with_the_units(lab):
    done = lab.exec(CONTROLLER, "systemd-analyze", "verify", *(unit.group(1) for unit in UNITS))
    assert (done.stdout, done.stderr) == (b"", b"")


def test_the_commands_of_the_guide_run_an_audit_and_switch_the_timer_on(lab):
    start, journal, enable = COMMANDS
    done = lab.exec(CONTROLLER, *start.split(), check=False)
    said = lab.exec(CONTROLLER, *journal.split()).stdout.decode()
    assert done.returncode == 0 and "READY: 3 nodes" in said, said
    metrics = lab.exec(CONTROLLER, "stat", "--format=%U %A", "/srv/runtime-fabric/rtf-report/latest/readiness.prom")
    assert metrics.stdout == b"ansible -rw-r--r--\n"
    lab.exec(CONTROLLER, *enable.split())
    shown = lab.exec(CONTROLLER, "systemctl", "show", "rtf-audit.timer", "--property=ActiveState,TimersCalendar,Unit")
    text = shown.stdout.decode()
    assert "Unit=rtf-audit.service" in text and "ActiveState=active" in text and "OnCalendar=*-*-* 02:00:00" in text, (
        text
    )

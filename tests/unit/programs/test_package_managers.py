# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of package managers in the variables of roles, given to the package managers themselves."""

import shutil
import subprocess

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract.checkout import CHECKOUT


def commands(program):
    """Return [(role, words)] of the commands of a program among the variables of all roles."""
    found = []
    for path in sorted(CHECKOUT.glob("roles/*/vars/main.yml")):
        left = list((yaml.safe_load(path.read_text(encoding="utf-8")) or {}).values())
        while left:
            value = left.pop()
            if isinstance(value, dict):
                left += value.values()
            elif isinstance(value, list) and value[:1] == [program] and (path.parts[-3], value) not in found:
                found.append((path.parts[-3], value))
    return found


@pytest.mark.parametrize("role, words", commands("dnf"))
def test_dnf_takes_what_a_role_asks_it(role, words, tmp_path):
    assert shutil.which("dnf"), "dnf is not installed; `make unit` does it"
    done = subprocess.run(
        [words[0], f"--installroot={tmp_path}", "--releasever=9", *words[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_both_roles_that_install_packages_ask_dnf():
    assert {role for role, words in commands("dnf")} == {"rtf_firewall", "rtf_time_sync"}

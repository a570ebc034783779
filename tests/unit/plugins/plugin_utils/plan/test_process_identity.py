# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process is known again as long as it runs, and never taken for another one."""

import subprocess
import sys

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import process_identity


@pytest.fixture
def sleeper():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_process_is_gone_when_it_was_killed_even_before_its_parent_notices(sleeper):
    name = process_identity.own(sleeper.pid)
    assert not process_identity.is_gone(name)
    sleeper.kill()
    sleeper.stdin.close()
    while not process_identity.is_gone(name):
        pass


def test_a_process_with_the_number_of_another_is_not_that_one():
    machine, space, pid, started = process_identity.own().split()
    assert process_identity.is_gone(f"{machine} {space} {pid} {int(started) + 1}")


@pytest.mark.parametrize("name", [None, "", "x", "other-boot 1 1 1", "a b c d e"])
def test_nothing_is_known_of_what_is_not_from_here(name):
    assert not process_identity.is_gone(name)


def test_without_proc_there_is_no_name(tmp_path):
    assert process_identity.own(proc=str(tmp_path)) == ""

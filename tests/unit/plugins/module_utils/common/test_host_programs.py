# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program comes back within its time, whatever it has started."""

import sys
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_programs
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback


def test_output_input_and_exit_code():
    program = host_programs.Program(["sh", "-c", "cat; echo $LC_ALL >&2; exit 3"], fed=True)
    assert program.ended(30, b"said") == (b"said", b"C\n")
    assert program.returncode == 3


def test_without_input_it_reads_nothing():
    assert host_programs.Program(["cat"]).ended(30) == (b"", b"")


def test_one_whose_child_holds_its_output_open_is_left_at_its_deadline():
    """The child outlives the program by 60 s, which nobody waits for."""
    program = host_programs.Program(["sh", "-c", "sleep 60 & echo $!; exec sleep 60"])
    child = int(program.stdout.readline())
    try:
        with pytest.raises(host_programs.Late, match=r"no answer within 0\.2 s"):
            program.ended(0.2)
        assert program.returncode < 0
    finally:
        host_programs.Program(["kill", str(child)]).ended(30)


def test_a_program_runs_in_a_plain_locale_without_input():
    code = "import os, sys; print(os.environ['LC_ALL'], repr(sys.stdin.read()))"
    assert run_text([sys.executable, "-c", code]).strip() == "C ''"


@pytest.mark.parametrize(
    "argv, reason",
    [
        (["no-such-program-here"], "no-such-program-here: command not found"),
        ([sys.executable, "-c", "import sys; sys.exit('it broke')"], "exit code 1: it broke"),
    ],
)
def test_a_program_that_fails_says_why(argv, reason):
    with pytest.raises(Unreadable, match=reason):
        run_text(argv)


def test_a_program_that_hangs_is_ended():
    began = time.monotonic()
    with pytest.raises(Unreadable, match="no answer within 0.2 s"):
        run_text([sys.executable, "-c", "import time; time.sleep(300)"], timeout=0.2)
    assert time.monotonic() - began < loopback.PATIENCE

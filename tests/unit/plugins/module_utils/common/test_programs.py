# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program comes back within its time, whatever it has started."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import programs


def test_output_input_and_exit_code():
    program = programs.Program(["sh", "-c", "cat; echo $LC_ALL >&2; exit 3"], fed=True)
    assert program.ended(30, b"said") == (b"said", b"C\n")
    assert program.returncode == 3


def test_without_input_it_reads_nothing():
    assert programs.Program(["cat"]).ended(30) == (b"", b"")


def test_one_whose_child_holds_its_output_open_is_left_at_its_deadline():
    """The child outlives the program by 60 s, which nobody waits for."""
    program = programs.Program(["sh", "-c", "sleep 60 & echo $!; exec sleep 60"])
    child = int(program.stdout.readline())
    try:
        with pytest.raises(programs.Late, match=r"no answer within 0\.2 s"):
            program.ended(0.2)
        assert program.returncode < 0
    finally:
        programs.Program(["kill", str(child)]).ended(30)

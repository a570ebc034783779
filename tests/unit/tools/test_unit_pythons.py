# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make unit-pythons` says of versions that are there, and of those that are not."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tools import unit_pythons


@pytest.fixture
def machine(monkeypatch):
    """A machine with Python 3.6 and 3.13, on the first of which the tests fail on request."""
    failing = set()
    monkeypatch.setattr(unit_pythons, "interpreters", lambda: {(3, 6): "/opt/python3.6", (3, 13): "/opt/python3.13"})
    monkeypatch.setattr(unit_pythons, "run_tests", lambda version, program: version not in failing)
    return failing


def test_what_was_not_found_is_said(machine, capsys):
    assert unit_pythons.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  3.6    passed     /opt/python3.6" in lines
    assert "  3.9    NOT TRIED  not found on this machine" in lines


def test_the_newest_version_that_is_claimed_is_tried(machine, capsys):
    assert unit_pythons.main([]) == 0
    assert "  3.14   NOT TRIED  not found on this machine" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    "version, core", [((3, 6), ".venv-floor"), ((3, 12), ".venv-floor"), ((3, 13), ".venv"), ((3, 14), "build")]
)
def test_each_version_gets_a_core_that_supports_it(version, core):
    assert unit_pythons.core_for(version).split("/")[0] == core


def test_a_version_that_is_named_has_to_be_there(machine, capsys):
    assert unit_pythons.main(["3.6", "3.13"]) == 0
    assert unit_pythons.main(["3.6", "3.9"]) == 1
    said = capsys.readouterr()
    assert (
        "  3.9    NOT TRIED  not found on this machine" in said.out
        and "error: a Python that was to be tried" in said.err
    )


def test_one_failure_fails(machine, capsys):
    machine.add((3, 6))
    assert unit_pythons.main([]) == 1
    assert "  3.6    FAILED     /opt/python3.6" in capsys.readouterr().out


def test_finding_nothing_fails(monkeypatch, capsys):
    monkeypatch.setattr(unit_pythons, "interpreters", dict)
    assert unit_pythons.main([]) == 1
    assert "not on this machine" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["3", "2.7", "three", "3.6.1"])
def test_what_is_no_version_is_refused(word, capsys):
    assert unit_pythons.main([word]) == 2
    assert word in capsys.readouterr().err

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make compat` reports of cores that were tried, and of those that were not."""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout
from ansible_collections.hostprep.runtime_fabric.tools import compat


@pytest.fixture
def machine(monkeypatch):
    """A machine with Python 3.10 and 3.11; what is in the set fails."""
    failing = set()
    monkeypatch.setattr(compat, "interpreters", lambda: {(3, 10): "/opt/python3.10", (3, 11): "/opt/python3.11"})
    monkeypatch.setattr(compat, "run_part", lambda part, core, program: (core, part) not in failing)
    return failing


def test_each_part_runs_on_each_core_that_has_a_python(machine, capsys):
    assert compat.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "2.16   3.10    passed     passed     passed" in lines
    assert "2.21   3.13    NOT TRIED  NOT TRIED  NOT TRIED" in lines


def test_one_failure_fails(machine, capsys):
    machine.add(("2.19", "units"))
    assert compat.main(["--part", "units", "sanity"]) == 1
    assert "2.19   3.11    FAILED     passed" in capsys.readouterr().out.splitlines()


def test_a_core_that_is_named_has_to_be_tried(machine, capsys):
    assert compat.main(["--core", "2.16"]) == 0
    assert compat.main(["--core", "2.21"]) == 1
    assert "error: the Python of a core" in capsys.readouterr().err


def test_the_oldest_core_is_the_one_that_the_collection_requires():
    required = checkout.read_yaml("meta/runtime.yml")["requires_ansible"]
    assert required == f">={next(iter(compat.CORES))}.0"


def test_the_workflow_tries_the_same_cores():
    matrix = checkout.read_yaml(".github/workflows/ci.yml")["jobs"]["sanity"]["strategy"]["matrix"]["include"]
    assert {row["core"]: tuple(map(int, row["python"].split("."))) for row in matrix} == compat.CORES


@pytest.mark.parametrize("core", compat.CORES)
def test_the_document_names_the_cores(core):
    assert re.search(rf"\b{re.escape(core)}\b", checkout.read("docs/guide/compatibility.md"))


def test_an_environment_is_made_anew_for_other_packages(tmp_path, monkeypatch):
    made = []

    def run(words, **_options):
        (tmp_path / "compat" / "2.21").mkdir(parents=True, exist_ok=True)
        made.append(words)

    monkeypatch.setattr(compat, "CACHE", tmp_path)
    monkeypatch.setattr(compat.subprocess, "run", run)
    # The programs of tools/programs.sh may have become more, and that looks for itself.
    for packages, programs in ((["pytest"], 3), (["pytest"], 4), (["pytest", "mock"], 7)):
        monkeypatch.setattr(compat, "PACKAGES", packages)
        compat.environment_of("2.21", "/opt/python3.13")
        assert len(made) == programs

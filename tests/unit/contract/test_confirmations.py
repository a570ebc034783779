# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each command that confirms a cause says which of its outputs does: readers of broken labs did not know what it proves."""

import ast
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import causes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import cause, endpoints, owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.egress import pod_faults
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report import simulated_reports

MODULES = sorted(Path(*causes.__path__).glob("*.py"))


def test_every_check_with_a_command_says_which_output_shows_its_fault():
    rows = checks.load()
    assert [row["id"] for row in rows if ("confirm" in row) != ("confirmed_if" in row)] == []
    assert len([row for row in rows if "confirm" in row]) > 90
    for row in rows:
        condition = row.get("confirmed_if", "it")
        assert not condition.endswith("."), row["id"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_rule_gives_a_command_without_its_output(module):
    """Only `confirmed` and `Cluster.confirmation` make a Confirmation of a command."""
    if module.stem == "cause":
        return
    calls = [node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    named = [(getattr(call.func, "id", getattr(call.func, "attr", "")), call) for call in calls]
    assert not [call.lineno for name, call in named if name == "Confirmation" and (call.args or call.keywords)]
    for name, call in named:
        if name == "confirmed":
            assert len(call.args) == 2 and not (isinstance(call.args[1], ast.Constant) and not call.args[1].value)


def test_every_verdict_of_an_endpoint_and_every_fault_of_a_pod_has_its_output():
    assert set(endpoints.TITLES) - set(endpoints.CURL_SHOWS) == {"unresolved"}
    assert set(owners.OF_PODS) == set(pod_faults.OUTPUTS)


def test_the_causes_of_a_broken_cluster_have_both_or_neither():
    found = simulated_reports.report(4, broken=True).document["causes"]
    assert any(one["confirm"] for one in found)
    for one in found:
        assert bool(one["confirm"]) == bool(one["confirmed_by"]), one["id"]
        assert one["confirmed_by"].endswith("." if one["confirm"] else "")
    assert cause.confirmed("nproc", "it prints 1").sentence == "Confirmed if it prints 1."

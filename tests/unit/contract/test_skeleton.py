# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles that change a host have one skeleton: the same files, with the same steps in the same order.

A reader who knows one of them knows all, and a plan without changes includes no task.
"""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import role_plan
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.roles import ROLES
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

FILES = {"main", "inspect", "plan", "apply", "verify", "revert"}
BESIDES = ("apply_", "revert_")
SHARED = ("main", "apply", "apply_announcement")  # the same in each role, but for its name
VERBS = {
    "Collect",
    "Configure",
    "Inspect",
    "Install",
    "Measure",
    "Plan",
    "Probe",
    "Record",
    "Report",
    "Restart",
    "Restore",
    "Set",
    "Start",
    "Stop",
    "Validate",
    "Verify",
}
MODEL = "rtf_kernel"


def files_of(role):
    return {path.stem for path in (checkout.CHECKOUT / "roles" / role / "tasks").glob("*.yml")}


def tasks_in(role, name):
    """Return the tasks of a file, those of blocks among them."""

    def flat(tasks):
        return [one for task in tasks for one in (flat(task["block"]) if "block" in task else [task])]

    return flat(checkout.read_yaml(f"roles/{role}/tasks/{name}.yml"))


def action_of(task):
    """Return the short name of a task's action."""
    (name,) = [key for key in task if re.match(r"(ansible\.builtin|hostprep\.runtime_fabric)\.", key)]
    return name.rpartition(".")[2]


def actions(role, name):
    return [action_of(task) for task in tasks_in(role, name)]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_the_files_of_the_skeleton(role):
    found = files_of(role)
    assert FILES <= found
    assert {name for name in found - FILES if not name.startswith(BESIDES)} == set()
    assert {name.removeprefix("apply_") for name in found if name.startswith("apply_")} <= set(role_plan.KINDS)


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("role", ROLES)
def test_what_roles_share_is_the_same_text(role, name):
    model = checkout.read(f"roles/{MODEL}/tasks/{name}.yml")
    assert checkout.read(f"roles/{role}/tasks/{name}.yml") == model.replace(MODEL, role)


@pytest.mark.parametrize("role", ROLES)
def test_main_inspects_plans_applies_what_differs_and_verifies(role):
    steps = [(action_of(task), task[f"ansible.builtin.{action_of(task)}"]) for task in tasks_in(role, "main")]
    assert steps == [
        ("import_tasks", "inspect.yml"),
        ("import_tasks", "plan.yml"),
        ("include_tasks", "apply.yml"),
        ("import_tasks", "verify.yml"),
    ]
    assert actions(role, "inspect")[0] == "check_inputs" and "host_info" in actions(role, "inspect")
    assert "plan_changes" in actions(role, "plan") and "plan_changes" in actions(role, "revert")


@pytest.mark.parametrize("role", ROLES)
def test_verifying_alone_inspects_first_and_changes_nothing(role):
    tasks = tasks_in(role, "verify")
    assert tasks[0]["ansible.builtin.include_tasks"] == "inspect.yml"
    assert tasks[0]["when"] == f"__{role}_inspect_again | default(true)"
    assert set(actions(role, "verify")) <= {"include_tasks", "judge", "assert", "egress_info"}


@pytest.mark.parametrize("role", ROLES)
def test_reverting_applies_a_plan_of_its_own_with_the_same_tasks(role):
    tasks = tasks_in(role, "revert")
    (plan,) = [task["hostprep.runtime_fabric.plan_changes"] for task in tasks if action_of(task) == "plan_changes"]
    assert "remembered" in plan
    assert "apply.yml" in [task.get("ansible.builtin.include_tasks") for task in tasks]
    assert actions(role, "revert")[-1] == "change_record"


@pytest.mark.parametrize("role", ROLES)
def test_the_names_of_tasks_begin_with_a_verb_of_ours(role):
    names = [task["name"] for name in sorted(files_of(role)) for task in tasks_in(role, name)]
    named_by_the_plan = "{{ __" + role + "_step }}"
    assert {name for name in names if name.split()[0] not in VERBS and name != named_by_the_plan} == set()


@pytest.mark.parametrize("role", ROLES)
def test_the_evidence_of_a_role_is_named_in_one_place(role):
    """So that a play that has the evidence already can hand it in there."""
    found = f"__{role}_found"
    uses = [
        name
        for name in sorted(files_of(role))
        for task in tasks_in(role, name)
        if found in str({key: value for key, value in task.items() if key != "register"})
    ]
    assert uses == []
    assert checkout.read(f"roles/{role}/vars/main.yml").count(f"{found}.host") == 1

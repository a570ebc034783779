# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles that change a host have one skeleton: the same files, with the same steps in the same order.

A reader who knows one of them knows all, and a plan without changes includes no task.
"""

import re

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions import role_plan
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_registry import ROLES
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

FILES = {"main", "plan", "apply", "verify", "revert"}
BESIDES = ("apply_", "plan_", "revert_")
SHARED = (
    "main",
    "apply",
    "apply_announcement",
    "apply_record",
    "apply_removals",
)  # the same in each role, but for its name
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
def test_main_plans_applies_what_differs_and_verifies(role):
    steps = [(action_of(task), task[f"ansible.builtin.{action_of(task)}"]) for task in tasks_in(role, "main")]
    assert steps == [
        ("import_tasks", "plan.yml"),
        ("include_tasks", "apply.yml"),
        ("include_tasks", "verify.yml"),
    ]


def planning(role, name):
    """Return the options of each task of a file that inspects and plans."""
    return [
        task["hostprep.runtime_fabric.plan_changes"]
        for task in tasks_in(role, name)
        if action_of(task) == "plan_changes"
    ]


@pytest.mark.parametrize("role", ROLES)
def test_one_task_validates_inspects_and_plans_and_takes_evidence_in_one_place(role):
    """So that a play that has the evidence already can hand it in there."""
    assert actions(role, "plan")[0] == "plan_changes"
    (task,) = planning(role, "plan")
    assert task["host"] == "{{ __" + role + "_host }}"
    assert checkout.read_yaml(f"roles/{role}/vars/main.yml")[f"__{role}_host"] == {}
    everywhere = "".join(checkout.read(f"roles/{role}/tasks/{name}.yml") for name in files_of(role))
    assert everywhere.count(f"{{{{ __{role}_host }}}}") == 1


@pytest.mark.parametrize("role", ROLES)
def test_no_role_inspects_or_judges_in_another_manner(role):
    used = {action for name in files_of(role) for action in actions(role, name)}
    assert used.isdisjoint({"host_info", "check_inputs", "validate_argument_spec"})


@pytest.mark.parametrize("role", ROLES)
def test_one_name_is_registered_for_results_of_one_action_alone(role):
    """A result of another shape would take the place of the plan."""
    found = {}
    for name in files_of(role):
        for task in tasks_in(role, name):
            if "register" in task:
                # That of a skipped task, too.
                assert action_of(task) != "plan_changes" or "when" not in task, task["name"]
                found.setdefault(task["register"], set()).add(action_of(task))
    assert {name: kinds for name, kinds in found.items() if len(kinds) > 1} == {}


@pytest.mark.parametrize("role", ROLES)
def test_verifying_alone_inspects_first_and_changes_nothing(role):
    tasks = planning(role, "verify")
    assert "host" not in tasks[0] and [task.get("step") for task in tasks][-1] == "verify"
    assert {task["step"] for task in tasks} == {"verify"}
    assert set(actions(role, "verify")) == {"plan_changes"}


@pytest.mark.parametrize("role", ROLES)
def test_reverting_applies_a_plan_of_its_own_with_the_same_tasks(role):
    tasks = tasks_in(role, "revert")
    (plan,) = planning(role, "revert")
    assert "remembered" in plan and plan["entry_point"] == "revert"
    assert "apply.yml" in [task.get("ansible.builtin.include_tasks") for task in tasks]
    assert actions(role, "revert")[-1] == "change_record"


@pytest.mark.parametrize("role", ROLES)
def test_the_names_of_tasks_begin_with_a_verb_of_ours(role):
    names = [task["name"] for name in sorted(files_of(role)) for task in tasks_in(role, name)]
    named_by_the_plan = "{{ __" + role + "_step }}"
    assert {name for name in names if name.split()[0] not in VERBS and name != named_by_the_plan} == set()


def test_a_playbook_plans_all_roles_at_once_and_includes_those_that_have_something_to_do():
    (block,) = [
        task for play in checkout.read_yaml("playbooks/prepare_rtf.yml") for task in play["tasks"] if "block" in task
    ]
    plan, *others = block["block"]
    assert plan["hostprep.runtime_fabric.plan_changes"]["roles"] == "{{ __rtf_roles }}"
    roles = block["vars"]["__rtf_roles"]
    assert sorted(roles) == sorted(ROLES) == sorted(plan["tags"])
    included = [task for task in others if "ansible.builtin.include_role" in task]
    assert [task["tags"] for task in included] == roles
    for role, task in zip(roles, included):
        assert task["ansible.builtin.include_role"]["name"] == f"hostprep.runtime_fabric.{role}"
        tasks = task["ansible.builtin.include_role"]["tasks_from"]
        assert tasks == f"{{{{ 'apply' if '{role}' in __rtf_plans.ready else 'main' }}}}"
        assert task["ansible.builtin.include_role"]["apply"] == {"tags": role}
        assert task["when"] == f"'{role}' in __rtf_plans.pending"
        assert list(task["vars"]) == [f"__{role}_{one}" for one in ("host", "handed", "verified_later")]
    verify = others[-1]["hostprep.runtime_fabric.plan_changes"]
    assert (verify["step"], others[-1]["tags"]) == ("verify", plan["tags"])


@pytest.mark.parametrize("role", ROLES)
def test_a_role_disturbs_only_those_after_it(role):
    order = ["rtf_proxy", "rtf_time_sync", "rtf_kernel", "rtf_firewall"]
    every_kind = [{"step": kind, "kind": kind} for kind in role_plan.KINDS]
    disturbed = {*ROLES[role].disturbs(every_kind), *ROLES[role].unsettles}
    assert disturbed <= set(order[order.index(role) + 1 :])

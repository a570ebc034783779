# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several roles from one inspection: what is in force includes nothing, and what a role disturbs is inspected again."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import preparation
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Cluster,
    Plan,
    Refusal,
    Role,
    Settings,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_registry import ROLES
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

CLUSTER = Cluster("n1", {"rtf_nodes": ["n1"]}, {"n1": {}})
CHANGE = {"step": "Set it", "kind": "commands", "commands": [["true"]]}


def refuse(*_arguments):
    raise Refusal("not on this node")


def role(changes=(), **fields):
    """A role that plans these changes and has no effect that a check would miss."""
    return Role(
        lambda inputs, remembered: {"sections": ["firewall"], "checks": ["fw.*"]},
        lambda inputs, host, cluster: Plan(list(changes), warnings=["careful"]),
        lambda inputs, host, remembered: Plan(list(changes)),
        **fields,
    )


@pytest.fixture
def roles(monkeypatch):
    """A function that replaces the roles and returns the Preparation of a node."""

    def prepared(found, **options):
        monkeypatch.setattr(preparation, "ROLES", found)
        settings = {name: Settings({}, {}, {}) for name in found}
        return preparation.prepare(settings, samples.evidence()["host"], CLUSTER, **options)

    return prepared


def test_without_a_change_nothing_is_pending(roles):
    found = roles({"a": role(), "b": role()})
    assert (found.pending, found.stale, found.unverified) == ([], [], [])
    assert found.plans["a"].in_force and "careful" in found.plans["a"].warnings


def test_what_a_change_makes_stale_is_inspected_again_and_only_that(roles):
    found = roles({"a": role([CHANGE], disturbs=lambda changes: ("c",)), "b": role(), "c": role()})
    assert (found.pending, found.stale, found.unverified) == (["a", "c"], ["c"], ["a", "c"])
    assert found.ready == ["a"]


def test_what_only_acts_otherwise_after_a_change_is_not_planned_again_and_is_verified_again(roles):
    found = roles({"a": role([CHANGE], unsettles=("c",)), "b": role(), "c": role()})
    assert (found.pending, found.stale, found.unverified) == (["a"], [], ["a", "c"])


def test_a_dry_run_makes_nothing_stale_and_has_no_effect_to_verify(roles):
    disturbing = role([CHANGE], disturbs=lambda changes: ("b",), unsettles=("b",))
    found = roles({"a": disturbing, "b": role()}, dry=True)
    assert (found.pending, found.stale, found.unverified) == (["a"], [], [])
    missing = roles({"a": role(unmet=lambda inputs, host: ["vm.x is 0 and not 1"])}, dry=True)
    assert (missing.pending, missing.unverified) == ([], ["a"])


def test_files_of_proxies_disturb_no_role_and_restarts_of_container_runtimes_do():
    """A first run without `rtf_proxy_restart_services` inspected kernel and firewall again for nothing."""
    disturbs = ROLES["rtf_proxy"].disturbs
    assert disturbs([{"step": "a", "kind": "blocks"}, {"step": "b", "kind": "reload"}]) == ()
    assert disturbs([{"step": "c", "kind": "services"}]) == ("rtf_kernel", "rtf_firewall")


def test_a_refusal_leaves_the_other_roles_their_plans(roles):
    found = roles({"a": role([CHANGE]), "b": role()._replace(plan=refuse), "c": role()})
    assert (found.pending, found.ready) == (["a", "b"], ["a"]) and found.plans["b"].refusal == "not on this node"


def test_what_is_missing_without_a_change_is_pending(roles):
    found = roles({"a": role(unmet=lambda inputs, host: ["vm.x is 0 and not 1"])})
    assert (found.pending, found.unverified) == ([], ["a"]) and found.plans["a"].plan.changes == []


def test_a_role_that_was_asked_for_nothing_is_not_judged(roles):
    asked_for_nothing = role(leaves_alone=lambda inputs: True, unmet=lambda inputs, host: ["missing"])
    found = roles({"a": asked_for_nothing})
    assert (found.pending, found.unverified) == ([], [])


def test_what_has_to_be_probed_first_comes_before_the_plan(roles):
    asking = role(questions=lambda inputs, host: ["ntp.example.com"])._replace(plan=refuse)
    found = roles({"a": asking})
    assert (found.pending, found.ready) == (["a"], []) and found.plans["a"].questions == ["ntp.example.com"]
    assert roles({"a": asking}, probed=[]).plans["a"].refusal

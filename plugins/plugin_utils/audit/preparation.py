# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several roles change on a node, and whether what they ask for is in force, from one inspection. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.role_effect import judge_effect, sentence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import InventoryEntry
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import role_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.inspections import (
    evidence_for,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_plan import (
    Cluster,
    Host,
    Plan,
    Refusal,
    Remembered,
    Role,
    Settings,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_decisions.role_registry import ROLES

Probed = Sequence[Mapping[str, Any]]  # endpoints as egress_info returns them


class Verdict(NamedTuple):
    """What the checks of a role say. failures, warnings: sentences."""

    results: list[Result]
    failures: list[str]
    warnings: list[str]


class RolePlan(NamedTuple):
    """The plan of a role. in_force: whether there is nothing to change, and the effect is there.

    questions: hosts to probe before the plan can be made. refusal: why the node must not be changed.
    """

    plan: Plan
    in_force: bool = False
    questions: list[str] = []
    refusal: str = ""
    warnings: list[str] = []


class Preparation(NamedTuple):
    """plans: by role, in the order of the roles. pending: those that have something to do. stale: those of which the
    evidence does not hold any more when it is their turn. ready: those that are pending, and whose plan holds then.
    unverified: those whose effect has to be verified afterwards."""

    plans: dict[str, RolePlan]
    pending: list[str]
    stale: list[str]
    ready: list[str]
    unverified: list[str]


def prepare(
    settings: Mapping[str, Settings], host: Host, cluster: Cluster, probed: Probed | None = None, dry: bool = False
) -> Preparation:
    """Return the Preparation. settings: by role, in their order. probed: what the hosts of `questions` answered.

    dry: nothing will be changed.
    """
    plans = {name: plan_of(ROLES[name], given, host, cluster, probed) for name, given in settings.items()}
    stale: set[str] = set()
    unsettled: set[str] = set()
    pending, ready, unverified = [], [], []
    for name, found in plans.items():
        busy = bool(found.plan.changes or found.questions)
        if name in stale or busy or found.refusal:
            pending.append(name)
        if name not in stale and found.plan.changes:
            ready.append(name)
        if name in stale | unsettled or not (found.in_force or (dry and (busy or found.refusal))):
            unverified.append(name)
        if busy and not dry:
            stale.update(ROLES[name].disturbs(found.plan.changes))
            unsettled.update(ROLES[name].unsettles)
    return Preparation(plans, pending, [name for name in plans if name in stale], ready, unverified)


def plan_of(role: Role, settings: Settings, host: Host, cluster: Cluster, probed: Probed | None = None) -> RolePlan:
    """Return the RolePlan of one role, whose effect is judged where nothing is to be changed."""
    inspection = role.inspection(settings.private, None)
    evidence = evidence_for(inspection, host)
    try:
        questions = role.questions(settings.inputs, evidence) if probed is None else []
        if questions:
            return RolePlan(Plan(), questions=questions)
        plan = role.plan(settings.inputs, {**evidence, "time_answers": probed or []}, cluster)
    except Refusal as refusal:
        return RolePlan(Plan(), refusal=str(refusal))
    if plan.changes:
        return RolePlan(plan, warnings=plan.warnings)
    if role.leaves_alone(settings.inputs):
        return RolePlan(plan, True, warnings=plan.warnings)
    verdict = verify(role, settings, host, cluster)
    return RolePlan(plan, not verdict.failures, warnings=plan.warnings + verdict.warnings)


def revert_plan(role: Role, settings: Settings, host: Host, remembered: Remembered) -> RolePlan:
    """Return the RolePlan that restores what is recorded."""
    inspection = role.inspection(settings.private, remembered)
    plan = role.revert(settings.inputs, evidence_for(inspection, host), remembered)
    return RolePlan(plan, not plan.changes, warnings=plan.warnings)


def verify(role: Role, settings: Settings, host: Host, cluster: Cluster, probed: Probed | None = None) -> Verdict:
    """Return the Verdict on the evidence, by the functions of the audit."""
    inspection = role.inspection(settings.private, None)
    evidence = evidence_for(inspection, host)
    effect = judge_effect(
        catalog.load(),
        role.judged(settings.shown),
        _inventory(cluster),
        cluster.node,
        {"host": evidence, **({} if probed is None else {"egress": probed})},
        inspection["checks"],
        inspection.get("must_pass", ()),
    )
    failures = [sentence(result) for result in effect.failures]
    warnings = [f"{result['node']}: {sentence(result)}" for result in effect.warnings]
    return Verdict(effect.results, failures + role.unmet(settings.inputs, evidence), warnings)


def _inventory(cluster: Cluster) -> dict[str, InventoryEntry]:
    """Return what the inventory says of each node, the node itself among them whatever its groups."""
    found: dict[str, Any] = {cluster.node: {"role": "worker"}}
    for node, variables in cluster.variables.items():
        addresses = {name: variables[name] for name in ("rtf_node_address", "ansible_host") if name in variables}
        found[node] = {"role": role_of(node, cluster.groups), **addresses}
    return found

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge a saved run again, without the hosts, with other inputs: what another release, limit or waiver would say."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from typing import Any, cast

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.audit import audit
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.node_judgement import NOT_COLLECTED
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.saved_run import SavedRun
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog, checks, input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.catalog import Catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_rows import of_site
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import audit_plan, port_matrix, uncollected
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.requirements import (
    Requirements,
    requirements_of,
    scope_of,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.selected_checks import (
    SelectedCheck,
    selected_checks,
)

ROLE = "rtf_preflight"
# Inputs of the role by which a run is judged; all others decided what was collected, and stay as they were.
JUDGED_BY = tuple(variable.short for variable in input_declarations.load().rejudging(ROLE, "judged"))
_MOST = 3


def rejudge(
    catalogue: Catalog, saved: SavedRun, given: Mapping[str, Any], now: datetime.datetime, name: str = ""
) -> Report:
    """Return the Report of a saved run, for the day on which it was collected.

    given: inputs of JUDGED_BY, with their types, in place of those of the run. now: of UTC, for the stamp of the report.
    name: of the file.
    """
    inputs = {**_defaults(), **saved["inputs"], **{input_: given[input_] for input_ in JUDGED_BY if input_ in given}}
    ports = _with_rows(saved["ports"], catalogue, inputs)
    collected = datetime.datetime.fromisoformat(saved["generated"])
    report = audit(catalogue, inputs, saved["nodes"], collected, ports, not_collected(catalogue, saved, inputs))
    report.document["rejudged"] = {
        "at": now.isoformat(timespec="seconds"),
        "run": name,
        "collection": saved["collection"],
        "inputs": [
            {"name": input_, "before": saved["inputs"].get(input_), "now": inputs[input_]}
            for input_ in JUDGED_BY
            if input_ in inputs and inputs[input_] != saved["inputs"].get(input_)
        ],
    }
    return report


def _defaults() -> dict[str, Any]:
    """Inputs that this version has and the one that saved the run may not have had."""
    return {option.short: option.default for option in input_declarations.load().of_role(ROLE).values()}


def _with_rows(ports: port_matrix.PortPlan | None, catalogue: Catalog, inputs: Mapping[str, Any]) -> Any:
    """The plan of the run's matrix with the rows that are judged now."""
    if ports is None:
        return None
    with_site = of_site(catalogue, inputs)
    rows = port_matrix.rows_of(with_site, inputs["release"], inputs["phase"])
    own_cluster = catalog.release_of(with_site, inputs["release"])["line"] == "self_managed"
    return cast(port_matrix.PortPlan, {**ports, **rows, "own_cluster": own_cluster})


def not_collected(catalogue: Catalog, saved: SavedRun, inputs: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return `{node: {id of a result: why it cannot be judged}}` of what the run did not collect for these inputs."""
    with_site = of_site(catalogue, inputs)
    scope = scope_of(inputs)
    rows = port_matrix.rows_of(with_site, scope.release, scope.phase)
    requirements = functools.cache(functools.partial(requirements_of, with_site, scope))
    wanted = functools.cache(functools.partial(_wanted, requirements, inputs))
    found: dict[str, dict[str, str]] = {}
    for node, had in saved["plan"].items():
        missing = {
            check.result_id: [
                *uncollected.of_node(check, plan, had),
                *uncollected.of_cluster(check, rows, inputs, saved["ports"]),
            ]
            for check, plan in wanted(saved["nodes"][node]["inventory"]["role"])
        }
        found[node] = {name: f"{NOT_COLLECTED}{_few(what)}" for name, what in missing.items() if what}
    return found


def _wanted(requirements: Any, inputs: Mapping[str, Any], role: str) -> list[tuple[SelectedCheck, audit_plan.NodePlan]]:
    """The checks of a role that are selected, each with the plan of a run that makes no other."""
    asked: Requirements = requirements(role)
    selected = selected_checks(checks.load(), asked, inputs["checks"], inputs["skip_checks"])
    return [(check, audit_plan.node_plan(asked, [check], inputs)) for check in selected]


def _few(what: list[str]) -> str:
    return ", ".join(what[:_MOST]) + (f" and {len(what) - _MOST} more" if len(what) > _MOST else "")

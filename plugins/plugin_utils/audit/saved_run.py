# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run as it is saved in evidence.json: all that it was judged by, so that it can be judged again without the hosts."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import collection_version
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import Evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.audit_plan import NodePlan
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import PortPlan

FORMAT = 2  # raised when a field changes its meaning or goes away; the first one was the evidence alone
# What must be there, and what it must be.
_PARTS: dict[str, Any] = {
    "collection": str,
    "generated": str,
    "inputs": dict,
    "plan": dict,
    "ports": (dict, type(None)),
    "nodes": dict,
}
_AGAIN = "run the audit again, and use that run"


class SavedRun(TypedDict):
    """collection: the version that collected it. generated: when, a UTC time; waivers hold or have ended on that day.

    inputs: those of the role rtf_preflight, without secrets. plan: what was to be collected, of each node of the run.
    ports: the plan of the port matrix, None without one. nodes: what was collected, of every node of the inventory.
    """

    format: int
    collection: str
    generated: str
    inputs: dict[str, Any]
    plan: dict[str, NodePlan]
    ports: PortPlan | None
    nodes: Evidence


def of_run(
    inputs: Mapping[str, Any],
    plan: Mapping[str, NodePlan],
    ports: PortPlan | None,
    evidence: Evidence,
    now: datetime.datetime,
) -> SavedRun:
    """Return the SavedRun of a run. now: of UTC."""
    return {
        "format": FORMAT,
        "collection": collection_version.installed(),
        "generated": now.isoformat(timespec="seconds"),
        "inputs": dict(inputs),
        "plan": dict(plan),
        "ports": ports,
        "nodes": evidence,
    }


def read(content: Any, name: str) -> SavedRun:
    """Return the SavedRun in the content of a file. Raise ValueError with one sentence where it has none."""
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise ValueError(
            f"{name} holds only evidence, without inputs and plan; an earlier version of this collection wrote it: "
            f"{_AGAIN}"
        )
    if content["format"] != FORMAT:
        raise ValueError(f"{name} has the format {content['format']}, and this version reads {FORMAT}: {_AGAIN}")
    wrong = [part for part, kind in _PARTS.items() if part not in content or not isinstance(content[part], kind)]
    try:
        datetime.datetime.fromisoformat(str(content.get("generated")))
    except ValueError:
        wrong.append("generated")
    if wrong:
        raise ValueError(f"{name} is incomplete ({', '.join(dict.fromkeys(wrong))} missing or not valid): {_AGAIN}")
    return cast(SavedRun, content)

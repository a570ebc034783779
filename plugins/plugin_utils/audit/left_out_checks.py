# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which results a site leaves out: by names and globs of checks, or by a switch that collects no evidence for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, TypedDict, cast

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import Evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.check_patterns import (
    ALL,
    matches,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import SKIPPED

# Not a requirement but an event of this run: neither left out nor waived.
EVENTS = frozenset(["access.preparation"])
Check = Mapping[str, Any]  # a row of catalog/checks/


class Selected(TypedDict):
    """What a run leaves out."""

    checks: Annotated[list[str], Field("Names or globs of rtf_checks.")]
    skip_checks: Annotated[list[str], Field("Names or globs of rtf_skip_checks.")]
    left_out: Annotated[list[str], Field("The checks that the site left out.")]
    left_out_by: Annotated[dict[str, list[str]], Field("The same checks, by the variable that leaves them out.")]
    unmatched: Annotated[list[str], Field("Names and globs of both lists that match no check of the run.")]


def leave_out(results: Iterable[Result], selected: Selected) -> list[Result]:
    """Return the results with those that a site left out turned into `skipped`, with the reason."""
    reasons = {name: variable for variable, names in selected["left_out_by"].items() for name in names}
    return [_left_out(result, reasons.get(result["id"])) for result in results]


def _left_out(result: Result, variable: str | None) -> Result:
    if not variable:
        return result
    nothing = {"expected": "", "remedy": "", "evidence": None}
    return cast(Result, {**result, "status": SKIPPED, **nothing, "observed": f"left out by {variable}"})


def _why_left_out(name: str, checks: Sequence[str], skip: Sequence[str], off: Mapping[str, str]) -> str | None:
    """The variable that leaves a check out, or None."""
    if name in EVENTS:
        return None
    if matches(name, skip):
        return "rtf_skip_checks"
    if not matches(name, checks):
        return "rtf_checks"
    # A check that is made for each row has an id with the row's behind its own.
    return off.get(name) or off.get(name.rpartition(".")[0])


def summary(
    results: Iterable[Result],
    checks: Sequence[str] = ALL,
    skip: Sequence[str] = (),
    off: Mapping[str, str] | None = None,
) -> Selected:
    """Return what a site leaves out, of checks that have results.

    checks: names or globs of rtf_checks. skip: those of rtf_skip_checks. off: as switched_off_checks.switched_off returns it.
    """
    ids = list(dict.fromkeys(result["id"] for result in results))
    why = {name: _why_left_out(name, checks, skip, off or {}) for name in ids}
    left_out_by: dict[str, list[str]] = {}
    for name, variable in why.items():
        if variable:
            left_out_by.setdefault(variable, []).append(name)
    return {
        "checks": list(checks),
        "skip_checks": list(skip),
        "left_out": [name for name in ids if why[name]],
        "left_out_by": left_out_by,
        "unmatched": [pattern for pattern in (*checks, *skip) if not any(fnmatchcase(name, pattern) for name in ids)],
    }


def left_out(results: Iterable[Result], selected: Selected, evidence: Evidence) -> set[tuple[str, str]]:
    """Return `{(id of a check, node)}` of what the site left out on nodes of the run."""
    return {
        (result["id"], result["node"])
        for result in results
        if result["id"] in selected["left_out"] and "not_run" not in evidence[result["node"]]
    }

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waivers: failures, and gaps of its own making, that a site accepts, each with a reason and an optional last date."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, cast

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import left_out_checks
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Acceptance, Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.waiver_list import (
    Waiver,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import (
    FAIL,
    SKIPPED,
    UNKNOWN,
    WAIVED,
)

APPLIED, UNUSED, UNTESTED, EXPIRED = "applied", "unused", "untested", "expired"


class JudgedWaiver(Acceptance):
    """An entry of rtf_waivers, and what became of it."""

    checks: Annotated[list[str], Field("Names or globs of checks.")]
    nodes: Annotated[list[str], Field("Names or globs of nodes.")]
    state: Annotated[
        str,
        Field(
            "`applied`: it accepts something. `unused`: nothing that it covers failed. `untested`: something that it "
            "covers is unknown or was skipped. `expired`: its last day is over.",
            (APPLIED, UNUSED, UNTESTED, EXPIRED),
        ),
    ]


def apply(
    results: Iterable[Result],
    waivers: Iterable[Waiver],
    today: datetime.date,
    left_out: Collection[tuple[str, str]] = (),
) -> list[Result]:
    """Return the results, with the status `waived` and `waiver` filled in where one holds.

    A waiver accepts what failed, and what the site itself left out; what is unknown cannot be accepted.
    left_out: `{(id of a check, node)}` of what the site left out.
    """
    holding = [waiver for waiver in waivers if not _has_expired(waiver, today)]
    waived = []
    for result in results:
        waiver = next(
            (waiver for waiver in holding if _can_be_waived(result, left_out) and waiver.covers(result)), None
        )
        waived.append(_waived(result, waiver) if waiver else result)
    return waived


def _waived(result: Result, waiver: Waiver) -> Result:
    accepted = {"status": result["status"], **_acceptance(waiver)}
    return cast(Result, {**result, "status": WAIVED, "waiver": accepted})


def summary(
    results: Sequence[Result],
    waivers: Iterable[Waiver],
    today: datetime.date,
    left_out: Collection[tuple[str, str]] = (),
) -> list[JudgedWaiver]:
    """Return each waiver with its state.

    state: `applied`; `unused` where nothing that it covers failed; `untested` where something of that is unknown or was
    skipped; `expired`. results: as they were handed to apply. left_out: as for apply.
    """
    found: list[JudgedWaiver] = []
    for waiver in waivers:
        covered = [result for result in results if waiver.covers(result)]
        if _has_expired(waiver, today):
            state = EXPIRED
        elif any(_can_be_waived(result, left_out) for result in covered):
            state = APPLIED
        else:
            state = UNTESTED if any(result["status"] in (SKIPPED, UNKNOWN) for result in covered) else UNUSED
        accepted = _acceptance(waiver)
        found.append({"checks": list(waiver.checks), "nodes": list(waiver.nodes), **accepted, "state": state})
    return found


def _can_be_waived(result: Result, left_out: Collection[tuple[str, str]]) -> bool:
    if result["id"] in left_out_checks.EVENTS:
        return False
    return result["status"] == FAIL or (result["status"] == SKIPPED and (result["id"], result["node"]) in left_out)


def _has_expired(waiver: Waiver, today: datetime.date) -> bool:
    return waiver.expires is not None and waiver.expires < today


def _acceptance(waiver: Waiver) -> Acceptance:
    return {"reason": waiver.reason, "expires": waiver.expires.isoformat() if waiver.expires else None}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of a check result: one check on one node."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import (
    FAIL,
    PASS,
    SEVERITIES,
    SKIPPED,
    UNKNOWN,
    WAIVED,
)


class Acceptance(TypedDict):
    """Why a site accepts a failure, and until when."""

    reason: Annotated[str, Field("Why the site accepts the failure, as rtf_waivers says it.")]
    expires: Annotated[str | None, Field("The last day on which the waiver holds, null without one.", format="date")]


class ResultWaiver(Acceptance):
    """The waiver that holds for a result."""

    status: Annotated[str, Field("What the result would be without the waiver.", (FAIL, SKIPPED))]


class Result(TypedDict):
    """One check on one node."""

    id: Annotated[
        str,
        Field("The check, as docs/checks.md lists it, with the id of the row where there is one check for each row."),
    ]
    node: Annotated[str, Field("The node, by its name in the inventory.")]
    title: Annotated[str, Field("What the check is about.")]
    requirement: Annotated[list[str], Field("The rows of docs/requirements.md that the check proves.")]
    severity: Annotated[
        str, Field("How much it weighs: what is only recommended, or for information, never blocks.", SEVERITIES)
    ]
    status: Annotated[
        str,
        Field(
            "What was found. `unknown`: no answer could be obtained, which is never as good as `pass`. `skipped`: not checked, "
            "with the reason in `observed`. `waived`: it failed, or the site left it out, and the site accepts that.",
            (PASS, FAIL, UNKNOWN, SKIPPED, WAIVED),
        ),
    ]
    expected: Annotated[str, Field("What is wanted, empty where nothing was looked at.")]
    observed: Annotated[str, Field("What was found, or why nothing was.")]
    remedy: Annotated[str, Field("What to do, empty where nothing has to be done.")]
    fault: Annotated[str, Field("What is wrong, as a title, empty where only the check's row says it.")]
    evidence: Annotated[
        Any, Field("What the check decided by, in the shape in which it was collected; null where `observed` says all.")
    ]
    waiver: Annotated[ResultWaiver | None, Field("The waiver, null unless the status is `waived`.")]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of a check result: one check on one node."""

from __future__ import annotations

from typing import Any, TypedDict


class Acceptance(TypedDict):
    """Why a failure is accepted, and until when. expires: a date as text, or None."""

    reason: str
    expires: str | None


class Result(TypedDict):
    """requirement: ids of the catalogue rows that the check proves. waiver: there where a site accepts the failure."""

    id: str
    node: str
    title: str
    requirement: list[str]
    severity: str
    status: str
    expected: str
    observed: str
    remedy: str
    evidence: Any
    waiver: Acceptance | None

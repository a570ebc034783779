# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check returns, and the error for missing evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# What was collected of one node; a part that could not be collected is {"error": why}.
Evidence = Mapping[str, Any]

PASS, FAIL, UNKNOWN, SKIPPED = "pass", "fail", "unknown", "skipped"


class Finding(NamedTuple):
    """The judged part of a check result: everything but which check on which node it is.

    severity: in place of the check's own, where what was found weighs less.
    """

    status: str
    expected: str
    observed: str
    remedy: str = ""
    evidence: Any = None
    severity: str = ""


class NoEvidence(Exception):
    """The evidence a check needs is not there; the text says why. Judged as unknown, never as pass."""


def part(evidence: Evidence, *path: str) -> Any:
    """Return `evidence[path[0]][path[1]]...`, raising NoEvidence where a level is missing or only an error."""
    here = evidence
    for position, name in enumerate(path):
        if not isinstance(here, dict) or here.get(name) is None:
            raise NoEvidence(f"no evidence of {'.'.join(path[: position + 1])} was collected")
        here = here[name]
        if isinstance(here, dict) and set(here) == {"error"}:
            raise NoEvidence(str(here["error"]))
    return here

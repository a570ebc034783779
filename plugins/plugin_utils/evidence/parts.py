# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look up a part of a node's evidence, and say why it is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What was collected of one node; a part that could not be collected is {"error": why}.
Evidence = Mapping[str, Any]


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

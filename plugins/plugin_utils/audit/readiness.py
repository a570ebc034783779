# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From check results to a verdict: ready, not_ready or incomplete."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.left_out_checks import EVENTS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, UNKNOWN, WAIVED

READINESS = READY, NOT_READY, INCOMPLETE = "ready", "not_ready", "incomplete"


def node_readiness(results: Iterable[Result]) -> str:
    """A node is ready when every required check passed or is waived; a failure outweighs what is unknown or skipped."""
    required = [result["status"] for result in results if result["severity"] == "required"]
    if FAIL in required:
        return NOT_READY
    return READY if required and all(status in (PASS, WAIVED) for status in required) else INCOMPLETE


def cluster_readiness(readiness_by_node: Mapping[Any, str]) -> str:
    """The cluster is as ready as its least ready node; without nodes nothing was proven."""
    found = set(readiness_by_node.values())
    if NOT_READY in found:
        return NOT_READY
    return READY if found == {READY} else INCOMPLETE


def blocking(results: Iterable[Result], left_out: Collection[tuple[str, str]] = ()) -> list[Result]:
    """The results that must stop an installation: required, not waived, and failed, unknown or left out by the site.

    left_out: `{(id of a check, node)}`.
    """
    return [
        result
        for result in results
        if result["severity"] == "required"
        and result["status"] != WAIVED
        and (result["status"] in (FAIL, UNKNOWN) or (result["id"], result["node"]) in left_out)
    ]


def fails_the_play(stopping: Iterable[Result], enforce: bool) -> bool:
    """Whether a run must fail. stopping: what blocking returns. A preparation that failed fails it in any case."""
    return any(enforce or result["id"] in EVENTS for result in stopping)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the results of the port matrix to what each node knows of the ports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import task_failures
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.shapes import (
    PortEvidence,
    Result,
    Results,
)

NEVER_STARTED = "no listener was started there"
NOTHING_PROBED = "nothing was probed"
NOTHING_MEASURED = "nothing was measured"


def of_node(name: str, results: Results, outside: Result) -> PortEvidence | None:
    """Return the evidence of one node, or None where the matrix was not tried on it.

    outside: what from_outside returns.
    """
    listener, end, targets = (
        results.get("listener") or {},
        results.get("listener_end") or {},
        results.get("targets") or {},
    )
    if not targets and not listener:
        return None
    status, failure = listener.get("listening") or {}, results.get("matrix_failure") or ""
    sampled = [peer["name"] for peer in targets["peers"]] if targets.get("sampled") else None
    evidence: PortEvidence = {
        "places": status.get("places") or {"error": _why(listener, failure, NEVER_STARTED)},
        "alive": "places" in (end.get("listening") or {}),
        "lost": _why(end, "", "") if end.get("unreachable") else "",
        "probes": _peers(results.get("probes"), failure, NOTHING_PROBED),
        "left_out": targets.get("left_out", {}),
        "asked": sampled,
    }
    if "unmeasured" in targets:
        evidence["links"] = _peers(results.get("links"), failure, NOTHING_MEASURED)
        evidence["unmeasured"] = targets["unmeasured"]
    if "bandwidth_left_out" in targets:
        evidence["bandwidth"] = (results.get("bandwidth") or {}).get("peers", [])
        evidence["bandwidth_left_out"] = targets["bandwidth_left_out"]
    if targets.get("through_load_balancer"):
        evidence["balancer"] = _through_load_balancer(results.get("load_balancer") or {}, failure)
    if outside:
        tried = [peer for peer in outside.get("peers", ()) if peer["name"] == name]
        evidence["outside"] = tried[0] if tried else {"error": _why(outside, failure, NOTHING_PROBED)}
    return evidence


def from_outside(results: Iterable[Results]) -> Result:
    """Return the result of the probes from outside: one node has it for all."""
    found = (one.get("outside") or {} for one in results)
    return next((result for result in found if result and not result.get("skipped")), {})


def held_ports(places: list[dict[str, Any]]) -> dict[str, dict[str, set[int]]]:
    """Return `{address: {transport: set of ports}}` of the ports that the node's own processes hold."""
    return {
        place["address"]: {
            transport: {
                port for holder in place[transport]["occupied"] for port in port_ranges.numbers(holder["ports"])
            }
            for transport in ("tcp", "udp")
        }
        for place in places
    }


def _peers(result: Result | None, failure: str, otherwise: str) -> Any:
    result = result or {}
    return result["peers"] if "peers" in result else {"error": _why(result, failure, otherwise)}


def _through_load_balancer(result: Result, failure: str) -> dict[str, Any]:
    if "reached" not in result:
        return {"error": _why(result, failure, NOTHING_MEASURED)}
    return {part: result[part] for part in ("connections", "reached", "failures")}


def _why(result: Result, failure: str, otherwise: str) -> str:
    return task_failures.reason(result.get("msg") or failure or otherwise)

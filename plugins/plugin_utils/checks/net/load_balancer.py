# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.load_balancer, load_balancer_tls and load_balancer_source: what the load balancer passes on to a controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.port_holders import holder_text
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.port_matrix import INGRESS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

# So do load balancers that keep the address of the client, for one.
SENDS_ITSELF = "it opened the connections, and many load balancers do not send one back to the node that opened it"
PortEvidence = Mapping[str, Any] | None  # of one node, as evidence.ports.of_node returns it


def of_controller(
    name: str, balancer: str, controllers: Sequence[str], evidence: Mapping[str, PortEvidence]
) -> dict[str, Any]:
    """Return what a controller is judged by. controllers: all of the cluster. evidence: `{name: that of its ports}`."""
    results = {node: found["balancer"] for node, found in evidence.items() if found and "balancer" in found}
    client, result = next(iter(results.items()), ("", {"error": "no node connected through the load balancer"}))
    return {
        "where": balancer,
        "from": client,
        "found": result,
        "held": _holder_of(evidence.get(name), INGRESS),
        "share_percent": 100 // len(controllers),
        "unheard": {
            other: why
            for other in controllers
            if other != name
            for why in [_why_unheard(evidence.get(other)) or (SENDS_ITSELF if other == client else "")]
            if why
        },
    }


def _why_unheard(own: PortEvidence) -> str:
    """Return why a controller cannot answer what the load balancer sends it, "" where it can."""
    if not own or not isinstance(own["places"], list):
        return "no listener ran there"
    holder = _holder_of(own, INGRESS)
    return f"its port {INGRESS} is held by {holder}" if holder else ""


def _holder_of(own: PortEvidence, port: int) -> str:
    """Return who holds a TCP port of a node, "" where it is free."""
    places = own["places"] if own and isinstance(own["places"], list) else ()
    for place in places:
        for holder in place["tcp"]["occupied"]:
            if port in port_ranges.numbers(holder["ports"]):
                return holder_text(holder)
    return ""


@check("net.load_balancer")
def load_balancer(subject: Subject, evidence: Evidence) -> Finding:
    found, where = part(evidence, "load_balancer", "found"), evidence["load_balancer"]["where"]
    expected = f"connections through {where} reach {subject.node}"
    if evidence["load_balancer"]["held"]:
        held = evidence["load_balancer"]["held"]
        return Finding(SKIPPED, expected, f"the port is held by {held}, so this cannot be tested", severity="info")
    share, count = evidence["load_balancer"]["share_percent"], found["connections"]
    own = sum(connection["count"] for connection in found["reached"] if connection["name"] == subject.node)
    lost = sum(failure["count"] for failure in found["failures"])
    reasons = ", ".join(dict.fromkeys(failure["reason"] for failure in found["failures"]))
    failed = (
        [f"{lost} of {count} ({100 * lost // count if count else 100} %) reached no controller: {reasons}"]
        if lost
        else []
    )
    if own:
        observed = "; ".join(
            [f"{own} of {count} connections ({100 * own // count} %, an even share is {share} %)", *failed]
        )
        if lost <= limits.load().lost_connections:
            return Finding(PASS, expected, observed, evidence=found)
        unheard = evidence["load_balancer"]["unheard"]
        if unheard:
            may_be = "; ".join(f"{name}: {why}" for name, why in unheard.items())
            return Finding(
                UNKNOWN,
                expected,
                f"{observed}, possibly those to {may_be}",
                "Run the audit again with all controllers, while no other program holds the port.",
                found,
            )
        remedy = (
            f"Keep only healthy controllers behind {where}, with health checks, and check whether it limits "
            "connections."
        )
        return Finding(FAIL, expected, observed, remedy, found)
    if evidence["load_balancer"]["from"] == subject.node and lost:
        return Finding(
            UNKNOWN,
            expected,
            f"none of {count} connections, which {subject.node} opened itself; {'; '.join(failed)}. Many load "
            "balancers do not send a connection back to the node that opened it",
            f"Run `curl -kv https://{where}` from a host that is not behind {where}, while {subject.node} is the only "
            f"server behind {where}.",
            found,
        )
    others: dict[str, int] = {}
    for connection in found["reached"]:
        others[connection["name"]] = others.get(connection["name"], 0) + connection["count"]
    elsewhere = [f"{number} reached {name}" for name, number in sorted(others.items())]
    return Finding(
        FAIL,
        expected,
        f"none of {count or 'the'} connections; {'; '.join([*elsewhere, *failed])}",
        (
            f"Add {subject.node}, TCP 443, to the servers behind {where}, in TCP mode, and allow the load balancer to "
            "reach it."
        ),
        found,
    )


@check("net.load_balancer_tls")
def load_balancer_tls(subject: Subject, evidence: Evidence) -> Finding:
    """Applications see their clients' certificates only if nothing terminates TLS in front of them."""
    expected = "TLS passes through the load balancer"
    connections = _own(subject, evidence)
    if not connections:
        return _none_reached(subject, expected)
    if all(connection["tls"] == "passed_through" for connection in connections):
        return Finding(PASS, expected, "passes through")
    return Finding(
        FAIL,
        expected,
        f"{evidence['load_balancer']['where']} terminates TLS",
        "Configure the load balancer to pass TCP 443 through, unless it is meant to terminate TLS with your applications' certificates.",
        connections,
    )


@check("net.load_balancer_source")
def load_balancer_source(subject: Subject, evidence: Evidence) -> Finding:
    expected = "controllers see the client's address"
    connections = _own(subject, evidence)
    if not connections:
        return _none_reached(subject, expected)
    hidden = sorted({connection["seen"] for connection in connections if connection["source"] == "hidden"})
    if hidden:
        return Finding(
            FAIL,
            expected,
            f"controllers see {', '.join(hidden)} instead",
            (
                "If applications need the client's address, configure the load balancer to preserve it, or to send it "
                "with the PROXY protocol."
            ),
            connections,
        )
    announced = any(connection["source"] == "announced" for connection in connections)
    return Finding(PASS, expected, "sent with the PROXY protocol" if announced else "the connection preserves it")


def _none_reached(subject: Subject, expected: str) -> Finding:
    return Finding(UNKNOWN, expected, f"no connection reached {subject.node}", "Fix net.load_balancer first.")


def _own(subject: Subject, evidence: Evidence) -> list[Row]:
    return [
        connection
        for connection in part(evidence, "load_balancer", "found")["reached"]
        if connection["name"] == subject.node
    ]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ports.inbound: the ports that others than nodes may use are reachable from a host outside the cluster that may use them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

REACHED, UNTRIED = ("open", "live"), ("untested", "error")
# Where the networks on one side of a row are set.
_VARIABLES = {"internet": "rtf_ingress_sources", "internal_network": "rtf_internal_networks"}


class Inbound(TypedDict):
    """A row that others than nodes may use, for one outside host.

    may: whether that host may, None where that is not known. why: the reason for may.
    """

    row: str
    transport: str
    ports: list[str]
    may: bool | None
    why: str


def inbound(
    rows: Sequence[Row], sources: Mapping[str, Sequence[str]], address: str | None, balanced: bool
) -> list[Inbound]:
    """Return what a host with an address may use of rows. sources: `{side of a row: networks that a site set for it}`.

    balanced: whether there is a load balancer, through which the applications are called.
    """
    found: list[Inbound] = []
    for row in rows:
        may, why = _may(row["from"], sources.get(row["from"], ()), address, balanced)
        found.append({"row": row["id"], "transport": row["transport"], "ports": row["ports"], "may": may, "why": why})
    return found


def _may(side: str, networks: Sequence[str], address: str | None, balanced: bool) -> tuple[bool | None, str]:
    variable = _VARIABLES.get(side)
    networks = networks if variable else [side]  # a row of the site names its network itself
    if side == "internet" and balanced:
        return None, "net.load_balancer proves it"
    if side == "internet" and not networks:
        return True, "any address may"
    if not networks:
        return None, f"{variable} is not set"
    if address is None:
        return None, "the address of the outside host is not known"
    inside = any(ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False) for network in networks)
    return inside, f"{address} is {'in' if inside else 'outside of'} {variable or side}"


@check("ports.inbound")
def reached(subject: Subject, evidence: Evidence) -> Finding:
    """Every row that the outside host may use is open to it."""
    rows, found = part(evidence, "inbound"), part(evidence, "outside")
    mine = [row for row in rows if row["may"]]
    expected = (
        f"{', '.join(_text(row) for row in mine) or 'ports for others than nodes'} reachable from outside the cluster"
    )
    if not mine:
        observed = "; ".join(f"{_text(row)}: {row['why']}" for row in rows)
        return Finding(SKIPPED, expected, f"no port to try: {observed}", severity="info")
    verdicts = {_text(row): _verdicts(row, found) for row in mine}
    closed = {text: kinds for text, kinds in verdicts.items() if not kinds <= set(REACHED)}
    if not closed:
        return Finding(
            PASS, expected, f"{', '.join(verdicts)} reached from {found.get('source') or 'outside'}", evidence=rows
        )
    observed = "; ".join(f"{text} {', '.join(sorted(kinds)) or 'not tried'}" for text, kinds in closed.items())
    if all(kinds <= {*REACHED, *UNTRIED} for kinds in closed.values()):
        return Finding(UNKNOWN, expected, observed, "Run the audit again.", rows)
    source = found.get("source") or "the outside host"
    remedy = (
        f"Allow {', '.join(closed)} from {source} to {subject.node}, on the node and in the network in front of it."
    )
    return Finding(FAIL, expected, observed, remedy, rows)


def _text(row: Inbound) -> str:
    return f"{row['transport'].upper()} {', '.join(row['ports'])} ({row['row']})"


def _verdicts(row: Inbound, found: Mapping[str, Any]) -> set[str]:
    ports = set(port_ranges.numbers(row["ports"]))
    by_verdict = found[row["transport"]]["ports"]
    return {verdict for verdict, texts in by_verdict.items() if ports & set(port_ranges.numbers(texts))}

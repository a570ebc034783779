# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ports.free: no other program holds a port of the platform."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_cells import (
    holder_text,
    is_of_another_audit,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS

LATER = "Wait a few minutes until the other audit is finished or its listener has stopped, then run the audit again."


@check("ports.free")
def free(subject: Subject, evidence: Evidence) -> Finding:
    """The installer stops on a node where another program holds one of its ports, even on loopback alone."""
    expected = "no other program holds a port that Runtime Fabric will listen on"
    holders = [
        (transport, holder)
        for place in part(evidence, "installation_ports")
        for transport in ("tcp", "udp")
        for holder in (*place[transport]["occupied"], *place[transport]["beside"])
    ]
    if not holders:
        return Finding(PASS, expected, "all are free")
    texts = [
        f"{t.upper()} {', '.join(holder['ports'])} by {holder_text(holder)}{_where(holder)}" for t, holder in holders
    ]
    return Finding(
        FAIL,
        expected,
        joined_first(texts),
        LATER if all(is_of_another_audit(holder) for dummy, holder in holders) else _stop(_held(holders), subject.node),
        [{"transport": transport, **holder} for transport, holder in holders],
    )


def _held(holders: list[tuple[str, Row]]) -> list[str]:
    """The programs, each with the ports that it holds, without what differs from node to node."""
    ports_of: dict[str, list[str]] = {}
    for transport, holder in holders:
        ports = f"{transport.upper()} {', '.join(holder['ports'])}"
        ports_of.setdefault(holder["process"] or "the process", []).append(ports)
    return [f"{process} ({', '.join(ports)})" for process, ports in ports_of.items()]


def _stop(programs: list[str], node: str) -> str:
    """The remedy. programs: of _held."""
    elsewhere = "it to another port" if len(programs) == 1 else "them to other ports"
    return (
        f"Stop and disable {joined_first(programs, ', ')} on {node}, or move {elsewhere}; `systemctl status PID` names the "
        "unit of a process. A port of an outgoing connection is kept free by net.ipv4.ip_local_reserved_ports."
    )


def _where(holder: Row) -> str:
    """On which address, where it is one of several."""
    return "" if holder["address"] in (None, "0.0.0.0", "::") else f" on {holder['address']}"

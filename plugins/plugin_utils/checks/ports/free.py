# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ports.free: no other program holds a port of the platform."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.port_holders import (
    WAIT_FOR_THE_OTHER_AUDIT,
    holder_text,
    is_of_another_audit,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS

_UNKNOWN = "the process"
_OF_CONNECTIONS = ("connected", "connecting")


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
        WAIT_FOR_THE_OTHER_AUDIT
        if all(is_of_another_audit(holder) for dummy, holder in holders)
        else _stop(holders, subject.node),
        [{"transport": transport, **holder} for transport, holder in holders],
        fault=_fault(holders, subject.node),
    )


def _fault(holders: list[tuple[str, Row]], node: str) -> str:
    """What is wrong where one program holds ports, as a title; "" where several do, or another audit."""
    held = _held(holders)
    if len(held) != 1 or _UNKNOWN in held or any(is_of_another_audit(holder) for dummy, holder in holders):
        return ""
    [(process, ports)] = held.items()
    return f"{process} holds {ports} of Runtime Fabric on {node}"


def _held(holders: list[tuple[str, Row]]) -> dict[str, str]:
    """`{program: the ports that it holds}`, without what differs from node to node."""
    ports_of: dict[str, list[str]] = {}
    for transport, holder in holders:
        ports = f"{transport.upper()} {', '.join(holder['ports'])}"
        ports_of.setdefault(holder["process"] or _UNKNOWN, []).append(ports)
    return {process: ", ".join(ports) for process, ports in ports_of.items()}


def _stop(holders: list[tuple[str, Row]], node: str) -> str:
    """The remedy."""
    programs = [f"{process} ({ports})" for process, ports in _held(holders).items()]
    elsewhere = "it to another port" if len(programs) == 1 else "them to other ports"
    reserve = " Set net.ipv4.ip_local_reserved_ports to keep ports free of outgoing connections."
    return (
        f"Stop and disable {joined_first(programs, ', ')} on {node}, or move {elsewhere}; `systemctl status PID` names the "
        f"unit of a process.{reserve if any(_is_outgoing(holder) for dummy, holder in holders) else ''}"
    )


def _is_outgoing(holder: Row) -> bool:
    """Whether it is a connection of a program that has the port, and no listener."""
    """Whether a connection of a program has the port, and no listener."""
    return holder["state"] in _OF_CONNECTIONS


def _where(holder: Row) -> str:
    """On which address, where it is one of several."""
    return "" if holder["address"] in (None, "0.0.0.0", "::") else f" on {holder['address']}"

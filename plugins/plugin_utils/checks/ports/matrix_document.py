# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of the port matrix in a report."""

from __future__ import annotations

from typing import Annotated, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED, UNKNOWN

STATUSES = (PASS, FAIL, UNKNOWN, SKIPPED)


class Pair(TypedDict):
    """One node as the source of probes, and one as their destination."""

    source: Annotated[str, Field("The node that probed.")]
    destination: Annotated[str, Field("The node that was probed, the same one for its ports on loopback.")]
    status: Annotated[str, Field("The worst status of the rows between the two.", STATUSES)]
    rows: Annotated[int, Field("How many rows of the port table hold between them.")]
    ports: Annotated[int, Field("How many ports these rows have.")]


class OpenCell(TypedDict):
    """One row of the port table between two nodes that is not proven open."""

    source: Annotated[str, Field("The node that probed.")]
    destination: Annotated[str, Field("The node that was probed.")]
    row: Annotated[str, Field("The row, as docs/requirements.md lists it.")]
    transport: Annotated[str, Field("The transport of its ports.", ("tcp", "udp"))]
    status: Annotated[str, Field("What was found.", (FAIL, UNKNOWN, SKIPPED))]
    asked: Annotated[int, Field("How many ports the row has.")]
    ports: Annotated[
        dict[str, list[str]], Field("The ports and ranges that are not proven, by the verdict of the probe.")
    ]
    reason: Annotated[str, Field("The reason, where the verdict alone does not say it, or empty.")]
    lost: Annotated[str, Field("The node that was not reached or took no part, so that nothing is known, or empty.")]


class RoundTrip(TypedDict):
    """Round-trip times in milliseconds."""

    min: Annotated[float, Field("The shortest.")]
    p50: Annotated[float, Field("The median.")]
    p95: Annotated[float, Field("What 95 percent do not exceed.")]
    max: Annotated[float, Field("The longest.")]


class ClockOffset(TypedDict):
    """The clock of the destination, compared by packets."""

    offset_ms: Annotated[float, Field("The clock of the destination minus that of the source, in milliseconds.")]
    error_ms: Annotated[float, Field("Its largest possible error, in milliseconds.")]


class PathMtu(TypedDict):
    """What packets pass a path."""

    mtu: Annotated[
        int | None, Field("The largest IP packet in bytes that passes there and back, null where none does.")
    ]
    arrives: Annotated[bool | None, Field("Whether the longest ones arrive, null where that is not known.")]
    icmp: Annotated[bool, Field("Whether a router reported that a packet was too long for it.")]
    interface: Annotated[str | None, Field("The interface by which packets leave.")]
    interface_mtu: Annotated[int | None, Field("Its MTU; longer packets are not tried.")]


class Link(TypedDict):
    """What was measured from one node to another."""

    source: Annotated[str, Field("The node that measured.")]
    destination: Annotated[str, Field("The node that answered.")]
    loss_percent: Annotated[float, Field("How many requests had no answer, in percent.")]
    rtt_ms: Annotated[RoundTrip | None, Field("Round-trip times, null where nothing was answered.")]
    clock: Annotated[ClockOffset | None, Field("The clocks compared, null where nothing was answered.")]
    path: Annotated[PathMtu | None, Field("The path MTU.")]


class _StreamEnds(TypedDict):
    source: Annotated[str, Field("The node that sent.")]
    destination: Annotated[str, Field("The node that received.")]


class Stream(_StreamEnds, total=False):
    """The bandwidth from one node to another, or why it could not be measured."""

    mean_mbit: Annotated[float, Field("The mean, in Mbit/s.")]
    peak_mbit: Annotated[float, Field("The peak, in Mbit/s.")]
    error: Annotated[str | None, Field("Why the bandwidth was not measured.")]


class PortMatrix(TypedDict):
    """What the nodes proved of the ports between them."""

    nodes: Annotated[list[str], Field("The nodes, in the order of the inventory.")]
    peers_per_node: Annotated[
        int | None, Field("How many others each node probed, where that is a sample; null where it probed all.")
    ]
    pairs: Annotated[list[Pair], Field("Every pair between which something was to be proven.")]
    cells: Annotated[list[OpenCell], Field("Every row between two nodes that did not pass.")]
    links: Annotated[list[Link], Field("Latency, loss, clocks and path MTU.")]
    bandwidth: Annotated[list[Stream], Field("Bandwidth.")]

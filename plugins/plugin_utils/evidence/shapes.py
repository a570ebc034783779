# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of what a run collects: as the role's tasks hand it over, and as it is judged and saved in evidence.json."""

from __future__ import annotations

from typing import Any, TypedDict

# A value of JSON as a module of a host returned it. The checks read it and say `unknown` where it has another shape.
Json = Any
# What a module returned for a task, with Ansible's own keys: msg, failed, skipped, unreachable.
Result = dict[str, Json]


class PreparationFailure(TypedDict):
    """The task of the preparation that failed on a node, and its message."""

    task: str
    message: str


class Targets(TypedDict, total=False):
    """Which nodes a node had to probe and measure.

    peers: `[{"name", ...}]`. left_out: `{name: {"status", "reason"}}`. sampled: whether there are other nodes besides.
    unmeasured: `{name: why}`, there where links were to be measured. bandwidth_left_out: `{name: why}`, there where
    bandwidth was to be measured. through_load_balancer: whether this node connects through the load balancer.
    """

    peers: list[dict[str, Json]]
    left_out: dict[str, dict[str, str]]
    sampled: bool
    unmeasured: dict[str, str]
    bandwidth_left_out: dict[str, str]
    through_load_balancer: bool


class Results(TypedDict, total=False):
    """What the tasks of the role rtf_preflight collected of one node. A task that did not run leaves {} or nothing."""

    host_info: Result
    egress_info: Result
    download_info: Result
    disk_write_info: Result
    failure: str
    preparation_failure: PreparationFailure
    lost: Result
    listener: Result
    listener_end: Result
    probes: Result
    links: Result
    bandwidth: Result
    load_balancer: Result
    outside: Result
    matrix_failure: str
    targets: Targets


class InventoryEntry(TypedDict, total=False):
    """What the inventory says of a node. The role is always there; the rest where it is set."""

    role: str
    rtf_node_address: str
    ansible_host: str


class PortEvidence(TypedDict, total=False):
    """What one node knows of the ports.

    places: where it listened. alive: whether its listener lived to the end. lost: why the node was not reached in the
    end, "" where it was. probes: what its probes found. left_out: the nodes that it left out, with the reason. asked:
    the names of the nodes that it probed, where they are a sample, else None. links, unmeasured: what link_info found,
    and which links were not measured, with the reason. bandwidth, bandwidth_left_out: likewise. balancer: what
    load_balancer_info found. outside: what a host that is not a node reached on this node.
    `places`, `probes`, `links`, `balancer` and `outside` are `{"error": why}` where there are none.
    """

    places: list[dict[str, Json]] | dict[str, str]
    alive: bool
    lost: str
    probes: list[dict[str, Json]] | dict[str, str]
    left_out: dict[str, dict[str, str]]
    asked: list[str] | None
    links: list[dict[str, Json]] | dict[str, str]
    unmeasured: dict[str, str]
    bandwidth: list[dict[str, Json]]
    bandwidth_left_out: dict[str, str]
    balancer: dict[str, Json]
    outside: dict[str, Json]


class SharedEvidence(TypedDict, total=False):
    """What a node's checks need to know of the other nodes; audit/cluster_evidence.py computes it from the evidence of all."""

    cluster: dict[str, dict[str, Json]]
    cluster_size: dict[str, int]
    clock_offsets: dict[str, Json]
    timezones: dict[str, str | None]
    port_cells: list[dict[str, Json]]
    port_exposures: list[dict[str, Json]]
    installation_ports: list[dict[str, Json]]
    links: list[dict[str, Json]] | dict[str, str]
    unmeasured_links: dict[str, str]
    bandwidth: list[dict[str, Json]]
    unmeasured_bandwidth: dict[str, str]
    outside: dict[str, Json]
    inbound: list[dict[str, Json]]
    load_balancer: dict[str, Json]


class NodeEvidence(SharedEvidence, total=False):
    """What is known of one node: `inventory`, and `unreachable` or `not_run` with the reason, or the other parts.

    A part that could not be collected is `{"error": why}`; `download` and `disk_writes` are `{"skipped": True}` where
    they were not to be measured.
    """

    inventory: InventoryEntry
    unreachable: str
    not_run: str
    host: dict[str, Json]
    egress: list[dict[str, Json]] | dict[str, str]
    repositories: list[dict[str, Json]] | dict[str, str]
    name_servers: dict[str, Json]
    pods: dict[str, Json]
    download: dict[str, Json]
    disk_writes: Json
    preparation_failure: PreparationFailure
    ports: PortEvidence


# In the order of the inventory.
Evidence = dict[str, NodeEvidence]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The node that is judged, and what is required of it."""

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import limits
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import default_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.mail_server import MailServer
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_services import Service
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.typed_inputs import (
    POD_CIDR,
    SERVICE_CIDR,
    SPARE_ADDRESSES,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.proxy_settings import ProxySettings


class Limits(NamedTuple):
    """latency_ms: the round trip that 95 % of the packets must not exceed. loss_percent. bandwidth_mbit: the least, in Mbit/s."""

    latency_ms: float = default_of("rtf_max_latency_ms")
    loss_percent: float = limits.load().packet_loss_percent
    bandwidth_mbit: float = default_of("rtf_min_node_bandwidth_mbit")


class Subject(NamedTuple):
    """One node with the requirements that hold for it.

    role: `controller` or `worker`. line: `appliance` or `self_managed`. phase: `install` or `operate`.
    cluster_profile: the kind of a self-managed cluster, "" where it is not known.
    settings: catalogue rows by id. endpoints: the rows this node must reach.
    ports: the rows of the port table that it proves with the other nodes.
    not_asked: ids of the catalogue's ports and settings that the release does not have.
    ntp_servers: host names or addresses. ntp_authentication: `nts` or `key 7` of those that are asked with it.
    address: the node's address as the inventory gives it, or "".
    proxy: the proxies that the cluster should use. limits: Limits of what is measured between nodes.
    installer: what installer.load returns. pod_cidr, service_cidr: networks of the cluster.
    spare_addresses: how many of the subnet must be free.
    offload_drivers: drivers of interfaces whose tunnel offloads must be off.
    mail_server: the configured MailServer, or None. services: the configured site services.
    outbound_mbit: the required download speed in Mbit/s.
    """

    node: str
    role: str
    address: str = ""
    line: str = "appliance"
    phase: str = "install"
    cluster_profile: str = ""
    settings: Mapping[str, Row] = {}
    endpoints: Sequence[Row] = ()
    ports: Sequence[Row] = ()
    not_asked: Set[str] = frozenset()
    ntp_servers: Sequence[str] = ()
    ntp_authentication: Mapping[str, str] = {}
    proxy: ProxySettings = ProxySettings()
    limits: Limits = Limits()
    installer: Mapping[str, Any] = {}
    pod_cidr: str = POD_CIDR
    service_cidr: str = SERVICE_CIDR
    spare_addresses: int = SPARE_ADDRESSES
    offload_drivers: Sequence[str] = tuple(default_of("rtf_kernel_tunnel_offload_drivers"))
    mail_server: MailServer | None = None
    services: Sequence[Service] = ()
    outbound_mbit: float = default_of("rtf_min_outbound_bandwidth_mbit")


def required(subject: Subject, row_id: str) -> dict[str, Any]:
    """What a row of the release expects; without the row there is nothing to compare with."""
    if row_id not in subject.settings:
        raise NoEvidence(f"the release has no row {row_id}")
    return subject.settings[row_id]["expected"]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The node that is judged, and what is required of it."""

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import input_declarations
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import NoEvidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.mail_server import MailServer
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.role_variables import (
    POD_CIDR,
    SERVICE_CIDR,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.site_services import Service
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.proxy_settings import ProxySettings


class Subject(NamedTuple):
    """One node with the requirements that hold for it.

    role: `controller` or `worker`. line: `appliance` or `self_managed`. phase: `install` or `operate`.
    cluster_profile: the kind of a self-managed cluster, "" where it is not known.
    settings: catalogue rows by id. endpoints: the rows this node must reach.
    ports: the rows of the port table that it proves with the other nodes.
    not_asked: ids of the catalogue's ports and settings that the release does not have.
    ntp_servers: host names or addresses. ntp_authentication: `nts` or `key 7` of those that are asked with it.
    address: the node's address as the inventory gives it, or "".
    proxy: the proxies that the cluster should use.
    installer: what installer_requirements.load returns. pod_cidr, service_cidr: networks of the cluster.
    mail_server: the configured MailServer, or None. services: the configured site services.
    inputs: those of the role that judges, with their types; a check asks for one by `input`.
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
    installer: Mapping[str, Any] = {}
    pod_cidr: str = POD_CIDR
    service_cidr: str = SERVICE_CIDR
    mail_server: MailServer | None = None
    services: Sequence[Service] = ()
    inputs: Mapping[str, Any] = {}

    def input(self, name: str) -> Any:
        """Return the value of a declared input; where the role does not take it, the default."""
        declared = input_declarations.load().variables[name]
        return self.inputs.get(declared.short.removeprefix("rtf_"), declared.default)


def required(subject: Subject, row_id: str) -> dict[str, Any]:
    """What a row of the release expects; without the row there is nothing to compare with."""
    if row_id not in subject.settings:
        raise NoEvidence(f"the release has no row {row_id}")
    return subject.settings[row_id]["expected"]

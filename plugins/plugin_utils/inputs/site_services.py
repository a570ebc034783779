# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services of the site that the platform may use: the database of Persistence Gateway, and a private registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.server_address import host_and_port


class Service(NamedTuple):
    """A service in use. kind: its Kind."""

    kind: Kind
    host: str
    port: int


class Kind(NamedTuple):
    """A kind of service. row: the id of its probe. variable: the input. what: a report's word for it. team: who runs it.
    protocol: of the probe. port: the default."""

    row: str
    variable: str
    what: str
    team: str
    protocol: str
    port: int

    def of_input(self, value: Any) -> Service | None:
        """Return the Service of the input, None where it is empty. Raises ValueError."""
        address = host_and_port(value, self.port)
        return Service(self, *address) if address else None

    def check(self, value: Any) -> None:
        """Validate the input. Raises ValueError."""
        self.of_input(value)


DATABASE = Kind(
    "persistence-database",
    "rtf_persistence_database",
    "the database of Persistence Gateway",
    "database team",
    "postgresql",
    5432,
)
REGISTRY = Kind("private-registry", "rtf_registry", "the private registry", "team of the registry", "registry", 443)


def of_inputs(inputs: Mapping[str, Any]) -> list[Service]:
    """Return the Services in the inputs of a role, those that are set."""
    found = (each.of_input(inputs.get(each.variable.removeprefix("rtf_"), {})) for each in (DATABASE, REGISTRY))
    return [service for service in found if service is not None]


def probe(service: Service, paths: list[str]) -> dict[str, Any]:
    """Return the entry of the option endpoints of egress_info for a Service."""
    return {
        "id": service.kind.row,
        "host": service.host,
        "port": service.port,
        "protocol": service.kind.protocol,
        "paths": paths,
    }

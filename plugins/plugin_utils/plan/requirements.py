# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release asks of the nodes of a role: the rows that an audit plans by, and the same that it judges by. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix


class Scope(NamedTuple):
    """What an audit is about: an edition of the vendor's requirements, a control plane ("" for none), and a phase."""

    release: str
    control_plane: str
    phase: str


class Requirements(NamedTuple):
    """What a Scope asks of the nodes of a role.

    line: of the release. not_asked: ids of the rows that only other releases ask for. endpoints, settings: rows of the
    catalogue. ports: those that a node of the role dials.
    """

    role: str
    phase: str
    line: str
    not_asked: set[str]
    endpoints: list[Row]
    settings: list[Row]
    ports: list[Row]


def scope_of(inputs: Mapping[str, Any]) -> Scope:
    """Return the Scope in the inputs of a role. A role that has no such input is judged with the default."""
    return Scope(
        inputs.get("release", catalog.DEFAULT_RELEASE), inputs.get("control_plane", ""), inputs.get("phase", "install")
    )


def requirements_of(catalogue: catalog.Catalog, scope: Scope, role: str) -> Requirements:
    """Return the Requirements of nodes of a role."""
    release, control_plane, phase = scope
    ports = port_matrix.provable(catalog.select_ports(catalogue, release, phase))
    return Requirements(
        role,
        phase,
        catalog.release_of(catalogue, release)["line"],
        catalog.not_asked(catalogue, release),
        catalog.select_endpoints(catalogue, release, control_plane, role, phase) if control_plane else [],
        catalog.select_settings(catalogue, release),
        [row for row in ports if port_matrix.dials(row, role)],
    )

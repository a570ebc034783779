# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which checks of the catalogue are made for a node, and which evidence they need. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.checks import is_for, is_not_required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import check_patterns
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import port_matrix

Row = dict[str, Any]


class Scope(NamedTuple):
    """What an audit is about: an edition of the vendor's requirements, a control plane, and a phase."""

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


class SelectedCheck(NamedTuple):
    """result_id: the id that its result has. row: the catalogue row that it is made for, None where it is made once."""

    result_id: str
    check: Row
    row: Row | None


def requirements_of(catalogue: catalog.Catalog, scope: Scope, role: str) -> Requirements:
    """Return the Requirements of nodes of a role."""
    ports = port_matrix.provable(catalog.select_ports(catalogue, scope.release, scope.phase))
    return Requirements(
        role,
        scope.phase,
        catalog.release_of(catalogue, scope.release)["line"],
        catalog.not_asked(catalogue, scope.release),
        catalog.select_endpoints(catalogue, scope.release, scope.control_plane, role, scope.phase),
        catalog.select_settings(catalogue, scope.release),
        [row for row in ports if port_matrix.dials(row, role)],
    )


def selected_checks(
    checks: Iterable[Row],
    requirements: Requirements,
    patterns: Iterable[str] = check_patterns.ALL,
    skip: Iterable[str] = (),
) -> list[SelectedCheck]:
    """Return the checks that are made for nodes and that a site has selected, in the order of the report.

    checks: rows of catalog/checks/. patterns, skip: names or globs of rtf_checks and rtf_skip_checks.
    """
    asked = requirements
    found = []
    for check in checks:
        applies = is_for(check, asked.line, asked.phase, asked.role) and not is_not_required(check, asked.not_asked)
        for result_id, row in _instances(check, asked) if applies else ():
            if check_patterns.matches(result_id, patterns) and not check_patterns.matches(result_id, skip):
                found.append(SelectedCheck(result_id, check, row))
    return found


def evidence_of(selected: Iterable[SelectedCheck]) -> set[str]:
    """Return the names of all evidence that some checks need."""
    return {name for entry in selected for name in entry.check["evidence"]}


def _instances(check: Row, requirements: Requirements) -> list[tuple[str, Row | None]]:
    if "each" not in check:
        return [(check["id"], None)]
    return [(f"{check['id']}.{row['id']}", row) for row in getattr(requirements, check["each"])]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change request is made of, before any format. Pure functions."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.clusters import Profile
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.release_comparison import (
    Comparison,
    compare,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.openings import (
    Opening,
    Site,
    needs_opening,
    openings,
)


class Scope(NamedTuple):
    """Which requirements: release, control plane and phase; previous_release: the one to compare with, or None."""

    release: str
    control_plane: str
    phase: str
    previous_release: str | None = None


class Request(NamedTuple):
    """All that the formats are rendered from.

    openings: every row that needs one, with its ends. idle: rows that need none (any more). settings: rows
    that are no opening. documents: {title: url} of the sources. comparison: None without a previous release.
    other_line: whether that release is of another product line. self_managed: whether the cluster is the site's own
    Kubernetes. profile: its kind, None where that is not known.
    """

    scope: Scope
    site: Site
    openings: list[Opening]
    idle: list[dict[str, Any]]
    settings: list[dict[str, Any]]
    documents: dict[str, str]
    comparison: Comparison | None
    other_line: bool
    self_managed: bool = False
    profile: Profile | None = None


def _selected(rows: catalog.Catalog, scope: Scope, release: str) -> tuple[list[Row], list[Row], list[Row]]:
    return (
        catalog.select_ports(rows, release, scope.phase),
        catalog.select_endpoints(rows, release, scope.control_plane, phase=scope.phase),
        catalog.select_settings(rows, release),
    )


def build(rows: catalog.Catalog, scope: Scope, site: Site) -> Request:
    """Return the Request of a Scope for a Site; rows: a Catalog, with the site's own rows. May raise CatalogError."""
    ports, endpoints, settings = _selected(rows, scope, scope.release)
    comparison, other_line = None, False
    if scope.previous_release:
        lines = [catalog.release_of(rows, release)["line"] for release in (scope.previous_release, scope.release)]
        other_line = lines[0] != lines[1]
        try:
            before = _selected(rows, scope, scope.previous_release)
        except catalog.CatalogError as error:
            raise catalog.CatalogError(f"rtf_previous_release: {error}") from None
        comparison = compare([row for kind in before for row in kind], [*ports, *endpoints, *settings])
    return Request(
        scope=scope,
        site=site,
        openings=openings(ports, endpoints, settings, site),
        idle=[row for row in [*ports, *endpoints] if not needs_opening(row)],
        settings=settings,
        documents={document["title"]: document["url"] for document in rows.documents},
        comparison=comparison,
        other_line=other_line,
        self_managed=catalog.release_of(rows, scope.release)["line"] == "self_managed",
        profile=rows.profile,
    )

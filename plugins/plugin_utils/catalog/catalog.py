# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the catalogue and select the rows that a release, control plane, phase and role ask for.

`load` reads the files; everything else is pure. Rows are dictionaries whose fields catalog/README.md describes;
a selected row is a copy, complete, and as the chosen release states it.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files, rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.files import FOLDER, CatalogError
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.input_declarations import default_of
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.parsing import Catalog, parse
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row

__all__ = [
    "FOLDER",
    "Catalog",
    "CatalogError",
    "load",
    "not_asked",
    "parse",
    "release_of",
    "select_endpoints",
    "select_ports",
    "select_settings",
]

DEFAULT_RELEASE: str = default_of("rtf_release")
NODE_ROLES = ("controller", "worker")

# The sides of a row that a node of each role can stand on.
_GROUPS = {
    "controller": ("nodes", "controllers", "localhost"),
    "worker": ("nodes", "localhost"),
}


@functools.cache
def load(folder: Path = FOLDER) -> Catalog:
    """Return the Catalog in `folder`, read once. Raise CatalogError if a file is missing, unreadable or wrong."""
    return parse({name: files.read(Path(folder) / f"{name}.yml") for name in ("releases", *rows.FILES.values())})


def _choose(name: str, value: str, valid: Iterable[str]) -> None:
    if value not in valid:
        raise CatalogError(f"{quoted(value)} is not a {name}; valid: {', '.join(valid)}")


def release_of(catalog: Catalog, release: str) -> dict[str, Any]:
    """Return the entry of `release` in releases.yml, or raise CatalogError."""
    _choose("release", release, catalog.release_ids)
    return catalog.releases[catalog.release_ids.index(release)]


def _in_release(catalog: Catalog, found: list[Row], release: str) -> list[Row]:
    """Return the rows that `release` has, each with the changes up to that release applied."""
    release_of(catalog, release)
    order = catalog.release_ids
    now = order.index(release)
    chosen = []
    for row in found:
        if order.index(row["since"]) > now or (row["until"] and order.index(row["until"]) < now):
            continue
        stage = copy.deepcopy(row)
        for change in row["changes"]:
            if order.index(change["since"]) <= now:
                stage = rows.changed_row(stage, change)
        del stage["changes"]
        chosen.append({**stage, "direction": rows.direction_of(stage)})
    return chosen


def select_endpoints(
    catalog: Catalog,
    release: str = DEFAULT_RELEASE,
    control_plane: str = "us",
    node_role: str | None = None,
    phase: str = "install",
) -> list[Row]:
    """Return the endpoint rows of a release and control plane; with `node_role`, those such a node must reach.

    Phase `operate` leaves out what only the installation needs. Rows that are retired are included and carry the
    reason. Those of features that the catalogue was not narrowed to are not. Raise CatalogError for an unknown argument.
    """
    offered = release_of(catalog, release)["control_planes"]
    _choose(f"control plane of release {release}", control_plane, offered)
    found = [
        row
        for row in _in_release(catalog, catalog.endpoints, release)
        if control_plane in row["control_planes"] and row["feature"] in (None, *catalog.features)
    ]
    return _for_role(_in_phase(found, phase), node_role)


def select_ports(
    catalog: Catalog, release: str = DEFAULT_RELEASE, phase: str = "operate", node_role: Any = None
) -> list[Row]:
    """Return the port rows of a release that must be open in `phase`; with `node_role`, those it takes part in.

    Phase `install` includes the rows of `operate`: they are needed from the installation on. Rows of kinds of clusters are
    included where the catalogue has a profile of that kind.
    """
    found = _of_the_cluster(catalog, _in_release(catalog, catalog.ports, release))
    return _for_role(_in_phase(found, phase), node_role)


def select_settings(catalog: Catalog, release: str = DEFAULT_RELEASE) -> list[Row]:
    """Return the setting rows of a release. Rows of kinds of clusters are included as select_ports does it."""
    return _of_the_cluster(catalog, _in_release(catalog, catalog.settings, release))


def _of_the_cluster(catalog: Catalog, found: list[Row]) -> list[Row]:
    names = catalog.profile.names if catalog.profile else frozenset()
    return [row for row in found if not row["clusters"] or not names.isdisjoint(row["clusters"])]


def _in_phase(found: list[Row], phase: str) -> list[Row]:
    _choose("phase", phase, rows.PHASES)
    return [row for row in found if phase == "install" or row["phase"] == "operate"]


def _for_role(found: list[Row], node_role: str | None) -> list[Row]:
    if node_role is None:
        return found
    _choose("node role", node_role, NODE_ROLES)
    groups = _GROUPS[node_role]
    return [row for row in found if row["from"] in groups or row["to"] in groups]


def not_asked(catalogue: Catalog, release: str) -> set[str]:
    """Return the ids of the ports and settings that only other releases require.

    Settings of other kinds of clusters are not among them: their checks say what holds of the cluster.
    """
    asked = [*select_ports(catalogue, release, "install"), *_in_release(catalogue, catalogue.settings, release)]
    return {row["id"] for row in (*catalogue.ports, *catalogue.settings)} - {row["id"] for row in asked}

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
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils import rows

FOLDER = Path(__file__).resolve().parents[2] / "catalog"
DEFAULT_RELEASE = "1.4"
NODE_ROLES = ("controller", "worker")

# The sides of a row that a node of each role can stand on.
_GROUPS = {
    "controller": ("nodes", "controllers", "localhost"),
    "worker": ("nodes", "localhost"),
}


class CatalogError(ValueError):
    """A broken catalogue, or a question that it cannot answer; the text says what would be valid."""


class Catalog(NamedTuple):
    """The catalogue as read: `releases` oldest first; ports, endpoints and settings hold rows with every field."""

    documents: list[dict[str, Any]]
    releases: list[dict[str, Any]]
    ports: list[dict[str, Any]]
    endpoints: list[dict[str, Any]]
    settings: list[dict[str, Any]]

    @property
    def release_ids(self):
        """The ids of the releases, oldest first."""
        return [release["id"] for release in self.releases]


@functools.lru_cache(maxsize=None)
def load(folder=FOLDER):
    """Return the Catalog in `folder`, read once. Raise CatalogError if a file is missing, unreadable or wrong."""
    contents = {}
    for name in ("releases", *rows.KINDS):
        path = Path(folder) / f"{name}.yml"
        try:
            contents[name] = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise CatalogError(f"{path} cannot be read: {error}") from error
    return parse(contents)


def parse(contents):
    """Return the Catalog made of {file name without .yml: parsed content}, or raise CatalogError."""
    releases = _parse_releases(contents["releases"])
    titles = [document["title"] for document in contents["releases"]["documents"]]
    planes = list(dict.fromkeys(plane for release in releases for plane in release["control_planes"]))
    order = [release["id"] for release in releases]
    seen = set()
    parsed = {}
    for kind in rows.KINDS:
        parsed[kind] = []
        for row in _list_in(contents[kind], kind, kind):
            name = row.get("id") if isinstance(row, dict) else None
            try:
                _check_row(kind, row, order, titles, planes)
                if name in seen:
                    raise rows.RowError("this id is used twice")
            except rows.RowError as error:
                raise CatalogError(f"{kind}.yml, row {name!r}: {error}") from None
            seen.add(name)
            parsed[kind].append(rows.complete_row(kind, row))
    for row in (row for kind in rows.KINDS for row in parsed[kind]):
        for other in filter(None, [row["alternate_of"], *row["replaced_by"]]):
            if other not in seen:
                raise CatalogError(f"row {row['id']!r} refers to {other!r}, which no row has as its id")
    return Catalog(contents["releases"]["documents"], releases, **parsed)


def _list_in(content, name, file):
    if not isinstance(content, dict) or not isinstance(content.get(name), list):
        raise CatalogError(f"{file}.yml: the top level has no list named {name}")
    return content[name]


def _parse_releases(content):
    titles = [document.get("title") for document in _list_in(content, "documents", "releases")]
    releases = _list_in(content, "releases", "releases")
    for release in releases:
        missing = [name for name in ("id", "line", "control_planes", "document") if not release.get(name)]
        if missing:
            raise CatalogError(
                f"releases.yml, release {release.get('id')!r}: {', '.join(missing)} is missing"
            )
        if release["document"] not in titles:
            raise CatalogError(
                f"releases.yml, release {release['id']!r}: {release['document']!r} is not a document"
            )
    return releases


def _check_row(kind, row, order, titles, planes):
    """Raise RowError unless the row is well-formed in each release that has it."""
    rows.check_row(kind, row)
    _check_history(row, order)
    stage = row
    for change in row.get("changes", []):
        stage = rows.changed_row(stage, change)
        rows.check_row(kind, stage)
    _check_documents(row, titles)
    unknown = [plane for plane in row.get("control_planes", []) if plane not in planes]
    if unknown:
        raise rows.RowError(f"control_planes: {', '.join(unknown)} is not known; valid: {', '.join(planes)}")


def _check_history(row, order):
    """Raise RowError unless the releases named by a row exist and follow each other."""
    named = [row["since"], *(change["since"] for change in row.get("changes", []))]
    if "until" in row:
        named.append(row["until"])
    for release in named:
        if release not in order:
            raise rows.RowError(f"{release!r} is not a release; valid: {', '.join(order)}")
    places = [order.index(release) for release in named]
    if places != sorted(places):
        raise rows.RowError(f"since, changes and until are out of order: {', '.join(named)}")


def _check_documents(row, titles):
    sources = [row["source"], *(change["source"] for change in row.get("changes", []))]
    if "retired" in row:
        sources.append(row["retired"]["source"])
    for source in sources:
        if source["document"] not in titles:
            raise rows.RowError(f"source: {source['document']!r} is not among the documents of releases.yml")


def _choose(name, value, valid):
    if value not in valid:
        raise CatalogError(f"{value!r} is not a {name}; valid: {', '.join(valid)}")


def release_of(catalog, release):
    """Return the entry of `release` in releases.yml, or raise CatalogError."""
    _choose("release", release, catalog.release_ids)
    return catalog.releases[catalog.release_ids.index(release)]


def _in_release(catalog, found, release):
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


def select_endpoints(catalog, release=DEFAULT_RELEASE, control_plane="us", node_role=None):
    """Return the endpoint rows of a release and control plane; with `node_role`, those such a node must reach.

    Rows that are retired are included and carry the reason. Raise CatalogError for an unknown argument.
    """
    offered = release_of(catalog, release)["control_planes"]
    _choose(f"control plane of release {release}", control_plane, offered)
    found = [row for row in catalog.endpoints if control_plane in row["control_planes"]]
    return _for_role(_in_release(catalog, found, release), node_role)


def select_ports(catalog, release=DEFAULT_RELEASE, phase="operate", node_role=None):
    """Return the port rows of a release that must be open in `phase`; with `node_role`, those it takes part in.

    Phase `install` includes the rows of `operate`: they are needed from the installation on.
    """
    _choose("phase", phase, rows.PHASES)
    found = [row for row in catalog.ports if phase == "install" or row["phase"] == "operate"]
    return _for_role(_in_release(catalog, found, release), node_role)


def select_settings(catalog, release=DEFAULT_RELEASE):
    """Return the setting rows of a release."""
    return _in_release(catalog, catalog.settings, release)


def _for_role(found, node_role):
    if node_role is None:
        return found
    _choose("node role", node_role, NODE_ROLES)
    groups = _GROUPS[node_role]
    return [row for row in found if row["from"] in groups or row["to"] in groups]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the parsed files of the catalogue into a Catalog, or say which row of which file is wrong and why.

Pure functions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import rows
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.clusters import Profile
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.files import CatalogError
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import RowError


class Catalog(NamedTuple):
    """The catalogue as read: `releases` oldest first; ports, endpoints and settings hold rows with every field.

    profile, features: what a site has; without them no row of a kind of cluster or of a feature is selected.
    """

    documents: list[dict[str, Any]]
    releases: list[dict[str, Any]]
    ports: list[dict[str, Any]]
    endpoints: list[dict[str, Any]]
    settings: list[dict[str, Any]]
    profile: Profile | None = None
    features: frozenset[str] = frozenset()

    @property
    def release_ids(self) -> list[str]:
        """The ids of the releases, oldest first."""
        return [release["id"] for release in self.releases]

    @property
    def control_planes(self) -> list[str]:
        """The ids of the control planes that any release offers."""
        return list(dict.fromkeys(plane for release in self.releases for plane in release["control_planes"]))


def parse(contents: dict[str, Any]) -> Catalog:
    """Return the Catalog made of {file name without .yml: parsed content}, or raise CatalogError."""
    catalog = Catalog(
        *_parse_releases(contents["releases"]),
        *(_list_in(contents[file], kind, file) for kind, file in rows.FILES.items()),
    )
    _validate_ids(catalog)
    whole: dict[str, Any] = {}
    for kind in rows.KINDS:
        for row in getattr(catalog, kind):
            try:
                _validate_row(kind, row, catalog)
            except RowError as error:
                raise CatalogError(f"{rows.FILES[kind]}.yml, row {_name(row)!r}: {error}") from None
        whole[kind] = [rows.complete_row(kind, row) for row in getattr(catalog, kind)]
    return catalog._replace(**whole)


def _list_in(content: dict[str, Any], name: str, file: str) -> list[Any]:
    if not isinstance(content, dict) or not isinstance(content.get(name), list):
        raise CatalogError(f"{file}.yml: the top level has no list named {name}")
    return content[name]


def _name(row: Any) -> Any:
    return row.get("id") if isinstance(row, dict) else None


def _parse_releases(content: dict[str, Any]) -> Any:
    """Return (documents, releases) of releases.yml."""
    documents = _list_in(content, "documents", "releases")
    releases = _list_in(content, "releases", "releases")
    try:
        for document in documents:
            rows.validate_document(document)
        titles = [document["title"] for document in documents]
        for release in releases:
            rows.validate_release(release)
            if release["document"] not in titles:
                raise RowError(f"{release['document']!r} is not among the documents; add its title and url")
        for names in (titles, [release["id"] for release in releases]):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise RowError(f"{', '.join(twice)} appears twice")
    except RowError as error:
        raise CatalogError(f"releases.yml: {error}") from None
    return documents, releases


def _validate_ids(catalog: Catalog) -> None:
    seen = set()
    for kind in rows.KINDS:
        for row in getattr(catalog, kind):
            if _name(row) in seen:
                raise CatalogError(f"{rows.FILES[kind]}.yml, row {_name(row)!r}: this id is used twice")
            seen.add(_name(row))


def _validate_row(kind: str, row: Any, catalog: Catalog) -> None:
    """Raise RowError unless the row is well-formed in each release that has it."""
    rows.validate_row(kind, row)
    _validate_history(row, catalog.release_ids)
    stages = [row]
    for change in row.get("changes", []):
        stages.append(rows.changed_row(stages[-1], change))
    for stage in stages:
        rows.validate_row(kind, stage)
        _validate_references(stage, catalog)


def _validate_history(row: Any, order: list[str]) -> None:
    """Raise RowError unless the releases named by a row exist and follow each other."""
    starts = [row["since"], *(change["since"] for change in row.get("changes", []))]
    end = row.get("until", order[-1])
    for release in [*starts, end]:
        if release not in order:
            raise RowError(f"{release!r} is not a release; valid: {', '.join(order)}")
    places = [order.index(release) for release in starts]
    if places != sorted(set(places)) or places[-1] > order.index(end):
        raise RowError(f"since, changes and until are out of order: {', '.join([*starts, end])}")


def _validate_references(row: Any, catalog: Catalog) -> None:
    """Raise RowError unless the documents, control planes and rows that a row names exist."""
    titles = [document["title"] for document in catalog.documents]
    sources = [row["source"], *([row["retired"]["source"]] if row.get("retired") else [])]
    for source in sources:
        if source["document"] not in titles:
            raise RowError(f"source: {source['document']!r} is not among the documents of releases.yml")
    planes = [plane for plane in row.get("control_planes", []) if plane not in catalog.control_planes]
    if planes:
        raise RowError(f"control_planes: {', '.join(planes)} is not known; valid: {', '.join(catalog.control_planes)}")
    ids = {other["id"] for kind in rows.KINDS for other in getattr(catalog, kind) if _name(other)}
    for other in [*filter(None, [row.get("alternate_of")]), *row.get("replaced_by", [])]:
        if other not in ids:
            raise RowError(f"refers to {other!r}, which no row has as its id")

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rows an upgrade from one release to another adds, removes and changes. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row

# What a network or proxy team has to know; the wording of purposes and the sources is not.
FIELDS = (
    "host",
    "port",
    "protocol",
    "url_path",
    "ports",
    "transport",
    "application",
    "from",
    "to",
    "phase",
    "mutual_tls",
    "carrier",
    "severity",
    "alternate_of",
    "retired",
    "title",
    "expected",
    "notes",
)


class Change(NamedTuple):
    """A row that both releases have: as it was, as it is, and the names of the fields that differ."""

    before: dict[str, Any]
    after: dict[str, Any]
    fields: tuple[str, ...]


class Comparison(NamedTuple):
    """added and removed: rows; changed: Changes."""

    added: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    changed: list[Change]


def _request_key(row: Row) -> tuple[Any, ...]:
    """What makes two rows of different ids the same request."""
    if "host" in row:
        return "endpoint", row["host"], row["port"], row["url_path"]
    if "ports" in row:
        return "port", tuple(row["ports"]), row["transport"], row["from"], row["to"], row["application"]
    return "setting", row["id"]


def compare(before: Iterable[Row], after: Iterable[Row]) -> Comparison:
    """Return the Comparison of two selections (lists of rows, of any kinds).

    Rows belong together by id, and where a row got another id, by what they ask for.
    """
    old, new = {row["id"]: row for row in before}, {row["id"]: row for row in after}
    partners = {name: name for name in old if name in new}
    moved = {_request_key(row): name for name, row in new.items() if name not in old}
    for name, row in old.items():
        if name not in new and _request_key(row) in moved:
            partners[name] = moved.pop(_request_key(row))
    changes = []
    for name, other in partners.items():
        fields = tuple(field for field in FIELDS if old[name].get(field) != new[other].get(field))
        if fields:
            changes.append(Change(old[name], new[other], fields))
    return Comparison(
        added=[row for name, row in new.items() if name not in partners.values()],
        removed=[row for name, row in old.items() if name not in partners],
        changed=changes,
    )

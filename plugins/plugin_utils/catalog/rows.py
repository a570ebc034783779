# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of a catalogue row: which fields it has, what each may hold, and what an absent one means.

Pure functions.
"""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import protocol_registry
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.row_validators import (
    RowError,
    boolean,
    fields,
    host_name,
    identifier,
    list_of,
    mapping,
    one_of,
    optional,
    port_bounds,
    port_number,
    text,
    url_path,
)

# A row of the catalogue, or an entry of its files; catalog/README.md describes the fields.
Row = dict[str, Any]
PHASES = ("install", "operate")
SEVERITIES = ("required", "recommended", "info")
TRANSPORTS = ("tcp", "udp")
PROTOCOLS = tuple(name for name, protocol in protocol_registry.PROTOCOLS.items() if protocol.in_catalogue)
CARRIERS = ("http_proxy", "socks5")
NODE_SIDES = ("nodes", "controllers")
SIDES = ("nodes", "controllers", "internet", "internal_network", "localhost")
LINES = ("appliance", "self_managed")


def _source(value: dict[str, str]) -> None:
    fields(value, {"document": text, "section": text, "row": text})


def _retired(value: Any) -> None:
    fields(value, {"reason": text, "source": _source})


def _changes(value: Any) -> None:
    list_of(mapping)(value)
    for change in value:
        for name, validate in (("since", text), ("source", _source)):
            if name not in change:
                raise RowError(f"a change lacks {name}")
            validate(change[name])
        fixed = sorted(set(change) & {"id", "until", "changes"})
        if fixed:
            raise RowError(f"a change cannot alter {', '.join(fixed)}")


_COMMON = {
    "id": identifier,
    "severity": one_of(SEVERITIES),
    "purpose": text,
    "since": text,
    "source": _source,
}
_HISTORY = {
    "until": text,
    "retired": _retired,
    "replaced_by": list_of(identifier),
    "alternate_of": optional(identifier),
    "notes": list_of(text),
    "changes": _changes,
}
_NO_HISTORY: Row = {
    "until": None,
    "retired": None,
    "replaced_by": [],
    "alternate_of": None,
    "notes": [],
    "changes": [],
}

_REQUIRED = {
    "ports": {
        **_COMMON,
        "ports": list_of(port_bounds),
        "transport": one_of(TRANSPORTS),
        "from": one_of(SIDES),
        "to": one_of(SIDES),
        "phase": one_of(PHASES),
    },
    "endpoints": {
        **_COMMON,
        "host": host_name,
        "port": port_number,
        "protocol": one_of(PROTOCOLS),
        "control_planes": list_of(identifier),
        "from": one_of(NODE_SIDES),
        "mutual_tls": boolean,
        "carrier": one_of(CARRIERS),
    },
    "settings": {**_COMMON, "title": text, "expected": mapping},
}
_OPTIONAL = {
    "ports": {**_HISTORY, "application": text, "clusters": list_of(identifier)},
    "endpoints": {**_HISTORY, "phase": one_of(PHASES), "url_path": url_path, "feature": identifier},
    "settings": {**_HISTORY, "clusters": list_of(identifier)},
}
_ABSENT_FIELDS: dict[str, Row] = {
    "ports": {**_NO_HISTORY, "application": None, "clusters": []},
    # An endpoint is always dialled from a node towards the Internet over TCP.
    "endpoints": {
        **_NO_HISTORY,
        "phase": "operate",
        "to": "internet",
        "transport": "tcp",
        "url_path": None,
        "feature": None,
    },
    "settings": {**_NO_HISTORY, "clusters": []},
}
# The file of each kind of rows, without its .yml.
FILES = {"ports": "ports", "endpoints": "endpoints", "settings": "host_requirements"}
KINDS = tuple(FILES)


def direction_of(row: Any) -> str | None:
    """Return outbound | inbound | internal (between nodes) | local (within one node), or None for a setting."""
    if "from" not in row:
        return None
    if row["from"] == "localhost":
        return "local"
    if row["from"] not in NODE_SIDES:
        return "inbound"
    return "internal" if row["to"] in NODE_SIDES else "outbound"


def validate_row(kind: str, row: Any) -> None:
    """Raise RowError unless `row` is a well-formed row of `kind` (ports, endpoints or settings)."""
    fields(row, _REQUIRED[kind], _OPTIONAL[kind])
    if kind == "ports":
        validate_sides(row)


def validate_sides(row: Any) -> None:
    """Raise RowError if the two ends of a port row do not go together."""
    ends = (row["from"], row["to"])
    if "localhost" in ends and ends != ("localhost", "localhost"):
        raise RowError("a row from or to localhost has localhost at both ends")
    if not set(ends) & {*NODE_SIDES, "localhost"}:
        raise RowError(f"neither end is a node; one of from and to must be {' or '.join(NODE_SIDES)}")


def validate_release(release: Any) -> None:
    """Raise RowError unless `release` is a well-formed entry of releases.yml."""
    fields(
        release,
        {"id": text, "line": one_of(LINES), "control_planes": list_of(identifier), "document": text},
        {"notes": list_of(text)},
    )


def validate_document(document: Any) -> None:
    """Raise RowError unless `document` is a well-formed entry of releases.yml."""
    fields(document, {"title": text, "url": text})


def changed_row(row: Any, change: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of `row` as it reads from the release of `change` on."""
    return {**copy.deepcopy(row), **{name: copy.deepcopy(change[name]) for name in change if name != "since"}}


def complete_row(kind: str, row: Any) -> dict[str, Any]:
    """Return a copy of a validated row with every optional field filled in."""
    return {**copy.deepcopy(_ABSENT_FIELDS[kind]), **copy.deepcopy(row)}

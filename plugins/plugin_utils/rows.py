# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of a catalogue row: which fields it has, what each may hold, and what an absent one means.

Pure functions. Every check raises RowError, whose text says what is wrong and what would be valid.
"""

from __future__ import annotations

import copy
import re

PHASES = ("install", "operate")
SEVERITIES = ("required", "recommended", "info")
TRANSPORTS = ("tcp", "udp")
PROTOCOLS = ("https", "amqp_wss", "lumberjack")
CARRIERS = ("http_proxy", "socks5")
PORT_SOURCES = ("nodes", "controllers", "internet", "internal_network", "localhost")
PORT_TARGETS = ("nodes", "controllers", "internet", "internal_network", "localhost")
ENDPOINT_SOURCES = ("nodes", "controllers")

_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?\Z")


class RowError(ValueError):
    """A row, or a field of it, that the catalogue does not allow."""


def port_bounds(text):
    """Return (first, last) of "443" or "30000-32767"."""
    match = _PORTS.match(text) if isinstance(text, str) else None
    if match:
        first, last = int(match[1]), int(match[2] or match[1])
        if 1 <= first <= last <= 65535:
            return first, last
    raise RowError(
        f"{text!r} is not a port or a range of ports; write a number from 1 to 65535 or a range such as"
        " '30000-32767', in quotes"
    )


def _identifier(value):
    if not isinstance(value, str) or not _IDENTIFIER.match(value):
        raise RowError(f"{value!r} is not an id; write lower-case words and digits joined by dashes")


def _text(value):
    if not isinstance(value, str) or not value.strip():
        raise RowError(f"{value!r} is not a text")


def _one_of(names):
    def check(value):
        if value not in names:
            raise RowError(f"{value!r} is not known; valid: {', '.join(names)}")

    return check


def _list_of(check):
    def check_all(value):
        if not isinstance(value, list) or not value:
            raise RowError(f"{value!r} is not a list with at least one entry")
        for entry in value:
            check(entry)
        if any(entry in value[:place] for place, entry in enumerate(value)):
            raise RowError(f"{value!r} names an entry twice")

    return check_all


def _port_number(value):
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise RowError(f"{value!r} is not a port; write a number from 1 to 65535")


def _host(value):
    labels = value.split(".") if isinstance(value, str) else []
    named = len(labels) > 1 and all(_HOST_LABEL.match(label) for label in labels)
    if not named or len(value) > 253 or labels[-1].isdigit():
        raise RowError(
            f"{value!r} is not a host name; write a full name such as 'registry.example.com',"
            " without scheme, port, path or wildcard"
        )


def _boolean(value):
    if not isinstance(value, bool):
        raise RowError(f"{value!r} is not true or false")


def _mapping(value):
    if not isinstance(value, dict) or not value:
        raise RowError(f"{value!r} is not a mapping with at least one entry")


def _source(value):
    _fields(value, {"document": _text, "section": _text, "row": _text}, {})


def _retired(value):
    _fields(value, {"reason": _text, "source": _source}, {})


def _changes(value):
    _list_of(_mapping)(value)
    for change in value:
        for name, check in (("since", _text), ("source", _source)):
            if name not in change:
                raise RowError(f"a change lacks {name}")
            check(change[name])
        fixed = sorted(set(change) & {"id", "until", "changes"})
        if fixed:
            raise RowError(f"a change cannot alter {', '.join(fixed)}")


def _fields(value, required, optional):
    """Check a mapping against {name: check} of the fields it must and may have."""
    if not isinstance(value, dict):
        raise RowError(f"{value!r} is not a mapping")
    known = {**required, **optional}
    unknown = sorted(str(name) for name in value if name not in known)
    if unknown:
        raise RowError(f"unknown field {', '.join(unknown)}; valid: {', '.join(known)}")
    missing = [name for name in required if name not in value]
    if missing:
        raise RowError(f"{', '.join(missing)} is missing")
    for name, check in known.items():
        if name in value:
            try:
                check(value[name])
            except RowError as error:
                raise RowError(f"{name}: {error}") from None


_COMMON = {
    "id": _identifier,
    "severity": _one_of(SEVERITIES),
    "purpose": _text,
    "since": _text,
    "source": _source,
}
_HISTORY = {
    "until": _text,
    "retired": _retired,
    "replaced_by": _list_of(_identifier),
    "alternate_of": _identifier,
    "notes": _list_of(_text),
    "changes": _changes,
}
_NO_HISTORY = {
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
        "ports": _list_of(port_bounds),
        "transport": _one_of(TRANSPORTS),
        "from": _one_of(PORT_SOURCES),
        "to": _one_of(PORT_TARGETS),
        "phase": _one_of(PHASES),
    },
    "endpoints": {
        **_COMMON,
        "host": _host,
        "port": _port_number,
        "protocol": _one_of(PROTOCOLS),
        "control_planes": _list_of(_identifier),
        "from": _one_of(ENDPOINT_SOURCES),
        "mutual_tls": _boolean,
        "carrier": _one_of(CARRIERS),
    },
    "settings": {**_COMMON, "title": _text, "expected": _mapping},
}
_OPTIONAL = {
    "ports": {**_HISTORY, "application": _text},
    "endpoints": {**_HISTORY, "phase": _one_of(PHASES)},
    "settings": _HISTORY,
}
_ABSENT_FIELDS = {
    "ports": {**_NO_HISTORY, "application": None},
    # An endpoint is always dialled from a node towards the Internet over TCP.
    "endpoints": {**_NO_HISTORY, "phase": "operate", "to": "internet", "transport": "tcp"},
    "settings": _NO_HISTORY,
}
KINDS = tuple(_REQUIRED)


def direction_of(row):
    """Return outbound | inbound | internal (between nodes) | local (within one node), or None for a setting."""
    if "from" not in row:
        return None
    outside = ("internet", "internal_network")
    if row["from"] == "localhost":
        return "local"
    if row["to"] in outside:
        return "outbound"
    return "inbound" if row["from"] in outside else "internal"


def check_row(kind, row):
    """Raise RowError unless `row` is a well-formed row of `kind` (ports, endpoints or settings)."""
    _fields(row, _REQUIRED[kind], _OPTIONAL[kind])
    if kind == "ports" and (row["from"] == "localhost") != (row["to"] == "localhost"):
        raise RowError("a row from or to localhost has localhost at both ends")


def changed_row(row, change):
    """Return a copy of `row` as it reads from the release of `change` on."""
    return {**copy.deepcopy(row), **{name: copy.deepcopy(change[name]) for name in change if name != "since"}}


def complete_row(kind, row):
    """Return a copy of a checked row with every optional field filled in."""
    return {**copy.deepcopy(_ABSENT_FIELDS[kind]), **copy.deepcopy(row)}

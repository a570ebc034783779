# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validators of single values in a row of the catalogue or of the site.

A validator takes the value and returns nothing, or raises RowError with a text that says what is wrong and what would be
valid. Pure functions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import (
    named,
    quoted,
    repeatable,
)

_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?\Z")
_URL_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\Z")


# Takes a value and raises RowError where it is not valid; what it returns does not matter.
Validator = Callable[[Any], object]


class RowError(ValueError):
    """A row, or a field of it, that is not allowed."""


def port_bounds(text: str) -> tuple[int, int]:
    """Return (first, last) of "443" or "30000-32767"."""
    match = _PORTS.match(text) if isinstance(text, str) else None
    if match:
        first, last = int(match[1]), int(match[2] or match[1])
        if 1 <= first <= last <= 65535:
            return first, last
    raise RowError(
        f"{quoted(text)} is not a port or a range of ports; write a number from 1 to 65535 or a range such as"
        " '30000-32767', in quotes"
    )


def identifier(value: str) -> None:
    """Lower-case words and digits joined by dashes."""
    if not isinstance(value, str) or not _IDENTIFIER.match(value):
        raise RowError(f"{quoted(value)} is not an id; write lower-case words and digits joined by dashes")


def text(value: str) -> None:
    """One line of text: it is copied into comments of generated files, which must not end early."""
    if not isinstance(value, str) or not value.strip():
        raise RowError(f"{quoted(value)} is not a string")
    if not value.isprintable():
        raise RowError(f"{quoted(value)} is not a single line of text without control characters")


def port_number(value: int) -> None:
    """A number from 1 to 65535."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise RowError(f"{quoted(value)} is not a port; write a number from 1 to 65535")


def host_name(value: str) -> None:
    """A full host name in lower case."""
    labels = value.split(".") if isinstance(value, str) else []
    named = len(labels) > 1 and all(_HOST_LABEL.match(label) for label in labels)
    if not named or len(value) > 253 or labels[-1].isdigit():
        raise RowError(
            f"{quoted(value)} is not a host name; write a full name in lower case such as 'registry.example.com',"
            " without scheme, port, path or wildcard"
        )


def network(value: Any) -> None:
    """An address or a network in CIDR notation, without host bits."""
    try:
        ipaddress.ip_network(value if isinstance(value, str) else "")
    except ValueError as error:
        why = f" ({error})" if repeatable(value) else ""
        raise RowError(
            f"{quoted(value)} is not an address or a network{why}; write for example '192.0.2.7' or '192.0.2.0/24'"
        ) from None


def url_path(value: str) -> None:
    """The path part of a URL."""
    if not isinstance(value, str) or not _URL_PATH.match(value):
        raise RowError(f"{quoted(value)} is not a path of a URL; write for example '/v1/connect'")


def boolean(value: bool) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise RowError(f"{quoted(value)} is not true or false")


def one_of(names: Sequence[str]) -> Validator:
    """Return a validator that the value is among `names`."""

    def validate(value: Any) -> None:
        if value not in names:
            raise RowError(f"{quoted(value)} is not known; valid: {', '.join(names)}")

    return validate


def list_of(validate: Validator) -> Validator:
    """Return a validator for a list of at least one value, all different, that pass `validate`."""

    def validate_all(value: Any) -> None:
        if not isinstance(value, list) or not value:
            raise RowError(f"{quoted(value)} is not a list with at least one entry")
        for entry in value:
            validate(entry)
        if any(entry in value[:place] for place, entry in enumerate(value)):
            raise RowError(f"{quoted(value)} names an entry twice")

    return validate_all


def optional(validate: Validator) -> Validator:
    """Return a validator that also allows null."""

    def validate_unless_null(value: Any) -> None:
        if value is not None:
            validate(value)

    return validate_unless_null


def mapping(value: dict[str, Any]) -> None:
    """A mapping with at least one entry."""
    if not isinstance(value, dict) or not value:
        raise RowError(f"{quoted(value)} is not a mapping with at least one entry")


def fields(value: dict[str, Any], required: dict[str, Any], may: Any = ()) -> None:
    """Validate a mapping against {name: validator} of the fields that it must and may have."""
    if not isinstance(value, dict):
        raise RowError(f"{quoted(value)} is not a mapping")
    known = {**required, **dict(may)}
    unknown = sorted(named(name) for name in value if name not in known)
    if unknown:
        raise RowError(f"unknown field {', '.join(unknown)}; valid: {', '.join(known)}")
    missing = [name for name in required if name not in value]
    if missing:
        raise RowError(f"{', '.join(missing)} is missing")
    for name, validate in known.items():
        if name in value:
            try:
                validate(value[name])
            except RowError as error:
                raise RowError(f"{name}: {error}") from None

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and validate rtf_waivers. Pure functions."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import check_patterns, type_conversion

FIELDS = ("checks", "nodes", "reason", "expires")


class Waiver(NamedTuple):
    """One entry of rtf_waivers. checks, nodes: names or globs. expires: the last date on which it holds, or None."""

    checks: Sequence[str]
    nodes: Sequence[str]
    reason: str
    expires: datetime.date | None = None

    def covers(self, result: Mapping[str, Any]) -> bool:
        """Whether this waiver names the check and the node of a result."""
        return check_patterns.matches(result["id"], self.checks) and check_patterns.matches(result["node"], self.nodes)


def parse(value: Any, check_globs: Callable[[Any], Any]) -> list[Waiver]:
    """Return the list of Waiver in a value of rtf_waivers; raise ValueError with what is wrong and what is valid.

    check_globs: the validator of names and globs of checks, see check_patterns.globs.
    """
    if not isinstance(value, (list, tuple)):
        raise ValueError("must be a list of dictionaries {checks, nodes, reason, expires}")
    waivers = []
    for number, entry in enumerate(value, 1):
        try:
            waivers.append(_parse_entry(entry, check_globs))
        except ValueError as problem:
            raise ValueError(f"entry {number}: {problem}") from None
    return waivers


def checked(check_globs: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the validator of rtf_waivers."""

    def check(value: Any) -> Any:
        found = type_conversion.rows(value)
        parse(found, check_globs)
        return found

    return check


def _parse_entry(entry: Any, check_globs: Callable[[Any], Any]) -> Waiver:
    if not isinstance(entry, dict):
        raise ValueError("must be a dictionary {checks, nodes, reason, expires}")
    for name in entry:
        if name not in FIELDS:
            raise ValueError(f"{quoted(name)} is not a field; valid: {', '.join(FIELDS)}")
    checks, nodes = _texts(entry, "checks", None), _texts(entry, "nodes", ["*"])
    check_globs(checks)
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError("has no reason; state why the failure is accepted")
    return Waiver(tuple(checks), tuple(nodes), " ".join(reason.split()), _date(entry.get("expires")))


def _texts(entry: Mapping[str, Any], name: str, default: list[str] | None) -> list[str]:
    value = entry.get(name, default)
    if isinstance(value, str):
        value = type_conversion.list_of(value)
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(item, str) and item for item in value):
        raise ValueError(f"{name} must be a list of names or globs")
    return list(value)


def _date(value: Any) -> datetime.date | None:
    if value is None or (isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)):
        return value
    try:
        return datetime.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"expires: {quoted(value)} is not a date such as 2027-01-31") from None


def node_problems(waivers: Iterable[Waiver], nodes: Sequence[str]) -> list[str]:
    """Return a sentence for each name or glob of a waiver that no node of the inventory has."""
    patterns = dict.fromkeys(pattern for waiver in waivers for pattern in waiver.nodes)
    return [
        f"rtf_waivers: {quoted(pattern)} matches no node; valid: {', '.join(nodes)}"
        for pattern in patterns
        if not any(fnmatchcase(node, pattern) for node in nodes)
    ]

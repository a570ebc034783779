# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waivers: failures, and gaps of its own making, that a site knows and accepts, each with its reason, and until when."""

from __future__ import annotations

import datetime
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.quoting import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import selection
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import FAIL, SKIPPED, UNKNOWN
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import value_types

FIELDS = ("checks", "nodes", "reason", "expires")
APPLIED, UNUSED, UNTESTED, EXPIRED = "applied", "unused", "untested", "expired"


class Waiver(NamedTuple):
    """One entry of rtf_waivers. checks, nodes: names or globs. expires: the last date on which it holds, or None."""

    checks: Any
    nodes: Any
    reason: str
    expires: Any = None

    def covers(self, result):
        """Whether a check result is one that this waiver is about."""
        return selection.matches(result["id"], self.checks) and selection.matches(result["node"], self.nodes)


def parse(value, check_globs):
    """Return the list of Waiver in a value of rtf_waivers; raise ValueError with what is wrong and what is valid.

    check_globs: a check of names and globs of checks, see selection.globs.
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


def checked(check_globs):
    """Return a check, as inputs.py has them, for rtf_waivers."""

    def check(value):
        found = value_types.rows(value)
        parse(found, check_globs)
        return found

    return check


def _parse_entry(entry, check_globs):
    if not isinstance(entry, dict):
        raise ValueError("must be a dictionary {checks, nodes, reason, expires}")
    for name in entry:
        if name not in FIELDS:
            raise ValueError(f"{quoted(name)} is no field; valid: {', '.join(FIELDS)}")
    checks, nodes = _texts(entry, "checks", None), _texts(entry, "nodes", ["*"])
    check_globs(checks)
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError("has no reason; say why the failure is accepted")
    return Waiver(tuple(checks), tuple(nodes), " ".join(reason.split()), _date(entry.get("expires")))


def _texts(entry, name, default):
    value = entry.get(name, default)
    if isinstance(value, str):
        value = value_types.list_of(value)
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(item, str) and item for item in value):
        raise ValueError(f"{name} must be a list of names or globs")
    return value


def _date(value):
    if value is None or (isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)):
        return value
    try:
        return datetime.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"expires: {quoted(value)} is no date such as 2027-01-31") from None


def node_problems(waivers, nodes):
    """Return a sentence for each name or glob of a waiver that no node of the inventory has."""
    patterns = dict.fromkeys(pattern for waiver in waivers for pattern in waiver.nodes)
    return [
        f"rtf_waivers: {quoted(pattern)} matches no node; valid: {', '.join(nodes)}"
        for pattern in patterns
        if not any(fnmatchcase(node, pattern) for node in nodes)
    ]


def apply(results, waivers, today, left_out=()):
    """Return the results with `waiver` filled in where one holds.

    Waived is what failed, and what the site itself left out: nobody can accept what is not known. today: a date.
    left_out: `{(id of a check, node)}` of what the site left out.
    """
    holding = [waiver for waiver in waivers if not _has_expired(waiver, today)]
    waived = []
    for result in results:
        waiver = next(
            (waiver for waiver in holding if _can_be_waived(result, left_out) and waiver.covers(result)), None
        )
        waived.append({**result, "waiver": _told(waiver)} if waiver else result)
    return waived


def summary(results, waivers, today, left_out=()):
    """Return what the report says of each waiver: its fields and `state`.

    state: `applied`; `unused` where nothing that it covers failed; `untested` where something of that is unknown or was
    not looked at; `expired`. left_out: as for apply.
    """
    told = []
    for waiver in waivers:
        covered = [result for result in results if waiver.covers(result)]
        if _has_expired(waiver, today):
            state = EXPIRED
        elif any(_can_be_waived(result, left_out) for result in covered):
            state = APPLIED
        else:
            state = UNTESTED if any(result["status"] in (SKIPPED, UNKNOWN) for result in covered) else UNUSED
        told.append({"checks": list(waiver.checks), "nodes": list(waiver.nodes), **_told(waiver), "state": state})
    return told


def _can_be_waived(result, left_out):
    if result["id"] in selection.EVENTS:
        return False
    return result["status"] == FAIL or (result["status"] == SKIPPED and (result["id"], result["node"]) in left_out)


def _has_expired(waiver, today):
    return waiver.expires is not None and waiver.expires < today


def _told(waiver):
    return {"reason": waiver.reason, "expires": waiver.expires.isoformat() if waiver.expires else None}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which checks of the catalogue are made for a node, and which evidence they need. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Protocol

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.checks import is_for, is_not_required
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import check_patterns

Check = Mapping[str, Any]  # a row of catalog/checks/


class Asked(Protocol):
    """What decides which checks are made: the Requirements of a role, or the Subject that is judged by them."""

    @property
    def role(self) -> str: ...
    @property
    def phase(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def not_asked(self) -> Set[str]: ...
    @property
    def endpoints(self) -> Sequence[Row]: ...
    @property
    def ports(self) -> Sequence[Row]: ...


class SelectedCheck(NamedTuple):
    """result_id: the id that its result has. row: the catalogue row that it is made for, None where it is made once.

    required: whether the release asks for what it proves.
    """

    result_id: str
    check: Check
    row: Row | None
    required: bool = True


def applying(checks: Iterable[Check], asked: Asked, insist: Sequence[str] = ()) -> Iterator[SelectedCheck]:
    """Return the checks that hold for a node, in the order of the report, those that are not required among them.

    checks: rows of catalog/checks/. insist: globs of ids of checks that hold, and are required, with every release.
    """
    for check in checks:
        insisted = any(fnmatchcase(check["id"], pattern) for pattern in insist)
        if is_for(check, check["lines"][0] if insisted else asked.line, asked.phase, asked.role):
            required = insisted or not is_not_required(check, asked.not_asked)
            for result_id, row in _instances(check, asked):
                yield SelectedCheck(result_id, check, row, required)


def selected_checks(
    checks: Iterable[Check],
    asked: Asked,
    patterns: Iterable[str] = check_patterns.ALL,
    skip: Iterable[str] = (),
) -> list[SelectedCheck]:
    """Return the checks that are required of nodes and that a site has selected, in the order of the report.

    checks: rows of catalog/checks/. patterns, skip: names or globs of rtf_checks and rtf_skip_checks.
    """
    return [
        found
        for found in applying(checks, asked)
        if found.required
        and check_patterns.matches(found.result_id, patterns)
        and not check_patterns.matches(found.result_id, skip)
    ]


def evidence_of(selected: Iterable[SelectedCheck]) -> set[str]:
    """Return the names of all evidence that some checks need."""
    return {name for entry in selected for name in entry.check["evidence"]}


def _instances(check: Check, asked: Asked) -> list[tuple[str, Row | None]]:
    """A check once, or once for each row that it is made for, with the ids of the results."""
    if "each" not in check:
        return [(check["id"], None)]
    return [(f"{check['id']}.{row['id']}", row) for row in getattr(asked, check["each"])]

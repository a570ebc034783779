# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What more than two runs of the audit show: the last answer of each check, and findings that come and go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import setting_changes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import (
    Comparison,
    Document,
    Key,
    answered,
    by_key,
    compare,
    fails,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.setting_changes import Settings
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import WAIVED

# So many runs are looked at for what comes and goes, and for the last answer of a check.
MOST_RUNS = 20
# So often a finding begins or ends before it is called unstable: it began, ended and began again, or the other way round.
LEAST_CHANGES = 3


class Flapping(TypedDict):
    """A finding that comes and goes, waived or not.

    failed: in how many of the runs with an answer. changes: how often it began or ended.
    """

    id: str
    node: str
    title: str
    failed: int
    runs: int
    changes: int


class Run(Protocol):
    """A run that is compared. document: its report. settings: see setting_changes; empty where they were not saved."""

    @property
    def document(self) -> Document: ...

    @property
    def settings(self) -> Settings: ...


class JudgedRun(NamedTuple):
    """The Run that was judged just now."""

    document: Document
    settings: Settings


def compared(before: Run, after: Run, earlier: Iterable[Run]) -> Comparison:
    """Compare two runs. earlier: those before the former, the newest first; they are read where that has no answer.

    Otherwise what begins while a node is unreachable would be new in no comparison.
    """
    runs = list(_read_on(before, after, earlier))
    settings = setting_changes.changes(_last_settings(runs), after.settings)
    return compare(_with_last_answers(runs), after.document, settings)


def _read_on(before: Run, after: Run, earlier: Iterable[Run]) -> Iterable[Run]:
    """The former run, and as many of the earlier ones as have to be read for what the later run has answers to."""
    missing = _answers(after).keys() - _answers(before).keys()
    yield before
    if missing:
        for run in earlier:
            yield run
            missing -= _answers(run).keys()
            if not missing:
                return


def _answers(run: Run) -> dict[Key, Mapping[str, Any]]:
    return {key: result for key, result in by_key(run.document["results"]).items() if answered(result)}


def _with_last_answers(runs: Sequence[Run]) -> Document:
    """The report of the first of some runs in which a check without an answer has the last one. runs: the newest first."""
    results = by_key(runs[0].document["results"])
    for run in reversed(runs):
        results = {**results, **_answers(run)}
    return {**runs[0].document, "results": list(results.values())}


def _last_settings(runs: Sequence[Run]) -> Settings:
    """The last known value of each setting. runs: the newest first."""
    found: dict[str, dict[str, str]] = {}
    for run in reversed(runs):
        for node, settings in run.settings.items():
            found.setdefault(node, {}).update(settings)
    return found


def flapping(runs: Sequence[Document]) -> list[Flapping]:
    """Return the findings that came and went in some runs, the oldest first."""
    answers: dict[Key, list[bool]] = {}
    titles: dict[Key, str] = {}
    for document in runs:
        for key, result in by_key(document["results"]).items():
            if answered(result):
                answers.setdefault(key, []).append(fails(result) or result["status"] == WAIVED)
                titles[key] = result["title"]
    found = []
    for key, failed in answers.items():
        changes = sum(former != latter for former, latter in zip(failed, failed[1:]))
        if changes >= LEAST_CHANGES:
            found.append(
                Flapping(
                    id=key[0], node=key[1], title=titles[key], failed=sum(failed), runs=len(failed), changes=changes
                )
            )
    return found

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What more than two runs of the audit show: the last answer of each check, and findings that come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.comparison import (
    Document,
    Key,
    answered,
    by_key,
    fails,
)

# So often a finding begins or ends before it is called unstable: it began, ended and began again, or the other way round.
LEAST_CHANGES = 3


class Flapping(TypedDict):
    """A finding that comes and goes. failed: in how many of the runs with an answer; changes: how often it began or ended."""

    id: str
    node: str
    title: str
    failed: int
    runs: int
    changes: int


def with_last_answers(before: Document, earlier: Sequence[Document]) -> Document:
    """Return a report in which a check without an answer has that of the last of some earlier runs, the oldest first.

    Otherwise a fault that begins while a node is unreachable would be new in no comparison.
    """
    last = {
        key: result for document in earlier for key, result in by_key(document["results"]).items() if answered(result)
    }
    now = by_key(before["results"])
    kept = {key: last[key] if key in last and not answered(result) else result for key, result in now.items()}
    return {**before, "results": list({**last, **kept}.values())}


def flapping(runs: Sequence[Document]) -> list[Flapping]:
    """Return the findings that came and went in some runs, the oldest first."""
    answers: dict[Key, list[bool]] = {}
    titles: dict[Key, str] = {}
    for document in runs:
        for key, result in by_key(document["results"]).items():
            if answered(result):
                answers.setdefault(key, []).append(fails(result))
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

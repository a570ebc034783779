# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed between two audits of a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import READINESS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.setting_changes import ChangedSetting
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import (
    FAIL,
    PASS,
    SKIPPED,
    UNKNOWN,
    WAIVED,
)

# A report.json, or what an audit is about to write.
Document = Mapping[str, Any]
Key = tuple[str, str]  # id of a check, node


# A number with a unit, or one of several before it: `p50 40, p95 41, max 43 ms`.
_MEASURED = re.compile(
    r"(?<![\w.])\d+(?:\.\d+)?(?=(?:, [a-z]+[0-9]* \d+(?:\.\d+)?)* ?(?:ms|s|Mbit/s|MB/s|GiB|MiB|%)(?!\w))"
)
_NOISE = 1.5  # a measured value that differs by less than this factor is as it was


class Change(TypedDict):
    """A finding that began, ended, was accepted, or found something else."""

    id: Annotated[str, Field("The check.")]
    node: Annotated[str, Field("The node.")]
    title: Annotated[str, Field("What the check is about.")]
    before: Annotated[str, Field("What was found before.")]
    after: Annotated[str, Field("What was found now.")]


class Comparison(TypedDict):
    """What changed between two audits."""

    before: Annotated[str, Field("When the earlier one was judged, UTC.", format="date-time")]
    after: Annotated[str, Field("When the later one was judged, UTC.", format="date-time")]
    readiness: Annotated[list[str], Field("The readiness of the cluster, before and after.", READINESS)]
    new: Annotated[
        list[Change], Field("Findings that failed in the later one, and had passed or were waived in the earlier one.")
    ]
    fixed: Annotated[
        list[Change], Field("Findings that failed, waived or not, in the earlier one, and passed in the later one.")
    ]
    waived: Annotated[
        list[Change], Field("Findings that a waiver accepts in the later one, and did not in the earlier one.")
    ]
    other: Annotated[list[Change], Field("Findings that failed in both, where what was found differs.")]
    still: Annotated[int, Field("How many findings failed in both and did not change.")]
    causes_new: Annotated[list[str], Field("Titles of causes of which all findings are new.")]
    causes_fixed: Annotated[list[str], Field("Titles of causes of which nothing is left.")]
    settings: Annotated[
        list[ChangedSetting], Field("What was set differently: inputs of the audit, and settings of nodes.")
    ]
    unknown: Annotated[
        list[str], Field("Nodes whose findings cannot be compared, because one of the audits did not reach them.")
    ]


def compare(before: Document, after: Document, settings: Sequence[ChangedSetting] = ()) -> Comparison:
    """Compare two reports. What either of them has no answer for has not changed. settings: those that changed between."""
    old, now = by_key(before["results"]), by_key(after["results"])
    answers = {key: (_answer(old.get(key)), _answer(now.get(key))) for key in {**old, **now}}
    changed = {key: latter for key, (former, latter) in answers.items() if former and latter and former != latter}
    both = [key for key, answer in answers.items() if answer == (FAIL, FAIL)]
    other = [key for key in both if not _alike(old[key]["observed"], now[key]["observed"])]
    ended = [key for key, answer in changed.items() if answer == PASS]
    begun = [key for key, answer in changed.items() if answer == FAIL]
    accepted = [key for key, answer in changed.items() if answer == WAIVED]
    return {
        "before": _judged(before),
        "after": _judged(after),
        "readiness": [before["readiness"], after["readiness"]],
        "new": [_change(old[key], now[key]) for key in begun],
        "fixed": [_change(old[key], now[key]) for key in ended],
        "waived": [_change(old[key], now[key]) for key in accepted],
        "other": [_change(old[key], now[key]) for key in other],
        "still": len(both) - len(other),
        "causes_new": _titles(after.get("causes", ()), set(begun)),
        "causes_fixed": _titles(before.get("causes", ()), set(ended)),
        "settings": list(settings),
        "unknown": sorted(
            _unreached(after) | _unreached(before) - {node for (_id, node) in old if answers[_id, node][0]}
        ),
    }


def sentence(found: Comparison) -> str:
    """Return a comparison in one line, "" where nothing changed."""
    counted: tuple[tuple[str, Sequence[Any]], ...] = (
        ("new", found["new"]),
        ("fixed", found["fixed"]),
        ("changed", found["other"]),
        ("waived", found["waived"]),
        ("settings changed", found["settings"]),
    )
    parts = [f"{len(changes)} {words}" for words, changes in counted if changes]
    if not parts:
        return ""
    causes = [f"new: {title}" for title in found["causes_new"]] + [f"fixed: {title}" for title in found["causes_fixed"]]
    return f"Changes since the audit of {found['before']}: {', '.join(parts)}. {'; '.join(causes)}".rstrip(" ")


def _judged(document: Document) -> str:
    """When a report was judged, the last time where that was done again."""
    again = document.get("rejudged")
    return str(again["at"] if again else document["generated"])


def _alike(before: str, after: str) -> bool:
    """Whether two texts say the same, but for the order of their parts and for what no two measurements agree on."""
    old, now = _parts(before), _parts(after)
    same_words = [words for words, _numbers in old] == [words for words, _numbers in now]
    pairs = [pair for (_words, one), (_same, other) in zip(old, now) for pair in zip(one, other)]
    return same_words and all(_near(*pair) for pair in pairs)


def _parts(text: str) -> list[tuple[str, list[float]]]:
    """The parts of a text, sorted, each as its words and the numbers measured in it."""
    parts = text.split("; " if "; " in text else ", ")
    return sorted((_MEASURED.sub("#", part), [float(one) for one in _MEASURED.findall(part)]) for part in parts)


def _near(one: float, other: float) -> bool:
    return max(one, other) <= _NOISE * min(one, other)


def nodes_by_change(found: Iterable[Mapping[str, Any]], subject: str) -> dict[tuple[str, str, str], list[str]]:
    """Return `{(subject, before, after): nodes}`, so that what changed alike on many nodes can be listed once.

    subject: the field that names what changed: `id` of a Change, `setting` of a ChangedSetting.
    """
    nodes: dict[tuple[str, str, str], list[str]] = {}
    for change in found:
        nodes.setdefault((change[subject], change["before"], change["after"]), []).append(change["node"])
    return nodes


def by_key(results: Iterable[Mapping[str, Any]]) -> dict[Key, Mapping[str, Any]]:
    """Return results by what they are of."""
    return {(result["id"], result["node"]): result for result in results}


def fails(result: Mapping[str, Any]) -> bool:
    """Return whether a result is a finding that has to be dealt with."""
    return result["status"] == FAIL and result["severity"] != "info"


def _answer(result: Mapping[str, Any] | None) -> str | None:
    """FAIL, WAIVED where a waiver accepts that, PASS, which need not be acted on, or None without an answer."""
    if result is None or not answered(result):
        return None
    if fails(result):
        return FAIL
    return WAIVED if result["status"] == WAIVED else PASS


def _unreached(document: Document) -> set[str]:
    return {node["name"] for node in document["nodes"] if node["unreachable"]}


def answered(result: Mapping[str, Any] | None) -> bool:
    """Return whether there was an answer. A check that a former release of this collection did not have is none."""
    if result is None:
        return False
    status = result["waiver"]["status"] if result["status"] == WAIVED else result["status"]
    return status not in (UNKNOWN, SKIPPED)


def _change(old: Mapping[str, Any], now: Mapping[str, Any]) -> Change:
    return {
        "id": now["id"],
        "node": now["node"],
        "title": now["title"],
        "before": _found(old),
        "after": _found(now),
    }


def _found(result: Mapping[str, Any]) -> str:
    return f"waived, {result['observed']}" if result["status"] == WAIVED else str(result["observed"])


def _titles(causes: Sequence[Mapping[str, Any]], keys: set[Key]) -> list[str]:
    """The titles of the causes all of whose own findings are among the keys."""
    return [
        cause["title"]
        for cause in causes
        if (own := {(entry["id"], entry["node"]) for entry in cause["explains"] if not entry["follows"]})
        and own <= keys
    ]

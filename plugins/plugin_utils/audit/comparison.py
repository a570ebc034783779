# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed between two audits of a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.readiness import READINESS
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


_MEASURED = re.compile(r"\d+(?:\.\d+)?(?= ?(?:ms|s|Mbit/s|MB/s|GiB|MiB|%)(?!\w))")
_NOISE = 1.5  # a measured value that differs by less than this factor is as it was


class Change(TypedDict):
    """A finding that began, ended, or found something else."""

    id: Annotated[str, Field("The check.")]
    node: Annotated[str, Field("The node.")]
    title: Annotated[str, Field("What the check is about.")]
    before: Annotated[str, Field("What was found before, empty where nothing was.")]
    after: Annotated[str, Field("What was found now, empty where nothing was.")]


class Comparison(TypedDict):
    """What changed between two audits."""

    before: Annotated[str, Field("When the earlier one was judged, UTC.", format="date-time")]
    after: Annotated[str, Field("When the later one was judged, UTC.", format="date-time")]
    readiness: Annotated[list[str], Field("The readiness of the cluster, before and after.", READINESS)]
    new: Annotated[list[Change], Field("Findings that failed only in the later one.")]
    fixed: Annotated[list[Change], Field("Findings that failed only in the earlier one.")]
    other: Annotated[list[Change], Field("Findings that failed in both, where what was found differs.")]
    still: Annotated[int, Field("How many findings failed in both and did not change.")]
    causes_new: Annotated[list[str], Field("Titles of causes of which all findings are new.")]
    causes_fixed: Annotated[list[str], Field("Titles of causes of which nothing is left.")]
    unknown: Annotated[
        list[str], Field("Nodes whose findings cannot be compared, because one of the audits did not reach them.")
    ]


def compare(before: Document, after: Document) -> Comparison:
    """Compare two reports. What either of them has no answer for is neither new nor fixed."""
    old, now = by_key(before["results"]), by_key(after["results"])
    failing_before = {key for key, result in old.items() if fails(result)}
    failing_now = {key for key, result in now.items() if fails(result)}
    new = [key for key in now if key in failing_now and answered(old.get(key)) and key not in failing_before]
    fixed = [key for key in old if key in failing_before and _passes(now.get(key))]
    both = [key for key in now if key in failing_now & failing_before]
    other = [key for key in both if not _alike(old[key]["observed"], now[key]["observed"])]
    gone = {node["name"] for document in (before, after) for node in document["nodes"] if node["unreachable"]}
    return {
        "before": _judged(before),
        "after": _judged(after),
        "readiness": [before["readiness"], after["readiness"]],
        "new": [_change(key, old.get(key), now[key]) for key in new],
        "fixed": [_change(key, old[key], now.get(key)) for key in fixed],
        "other": [_change(key, old[key], now[key]) for key in other],
        "still": len(both) - len(other),
        "causes_new": _titles(after.get("causes", ()), set(new)),
        "causes_fixed": _titles(before.get("causes", ()), set(fixed)),
        "unknown": sorted(gone),
    }


def sentence(found: Comparison) -> str:
    """Return a comparison in one line, "" where nothing changed."""
    counted = (("new", found["new"]), ("fixed", found["fixed"]), ("changed", found["other"]))
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
    old, now = (sorted(text.split(", ")) for text in (before, after))
    if old == now:
        return True
    numbers = zip(*(_MEASURED.findall(text) for text in (before, after)))
    same_words = _MEASURED.sub("", before) == _MEASURED.sub("", after)
    return same_words and all(_near(float(one), float(other)) for one, other in numbers)


def _near(one: float, other: float) -> bool:
    return max(one, other) <= _NOISE * min(one, other)


def by_key(results: Iterable[Mapping[str, Any]]) -> dict[Key, Mapping[str, Any]]:
    """Return results by what they are of."""
    return {(result["id"], result["node"]): result for result in results}


def fails(result: Mapping[str, Any]) -> bool:
    """Return whether a result is a finding that has to be dealt with."""
    return result["status"] == FAIL and result["severity"] != "info"


def _passes(result: Mapping[str, Any] | None) -> bool:
    return result is not None and result["status"] in (PASS, WAIVED) and answered(result)


def answered(result: Mapping[str, Any] | None) -> bool:
    """Return whether there was an answer. A check that a former release of this collection did not have is none."""
    if result is None:
        return False
    status = result["waiver"]["status"] if result["status"] == WAIVED else result["status"]
    return status not in (UNKNOWN, SKIPPED)


def _change(key: Key, old: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Change:
    one = now or old or {}
    return {
        "id": key[0],
        "node": key[1],
        "title": one["title"],
        "before": old["observed"] if old else "",
        "after": now["observed"] if now else "",
    }


def _titles(causes: Sequence[Mapping[str, Any]], keys: set[Key]) -> list[str]:
    """The titles of the causes all of whose own findings are among the keys."""
    return [
        cause["title"]
        for cause in causes
        if (own := {(entry["id"], entry["node"]) for entry in cause["explains"] if not entry["follows"]})
        and own <= keys
    ]

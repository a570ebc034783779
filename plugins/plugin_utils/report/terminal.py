# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as lines of at most 80 columns for a terminal."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Collection, Iterable, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.document import Document
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.waivers import JudgedWaiver
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import link_table, matrix_table
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.style import (
    COLOURS,
    MARKS,
    WAIVED,
    WIDTH,
    Line,
)

Reason = tuple[str, str, str]  # status, observed and remedy of a result
VERDICTS = {"ready": ("READY", "green"), "not_ready": ("NOT READY", "red"), "incomplete": ("INCOMPLETE", "yellow")}


def lines(report: Document, every: bool = False) -> list[Line]:
    """Return the lines for a report.

    Checks that passed or are waived are counted by area, and results that are the same on all nodes have one entry; with
    every, each check of each node has a line of its own.
    """
    out: list[Line] = [
        (f"Runtime Fabric {report['release']}, control plane {report['control_plane']}, phase {report['phase']}", None)
    ]
    left_out = report["selection"]["left_out"]
    by_node: dict[str, list[Result]] = {node["name"]: [] for node in report["nodes"]}
    for result in report["results"]:
        if result["id"] not in left_out:
            by_node[result["node"]].append(result)
    folded = {name: _shared_reason(results) for name, results in by_node.items()}
    common = {} if every or any(folded.values()) else _common(by_node.values())
    if common:
        out += [("", None), (f"The same on all {len(by_node)} nodes:", None)]
        out += _result_lines(common.values())
    for node in report["nodes"]:
        verdict, colour = VERDICTS[node["readiness"]]
        where = f"{node['role']}, {node['address']}" if node["address"] else node["role"]
        out += [("", None), (_spread(f"{node['name']} ({where})", verdict), colour)]
        out += _node_lines(by_node[node["name"]], folded[node["name"]], every, common)
    out += matrix_table.lines(report) + link_table.lines(report) + _cluster_lines(report.get("cluster", ()))
    return [*out, ("", None), *_closing_lines(report)]


def _common(nodes: Collection[list[Result]]) -> dict[str, Result]:
    """`{check id: a result}` of the results that are the same on all nodes. nodes: the results of each."""
    if len(nodes) < 2:
        return {}
    found: dict[str, list[Result]] = {}
    for result in itertools.chain.from_iterable(nodes):
        if not _passes(result):
            found.setdefault(result["id"], []).append(result)
    return {
        name: results[0]
        for name, results in found.items()
        if len(results) == len(nodes) and len({_reason(result) for result in results}) == 1
    }


def _passes(result: Result) -> bool:
    return result["status"] == "pass" or bool(result["waiver"])


def _reason(result: Result) -> Reason:
    return result["status"], result["observed"], result["remedy"]


def _node_lines(results: Sequence[Result], folded: Reason | None, every: bool, common: Collection[str]) -> list[Line]:
    """The lines of one node. folded: the reason that all its checks share, which fold into one line then."""
    if folded:
        status, reason, remedy = folded
        out = _hanging(f"  {MARKS[status]:<4}  ", f"all {len(results)} checks: {reason}", COLOURS[status])
        return out + (_detail("do", remedy, COLOURS[status]) if remedy else [])
    if every:
        return _result_lines(results, fold=False)
    waived = [result for result in results if result["waiver"]]
    passed = [result for result in results if result["status"] == "pass" and not result["waiver"]]
    rest = [result for result in results if not _passes(result) and result["id"] not in common]
    return _counted(MARKS["pass"], passed, None) + _counted(WAIVED, waived, "cyan") + _result_lines(rest)


def _counted(mark: str, results: Iterable[Result], colour: str | None) -> list[Line]:
    """How many checks of each area have a mark, on as few lines as that takes."""
    counts: dict[str, int] = {}
    for result in results:
        area = result["id"].partition(".")[0]
        counts[area] = counts.get(area, 0) + 1
    listed = ", ".join(f"{count} {area}" for area, count in counts.items())
    return _hanging(f"  {mark:<4}  ", listed, colour) if listed else []


def _result_lines(results: Iterable[Result], fold: bool = True) -> list[Line]:
    """One line for a check that passed, and all about any other.

    fold: whether checks of one area that are unknown or skipped for one reason have one entry.
    """
    shown = _folded(results) if fold else list(results)
    width = min(40, max((len(result["id"]) for result in shown), default=0))
    return [line for result in shown for line in _lines_of_result(result, width)]


def _folded(results: Iterable[Result]) -> list[Result]:
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in results:
        same = (result["id"].partition(".")[0], *_reason(result))
        groups.setdefault(same if result["status"] in ("unknown", "skipped") else (result["id"],), []).append(result)
    return [_as_one(group) for group in groups.values()]


def _as_one(group: Sequence[Result]) -> Result:
    """An entry for results of one area that have the same reason."""
    if len(group) == 1:
        return group[0]
    one = group[0].copy()
    one["id"] = f"{one['id'].partition('.')[0]}.* ({len(group)})"
    one["title"], one["expected"] = "checks without an answer", ""
    return one


def _lines_of_result(result: Result, width: int) -> list[Line]:
    colour, mark = COLOURS[result["status"]], MARKS[result["status"]]
    if result["status"] == "fail" and result["severity"] != "required":
        colour, mark = "yellow", "warn"
    if result["waiver"]:
        return [(_cut(f"  {WAIVED:<4}  {result['id']:<{width}}  waived: {result['waiver']['reason']}"), "cyan")]
    head = f"  {mark:<4}  {result['id']:<{width}}  "
    if result["status"] == "pass":
        return [(_cut(head + result["observed"]), colour)]
    if result["status"] == "skipped":
        return _hanging(head, result["observed"], colour) + _detail("do", result["remedy"], colour)
    out: list[Line] = [(_cut(head + result["title"]), colour)]
    for label, text in (("found", result["observed"]), ("wanted", result["expected"]), ("do", result["remedy"])):
        out += _detail(label, text, colour)
    return out


def _shared_reason(results: Sequence[Result]) -> Reason | None:
    """The reason for being unknown or skipped that all results share, None without one."""
    reasons = {_reason(result) for result in results}
    if len(results) > 1 and len(reasons) == 1:
        only = reasons.pop()
        if only[0] in ("unknown", "skipped"):
            return only
    return None


def _cluster_lines(notes: Collection[dict[str, str]]) -> list[Line]:
    """What only several nodes together show."""
    out: list[Line] = [("", None), ("Across the cluster:", None)] if notes else []
    for note in notes:
        out += _hanging("  note  ", note["observed"], "yellow") + _detail("do", note["remedy"], "yellow")
    return out


def _closing_lines(report: Document) -> list[Line]:
    counts: dict[str, int] = {}
    for result in report["results"]:
        key = "waived" if result["waiver"] else result["status"]
        if key == "fail" and result["severity"] != "required":
            key = "warn"
        counts[key] = counts.get(key, 0) + 1
    words = {"pass": "passed", "fail": "failed", "warn": "warned"}
    words.update({key: key for key in ("waived", "unknown", "skipped")})
    tally = ", ".join(f"{counts[key]} {word}" for key, word in words.items() if key in counts)
    verdict, colour = VERDICTS[report["readiness"]]
    out: list[Line] = [(f"{verdict}: {len(report['nodes'])} nodes, {tally or 'no checks'}", colour)]
    lost = [node for node in report["nodes"] if node["unreachable"]]
    for node in lost:
        out += _hanging("", f"{node['name']} is unreachable: {node['unreachable']}", "yellow")
    ids = {result["id"] for result in report["results"]}
    for variable, left_out in report["selection"]["left_out_by"].items():
        out += _hanging("", f"Left out by {variable} ({len(left_out)}): {', '.join(_by_area(left_out, ids))}", "cyan")
    for waiver in report["waivers"]:
        out += _waiver_lines(waiver)
    missing = report["not_verified"]
    if missing:
        listed = ", ".join(row["id"] for row in missing)
        out += _hanging("", f"Not verified by any check ({len(missing)} requirements): {listed}", None)
    return out


def _by_area(left_out: Collection[str], ids: set[str]) -> list[str]:
    """The ids, an area that is left out as a whole as one glob."""
    kept = {name.partition(".")[0] for name in ids.difference(left_out)}
    areas = [(name.partition(".")[0], name) for name in left_out]
    return list(dict.fromkeys(name if area in kept else f"{area}.*" for area, name in areas))


def _waiver_lines(waiver: JudgedWaiver) -> list[Line]:
    where = "" if waiver["nodes"] == ["*"] else f" on {', '.join(waiver['nodes'])}"
    what = f"{', '.join(waiver['checks'])}{where}: {waiver['reason']}"
    until = f" (until {waiver['expires']})" if waiver["expires"] else ""
    if waiver["state"] == "applied":
        return _hanging("Waived: ", what + until, "cyan")
    if waiver["state"] == "expired":
        return _hanging("Waiver expired: ", f"{what}. It ended on {waiver['expires']}.", "yellow")
    if waiver["state"] == "unused":
        return _hanging("Waiver not needed: ", f"{what}{until}. Nothing that it covers failed.", "yellow")
    return []


def _detail(label: str, text: str, colour: str | None) -> list[Line]:
    return _hanging(f"          {label + ':':<8} ", text, colour) if text else []


def _hanging(head: str, text: str, colour: str | None) -> list[Line]:
    wrapped = textwrap.wrap(
        " ".join(text.split()),
        width=WIDTH - len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [((head if number == 0 else " " * len(head)) + part, colour) for number, part in enumerate(wrapped or [""])]


def _spread(left: str, right: str) -> str:
    return f"{left} {'-' * max(3, WIDTH - len(left) - len(right) - 2)} {right}"


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."

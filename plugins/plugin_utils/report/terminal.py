# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as lines of at most 80 columns for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import comparison, rejudged_stamp
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import (
    ClusterNote,
    Document,
    results_by_node,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.waivers import JudgedWaiver
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import (
    cause_lines,
    link_table,
    matrix_table,
    wrapped_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal_layout import (
    COLOURS,
    MARKS,
    WIDTH,
    Line,
)

Reason = tuple[str, str, str]  # status, observed and remedy of a result
_MOST_CAUSES = 6  # in the summary
VERDICTS = {"ready": ("READY", "green"), "not_ready": ("NOT READY", "red"), "incomplete": ("INCOMPLETE", "yellow")}


def lines(
    report: Document, every: bool = False, path: str | None = "", unwritten: str = "", whole: str = cause_lines.WHOLE
) -> list[Line]:
    """Return the lines for a report: its causes, what was measured, and in the last line the verdict.

    every: whether each check of each node has a line of its own before that. path: of the report that was written; None in
    a dry run. unwritten: why it could not be written. whole: the file of the report that a person reads.
    """
    out: list[Line] = [
        (f"Runtime Fabric {report['release']}, control plane {report['control_plane']}, phase {report['phase']}", None)
    ]
    if every:
        out += _node_lines(report)
    out += cause_lines.lines(report["causes"], "" if path is None or unwritten else whole)
    out += (
        matrix_table.lines(report, every) + link_table.lines(report, every) + _cluster_lines(report.get("cluster", ()))
    )
    out += [("", None), *_closing_lines(report)]
    return [*out, *_written_lines(report, path, unwritten), *_last_lines(report)]


def _last_lines(report: Document) -> list[Line]:
    """Return the number of checks passed and the verdict, on one line if nothing blocks and it fits."""
    verdict, colour = verdict_text(report), VERDICTS[report["readiness"]][1]
    one_line = f"{verdict}, {tally(report)}"
    if len(one_line) <= WIDTH and not any(cause["blocking"] for cause in report["causes"]):
        return [(one_line, colour)]
    return [*_hanging("", f"Checks: {tally(report)}", None), (verdict, colour)]


def _written_lines(report: Document, path: str | None, unwritten: str) -> list[Line]:
    """Where the report is, or why there is none."""
    if unwritten:
        return _hanging("", unwritten, "red")
    if path is None:
        state = "" if "rejudged" in report else "; this is the state before any change of this run"
        return _hanging("", f"Dry run: no report was written{state}.", "cyan")
    return [(f"Report: {path}", None)] if path else []


def summary(report: Document, path: str | None = "", unwritten: str = "", whole: str = cause_lines.WHOLE) -> list[str]:
    """Return the last lines of a run: the causes that keep the cluster from being ready, the next step, and the verdict.

    path, unwritten, whole: as for lines. Of the first cause it says what was found, too, and not again how many checks passed.
    """
    blocking = [(number, cause) for number, cause in enumerate(report["causes"], 1) if cause["blocking"]]
    out: list[Line] = []
    for place, (number, cause) in enumerate(blocking[:_MOST_CAUSES]):
        head = f"{number:>2}. {cause_lines.mark(cause)[0]}  "
        # The next step is that of the first cause; the report above has the others.
        out += _hanging(head, cause["title"] if place == 0 else f"{cause['title']} ({cause['owner']})", None)
        out += cause_lines.next_step(cause, "" if path is None or unwritten else whole) if place == 0 else []
    if len(blocking) > _MOST_CAUSES:
        out.append((f"    and {len(blocking) - _MOST_CAUSES} more", None))
    last = _last_lines(report)
    out += [*_written_lines(report, path, unwritten), *(last[-1:] if blocking else last)]
    return [text for text, _colour in out]


def _node_lines(report: Document) -> list[Line]:
    """Every check of every node."""
    left_out, by_node = set(report["selection"]["left_out"]), results_by_node(report)
    out: list[Line] = []
    for node in report["nodes"]:
        verdict, colour = VERDICTS[node["readiness"]]
        where = f"{node['role']}, {node['address']}" if node["address"] else node["role"]
        out += [("", None), (_spread(f"{node['name']} ({where})", verdict), colour)]
        out += _checks_of_node([result for result in by_node[node["name"]] if result["id"] not in left_out])
    return out


def _checks_of_node(results: Sequence[Result]) -> list[Line]:
    """A line for each check; those that share one reason for being unknown or skipped have one line."""
    folded = _shared_reason(results)
    if folded:
        status, reason, remedy = folded
        out = _hanging(f"  {MARKS[status]:<4}  ", f"all {len(results)} checks: {reason}", COLOURS[status])
        return out + (_detail("do", remedy, COLOURS[status]) if remedy else [])
    width = min(40, max((len(result["id"]) for result in results), default=0))
    return [line for result in results for line in _lines_of_result(result, width)]


def _lines_of_result(result: Result, width: int) -> list[Line]:
    colour, mark = COLOURS[result["status"]], MARKS[result["status"]]
    if result["status"] == "fail" and result["severity"] != "required":
        colour, mark = "yellow", "warn"
    said = {"pass": result["observed"], "skipped": result["observed"]}.get(result["status"], result["title"])
    if result["waiver"]:
        said = f"waived: {result['waiver']['reason']}"
    head = f"  {mark:<4}  {result['id']:<{width}}  "
    whole = head + " ".join(said.split())
    fits = len(whole) <= WIDTH
    out: list[Line] = [(whole, colour)] if fits else [(head.rstrip(), colour), *_hanging(" " * 10, said, colour)]
    if result["waiver"] or result["status"] == "pass":
        return out
    if result["status"] == "skipped":
        return out + _detail("do", result["remedy"], colour)
    for label, text in (("found", result["observed"]), ("wanted", result["expected"]), ("do", result["remedy"])):
        out += _detail(label, text, colour)
    return out


def _shared_reason(results: Sequence[Result]) -> Reason | None:
    reasons = {(result["status"], result["observed"], result["remedy"]) for result in results}
    if len(results) > 1 and len(reasons) == 1:
        only = reasons.pop()
        if only[0] in ("unknown", "skipped"):
            return only
    return None


def _cluster_lines(notes: Collection[ClusterNote]) -> list[Line]:
    """What only several nodes together show."""
    out: list[Line] = [("", None), ("Across the cluster:", None)] if notes else []
    for note in notes:
        out += _hanging("  note  ", note["observed"], "yellow") + _detail("do", note["remedy"], "yellow")
    return out


def _closing_lines(report: Document) -> list[Line]:
    """What limits the verdict, and the verdict."""
    out: list[Line] = []
    out += [
        line
        for reason, nodes in _absent(report).items()
        for line in _hanging("", f"{', '.join(nodes)}: {reason}", "cyan")
    ]
    ids = {result["id"] for result in report["results"]}
    for variable, left_out in report["selection"]["left_out_by"].items():
        out += _hanging("", f"Left out by {variable} ({len(left_out)}): {', '.join(_by_area(left_out, ids))}", "cyan")
    for waiver in report["waivers"]:
        out += _waiver_lines(waiver)
    if "rejudged" in report:
        out += _hanging("", rejudged_stamp.sentence(report["rejudged"], report["generated"]), "cyan")
    if "since" in report and comparison.sentence(report["since"]):
        out += _hanging("", comparison.sentence(report["since"]), "cyan")
    missing = report["not_verified"]
    if missing:
        listed = ", ".join(row["id"] for row in missing)
        out += _hanging("", f"Not verified by any check ({len(missing)} requirements): {listed}", None)
    return out


def _absent(report: Document) -> dict[str, list[str]]:
    """`{reason: nodes}` of the nodes that took no part in the run."""
    found: dict[str, list[str]] = {}
    for node in report["nodes"]:
        if node["not_run"]:
            found.setdefault(node["not_run"], []).append(node["name"])
    return found


def tally(report: Document) -> str:
    """Return how many results of checks there are of each kind."""
    counts: dict[str, int] = {}
    for result in report["results"]:
        key = result["status"]
        if key == "fail" and result["severity"] != "required":
            key = "warn"
        counts[key] = counts.get(key, 0) + 1
    words = {"pass": "passed", "fail": "failed", "warn": "warned"}
    words.update({key: key for key in ("waived", "unknown", "skipped")})
    return ", ".join(f"{counts[key]} {word}" for key, word in words.items() if key in counts) or "none"


def verdict_text(report: Document) -> str:
    """Return the verdict in one line, with how much there is to do and who is next."""
    count = len(report["nodes"])
    concerned = sum(node["readiness"] == report["readiness"] for node in report["nodes"])
    blocking = [cause for cause in report["causes"] if cause["blocking"]]
    faults = sum(cause["status"] == "fail" for cause in blocking)
    parts = [f"{count} {'node' if count == 1 else 'nodes'}"]
    if concerned < count and report["readiness"] != "ready":
        parts = [f"{concerned} of {count} nodes"]
    unproven = len(blocking) - faults
    parts += [f"{faults} {'fault' if faults == 1 else 'faults'}{'' if unproven else ' to fix'}"] if faults else []
    parts += [f"{unproven} to check"] if unproven else []
    verdict = f"{VERDICTS[report['readiness']][0]}: {', '.join(parts)}"
    return f"{verdict}; next: {blocking[0]['owner']}" if blocking else verdict


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
    return [(line, colour) for line in wrapped_text.hanging(head, text)]


def _spread(left: str, right: str) -> str:
    return f"{left} {'-' * max(3, WIDTH - len(left) - len(right) - 2)} {right}"

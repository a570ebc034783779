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
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import (
    causes,
    closing_block,
    links,
    port_matrix,
    wrapped_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import (
    COLOURS,
    MARKS,
    WIDTH,
    Line,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.verdict_text import VERDICTS

Reason = tuple[str, str, str]  # status, observed and remedy of a result


def lines(
    report: Document, every: bool = False, path: str | None = "", unwritten: str = "", whole: str = causes.WHOLE
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
    out += causes.lines(report["causes"], "" if path is None or unwritten else whole)
    out += port_matrix.lines(report, every) + links.lines(report, every) + _cluster_lines(report.get("cluster", ()))
    out += [("", None), *_closing_lines(report)]
    return [*out, *closing_block.written_lines(report, path, unwritten), *closing_block.last_lines(report)]


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
        out = wrapped_text.coloured(f"  {MARKS[status]:<4}  ", f"all {len(results)} checks: {reason}", COLOURS[status])
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
    out: list[Line] = (
        [(whole, colour)] if fits else [(head.rstrip(), colour), *wrapped_text.coloured(" " * 10, said, colour)]
    )
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
        out += wrapped_text.coloured("  note  ", note["observed"], "yellow") + _detail("do", note["remedy"], "yellow")
    return out


def _closing_lines(report: Document) -> list[Line]:
    """What limits the verdict, and the verdict."""
    out: list[Line] = []
    out += [
        line
        for reason, nodes in _absent(report).items()
        for line in wrapped_text.coloured("", f"{', '.join(nodes)}: {reason}", "cyan")
    ]
    ids = {result["id"] for result in report["results"]}
    for variable, left_out in report["selection"]["left_out_by"].items():
        out += wrapped_text.coloured(
            "", f"Left out by {variable} ({len(left_out)}): {', '.join(_by_area(left_out, ids))}", "cyan"
        )
    for waiver in report["waivers"]:
        out += _waiver_lines(waiver)
    if "rejudged" in report:
        out += wrapped_text.coloured("", rejudged_stamp.sentence(report["rejudged"], report["generated"]), "cyan")
    if "since" in report and comparison.sentence(report["since"]):
        out += wrapped_text.coloured("", comparison.sentence(report["since"]), "cyan")
    missing = report["not_verified"]
    if missing:
        listed = ", ".join(row["id"] for row in missing)
        out += wrapped_text.coloured("", f"Not verified by any check ({len(missing)} requirements): {listed}", None)
    return out


def _absent(report: Document) -> dict[str, list[str]]:
    """`{reason: nodes}` of the nodes that took no part in the run."""
    found: dict[str, list[str]] = {}
    for node in report["nodes"]:
        if node["not_run"]:
            found.setdefault(node["not_run"], []).append(node["name"])
    return found


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
        return wrapped_text.coloured("Waived: ", what + until, "cyan")
    if waiver["state"] == "expired":
        return wrapped_text.coloured("Waiver expired: ", f"{what}. It ended on {waiver['expires']}.", "yellow")
    if waiver["state"] == "unused":
        return wrapped_text.coloured("Waiver not needed: ", f"{what}{until}. Nothing that it covers failed.", "yellow")
    return []


def _detail(label: str, text: str, colour: str | None) -> list[Line]:
    return wrapped_text.coloured(f"          {label + ':':<8} ", text, colour) if text else []


def _spread(left: str, right: str) -> str:
    return f"{left} {'-' * max(3, WIDTH - len(left) - len(right) - 2)} {right}"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as lines of at most 80 columns for a terminal."""

import itertools
import textwrap

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import link_table, matrix_table

WIDTH = 80
MARKS = {"pass": "ok", "fail": "FAIL", "unknown": "????", "skipped": "skip"}
WAIVED = "(ok)"
COLOURS = {"pass": None, "fail": "red", "unknown": "yellow", "skipped": "cyan"}
VERDICTS = {"ready": ("READY", "green"), "not_ready": ("NOT READY", "red"), "incomplete": ("INCOMPLETE", "yellow")}


def lines(report, every=False):
    """Return `[(text, colour or None)]` for a report as report.document builds it.

    Checks that passed or are waived are counted by area, and what is the same on all nodes is told once; with every,
    each check of each node has a line of its own.
    """
    out = [
        (f"Runtime Fabric {report['release']}, control plane {report['control_plane']}, phase {report['phase']}", None)
    ]
    left_out = report["selection"]["left_out"]
    by_node = {node["name"]: [] for node in report["nodes"]}
    for result in report["results"]:
        if result["id"] not in left_out:
            by_node[result["node"]].append(result)
    common = {} if every else _common(by_node.values())
    if common:
        out += [("", None), (f"The same on all {len(by_node)} nodes:", None)]
        out += _result_lines(common.values())
    for node in report["nodes"]:
        verdict, colour = VERDICTS[node["readiness"]]
        where = f"{node['role']}, {node['address']}" if node["address"] else node["role"]
        out += [("", None), (_spread(f"{node['name']} ({where})", verdict), colour)]
        out += _node_lines(by_node[node["name"]], every, common)
    out += matrix_table.lines(report) + link_table.lines(report) + _cluster_lines(report.get("cluster", ()))
    return out + [("", None)] + _closing_lines(report)


def _common(nodes):
    """`{check id: a result}` of what is to be told of each node, in the same words; nodes are lists of results."""
    if len(nodes) < 2 or any(_shared_reason(results) for results in nodes):
        return {}
    told = {}
    for result in itertools.chain.from_iterable(nodes):
        if not _in_order(result):
            told.setdefault(result["id"], []).append(result)
    return {
        name: results[0]
        for name, results in told.items()
        if len(results) == len(nodes) and len({_words(result) for result in results}) == 1
    }


def _in_order(result):
    return result["status"] == "pass" or result["waiver"]


def _words(result):
    return result["status"], result["observed"], result["remedy"]


def _node_lines(results, every, common):
    """The lines of one node; checks that share one reason for being unknown or skipped fold into one line."""
    folded = _shared_reason(results)
    if folded:
        status, reason, remedy = folded
        out = _hanging(f"  {MARKS[status]:<4}  ", f"all {len(results)} checks: {reason}", COLOURS[status])
        return out + (_detail("do", remedy, COLOURS[status]) if remedy else [])
    if every:
        return _result_lines(results, fold=False)
    waived = [result for result in results if result["waiver"]]
    passed = [result for result in results if result["status"] == "pass" and not result["waiver"]]
    rest = [result for result in results if not _in_order(result) and result["id"] not in common]
    return _counted(MARKS["pass"], passed, None) + _counted(WAIVED, waived, "cyan") + _result_lines(rest)


def _counted(mark, results, colour):
    """How many checks of each area have a mark, on as few lines as that takes."""
    counts = {}
    for result in results:
        area = result["id"].partition(".")[0]
        counts[area] = counts.get(area, 0) + 1
    listed = ", ".join(f"{count} {area}" for area, count in counts.items())
    return _hanging(f"  {mark:<4}  ", listed, colour) if listed else []


def _result_lines(results, fold=True):
    """One line a check that is in order, and what there is to know of any other.

    fold: whether checks of one area that are unknown or skipped for one reason are told together.
    """
    told = _folded(results) if fold else list(results)
    width = min(40, max((len(result["id"]) for result in told), default=0))
    return [line for result in told for line in _lines_of_result(result, width)]


def _folded(results):
    groups = {}
    for result in results:
        same = (result["id"].partition(".")[0], *_words(result))
        groups.setdefault(same if result["status"] in ("unknown", "skipped") else (result["id"],), []).append(result)
    return [
        group[0]
        if len(group) == 1
        else {**group[0], "id": f"{same[0]}.* ({len(group)})", "title": "checks without an answer", "expected": ""}
        for same, group in groups.items()
    ]


def _lines_of_result(result, width):
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
    out = [(_cut(head + result["title"]), colour)]
    for label, field in (("found", "observed"), ("wanted", "expected"), ("do", "remedy")):
        out += _detail(label, result[field], colour)
    return out


def _shared_reason(results):
    reasons = {_words(result) for result in results}
    if len(results) > 1 and len(reasons) == 1:
        only = reasons.pop()
        if only[0] in ("unknown", "skipped"):
            return only
    return None


def _cluster_lines(notes):
    """What no node shows by itself."""
    out = [("", None), ("Across the cluster:", None)] if notes else []
    for note in notes:
        out += _hanging("  note  ", note["observed"], "yellow") + _detail("do", note["remedy"], "yellow")
    return out


def _closing_lines(report):
    counts = {}
    for result in report["results"]:
        key = "waived" if result["waiver"] else result["status"]
        if key == "fail" and result["severity"] != "required":
            key = "warn"
        counts[key] = counts.get(key, 0) + 1
    words = (("pass", "passed"), ("fail", "failed"), ("warn", "warned"))
    words += (("waived", "waived"), ("unknown", "unknown"), ("skipped", "skipped"))
    tally = ", ".join(f"{counts[key]} {word}" for key, word in words if key in counts)
    verdict, colour = VERDICTS[report["readiness"]]
    out = [(f"{verdict}: {len(report['nodes'])} nodes, {tally or 'no checks'}", colour)]
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
        ids = ", ".join(row["id"] for row in missing)
        out += _hanging("", f"Not verified by any check ({len(missing)} requirements): {ids}", None)
    return out


def _by_area(left_out, ids):
    """The ids, an area that is gone as a whole as one glob."""
    kept = {name.partition(".")[0] for name in ids.difference(left_out)}
    areas = [(name.partition(".")[0], name) for name in left_out]
    return list(dict.fromkeys(name if area in kept else f"{area}.*" for area, name in areas))


def _waiver_lines(waiver):
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


def _detail(label, text, colour):
    return _hanging(f"          {label + ':':<8} ", text, colour) if text else []


def _hanging(head, text, colour):
    wrapped = textwrap.wrap(
        " ".join(text.split()),
        width=WIDTH - len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [((head if number == 0 else " " * len(head)) + part, colour) for number, part in enumerate(wrapped or [""])]


def _spread(left, right):
    return f"{left} {'-' * max(3, WIDTH - len(left) - len(right) - 2)} {right}"


def _cut(text):
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."

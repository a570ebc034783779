# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ports.*: one row of the port table, from one node to all others."""

from __future__ import annotations

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.mtu import black_holes
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports import port_remedies
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_cells import worst
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import joined_first
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS, SKIPPED


@check("ports")
def opening(subject: Subject, evidence: Evidence, row: Row) -> Finding:
    """Judge one row of the port table from one node: every peer that offers it.

    A peer that became unreachable does not count against this node as long as another peer proves the row.
    """
    every = [cell for cell in part(evidence, "port_cells") if cell["row"] == row["id"]]
    local = row["direction"] == "local"
    expected = f"{row['opening']} reachable on {row['whom']}, with proof"
    if not every:
        return Finding(PASS, expected, "no other node to reach")
    found = [cell for cell in every if cell["lost"] in ("", subject.node)] or every
    status = worst([cell["status"] for cell in found])
    if status == PASS:
        where = "localhost" if local else f"{len(found)} {'node' if len(found) == 1 else 'nodes'}"
        gone = dict.fromkeys(cell["lost"] for cell in every if cell not in found)
        untried = f"; {joined_first(gone, ', ')} could not be tested" if gone else ""
        number = sum(cell["asked"] for cell in found)
        return Finding(PASS, expected, f"{number} {'port' if number == 1 else 'ports'} on {where}{untried}")
    red = [cell for cell in found if cell["status"] == status]
    if all(cell["lost"] not in ("", subject.node) for cell in red):
        observed = joined_first(dict.fromkeys(cell["reason"] for cell in red))
    else:
        observed = joined_first([f"{cell['destination']}: {cell_text(cell)}" for cell in red])
    # A running service that holds a UDP port makes the test impossible, now and later.
    severity = "info" if status == SKIPPED and not any(cell["lost"] for cell in red) else ""
    remedy = (
        port_remedies.of_failures(subject, red, black_holes(evidence))
        if status == FAIL
        else port_remedies.of_the_rest(subject, red)
    )
    return Finding(status, expected, observed, remedy, red, severity)


def cell_text(cell: Row) -> str:
    """Return which ports of a cell are not proven, and why."""
    verdicts = {port: verdict for verdict, texts in cell["ports"].items() for port in port_ranges.numbers(texts)}
    runs, kinds = port_ranges.texts(verdicts), set(verdicts.values())
    named = (
        f"{joined_first(runs, ', ')} {kinds.pop()}"
        if len(kinds) == 1
        else joined_first([_counted(run, verdicts) for run in runs], ", ")
    )
    named = named.replace("_", " ")
    return f"{named} ({cell['reason']})" if named and cell["reason"] else named or cell["reason"]


def _counted(run: str, verdicts: dict[int, str]) -> str:
    """ "30005 dropped" or "30100-30200 (99 dropped, 2 rejected)"; run: the text of a range, verdicts: {port: verdict}."""
    counts: dict[str, int] = {}
    for port in port_ranges.numbers([run]):
        counts[verdicts[port]] = counts.get(verdicts[port], 0) + 1
    if len(counts) == 1:
        return f"{run} {next(iter(counts))}"
    return f"{run} ({', '.join(f'{count} {verdict}' for verdict, count in sorted(counts.items()))})"

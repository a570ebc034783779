# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ports.*: one row of the port table, from one node to all others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.mtu import (
    AS_THE_PATH_SAYS,
    black_holes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.free import LATER
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_cells import (
    OTHER_AUDIT,
    SHAPED_LOST,
    worst,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import MOST, joined_first
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
    remedy = _remedy(subject, red, black_holes(evidence)) if status == FAIL else _advice(subject, red)
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


def _shaped_remedy(subject: Subject, cell: Row, blackholed: Collection[str]) -> Iterator[str]:
    """What to do about datagrams of an overlay network that are treated otherwise than plain ones."""
    between = f"between {subject.node} and {cell['destination']}"
    if "shape_lost" in cell["ports"]:
        yield (
            f"Ask the network team and the hypervisor team which device {between} drops VXLAN on UDP "
            f"{', '.join(cell['ports']['shape_lost'])} while it passes other datagrams: NSX takes that port for its own overlay."
        )
    if "length_lost" in cell["ports"]:
        yield (
            AS_THE_PATH_SAYS
            if cell["destination"] in blackholed
            else f"Ask the network team to pass datagrams of the interface's full MTU {between}, fragments included."
        )


def _remedy(subject: Subject, red: Sequence[Row], blackholed: Collection[str]) -> str:
    sentences: list[str] = []
    for cell in red[:MOST]:
        sentences += _shaped_remedy(subject, cell, blackholed)
        not_closed = ("unproven", *SHAPED_LOST)
        blocked = [text for verdict, texts in cell["ports"].items() if verdict not in not_closed for text in texts]
        ports = port_ranges.texts(port_ranges.numbers(blocked))
        whom = f"{cell['transport'].upper()} {', '.join(ports)} from {subject.node} to {cell['destination']}"
        if cell["source"] == cell["destination"]:
            sentences.append(f"Allow {subject.node} to reach itself over the loopback interface ({', '.join(ports)}).")
        elif ports:
            sentences.append(f"Allow {whom}, in the firewalls of both and in the network between them.")
        if "unproven" in cell["ports"]:
            answered = ", ".join(cell["ports"]["unproven"])
            sentences.append(
                f"Find out which device answers for {cell['destination']} on {answered}: it is not that node."
            )
    return " ".join(dict.fromkeys(sentences))


def _advice(subject: Subject, red: Sequence[Row]) -> str:
    if any("stopped too early" in cell["reason"] for cell in red):
        return "Find out what stopped it (out of memory, a security agent), then run the audit again."
    if any("became unreachable during the run" in cell["reason"] for cell in red):
        return "Find out why the node became unreachable (a crash, its power, its link), then run the audit again."
    if any(OTHER_AUDIT in cell["reason"] for cell in red):
        return LATER
    if all(cell["status"] == SKIPPED and "held on" in cell["reason"] for cell in red):
        return "Nothing needs to be done if the process that holds the port belongs to the cluster."
    if any("held on" in cell["reason"] for cell in red):
        return by_line(
            subject,
            appliance="Stop the process that holds the port, then run the audit again.",
            self_managed="A port in use cannot be probed. If the process belongs to the cluster, find out why it does not answer at "
            "the node's address; otherwise move it to another port.",
        )
    return "Fix the reported cause, then run the audit again with all nodes in one play."

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about rows of the port table that are not proven open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.mtu import AS_THE_PATH_SAYS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.matrix_cells import SHAPED_LOST
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.ports.port_holders import (
    OTHER_AUDIT,
    WAIT_FOR_THE_OTHER_AUDIT,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.release_line_remedies import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import MOST
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import SKIPPED


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


def of_failures(subject: Subject, red: Sequence[Row], blackholed: Collection[str]) -> str:
    """Return what to do about cells that failed. blackholed: the nodes to which long packets get lost."""
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


def of_the_rest(subject: Subject, red: Sequence[Row]) -> str:
    """Return what to do about cells of which it is not known whether they are open."""
    if any("stopped too early" in cell["reason"] for cell in red):
        return "Find out what stopped it (out of memory, a security agent), then run the audit again."
    if any("became unreachable during the run" in cell["reason"] for cell in red):
        return "Find out why the node became unreachable (a crash, its power, its link), then run the audit again."
    if any(OTHER_AUDIT in cell["reason"] for cell in red):
        return WAIT_FOR_THE_OTHER_AUDIT
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

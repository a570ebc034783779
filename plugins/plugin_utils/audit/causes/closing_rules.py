# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of the nodes that explain why ports do not let other nodes in: the finding of fw.packets on their destinations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cluster
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.fw import rule_in_words
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL

CHECK = "fw.packets"

Cell = Mapping[str, Any]


class ClosingRules(NamedTuple):
    """results: those of fw.packets that explain ports. text: the rules in words, "" for none."""

    results: Sequence[Result]
    text: str = ""

    @property
    def nodes(self) -> set[str]:
        """The nodes that have such a rule."""
        return {result["node"] for result in self.results}

    @property
    def remedies(self) -> list[str]:
        """What to do about the rules, each once."""
        return list(dict.fromkeys(result["remedy"] for result in self.results))


def of_cells(results: Sequence[Result], cells: Iterable[Cell], cluster: Cluster) -> ClosingRules:
    """Return the ClosingRules of cells of the port matrix that failed. results: all that need a cause."""
    into: dict[str, list[Cell]] = {}
    for cell in cells:
        into.setdefault(cell["destination"], []).append(cell)
    found: list[Result] = []
    nodes_of: dict[str, set[str]] = {}
    for result in results:
        own = into.get(result["node"], []) if result["id"] == CHECK and result["status"] == FAIL else []
        rules = [rule for rule in result["evidence"] or () if any(_closes(rule, cell, cluster) for cell in own)]
        if rules:
            found.append(result)
        for text in dict.fromkeys(rule_in_words((rule["where"], rule["rule"], rule["owner"])) for rule in rules):
            nodes_of.setdefault(text, set()).add(result["node"])
    if len(into) == 1:
        return ClosingRules(found, "; ".join(nodes_of))
    places = ((text, cluster.named(cluster.in_order(nodes))) for text, nodes in nodes_of.items())
    return ClosingRules(found, "; ".join(f"{text} on {where}" for text, where in places))


def _closes(rule: Mapping[str, Any], cell: Cell, cluster: Cluster) -> bool:
    """Whether a rule drops what the source of a cell sends. An address of no node stands for a network with several of them."""
    closed = {number for texts in cell["ports"].values() for number in port_ranges.numbers(texts)}
    nodes = set(rule["sources"]).intersection(cluster.addresses.values())
    from_there = not nodes or cluster.addresses.get(cell["source"]) in nodes
    return (
        from_there
        and rule["transport"] == cell["transport"]
        and not closed.isdisjoint(port_ranges.numbers(rule["ports"]))
    )

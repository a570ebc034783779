# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of a cause: what a person has to act on, and the findings that it explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import alike
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result


class Explained(TypedDict):
    """A finding that a cause explains. follows: whether it is a consequence and needs no action of its own."""

    id: str
    node: str
    follows: bool


class Cause(TypedDict):
    """One cause.

    id: stable from run to run while the cause is the same. owner: who has to act. blocking: whether it keeps the cluster from
    being ready. status: `fail`, or `unknown` where nothing was proven. nodes: those that have it, in the order of the
    inventory; of ports that are closed, those that must open them. what: what was found. ask: what to send to the owner.
    confirm: a command that shows the fault without this collection, or "". alternatives: what else it may be, each with the
    test that tells them apart.
    """

    id: str
    title: str
    owner: str
    blocking: bool
    severity: str
    status: str
    nodes: list[str]
    what: str
    explains: list[Explained]
    ask: str
    confirm: str
    alternatives: list[str]


class Draft(NamedTuple):
    """A cause that a rule found, with the results that it explains; `follows` are consequences among them.

    nodes: those that must change, where these are not those of the results.
    """

    id: str
    title: str
    owner: str
    what: str
    results: Sequence[Result]
    ask: str
    confirm: str = ""
    alternatives: Sequence[str] = ()
    follows: Sequence[Result] = ()
    nodes: Sequence[str] = ()


class Cluster(NamedTuple):
    """What rules know besides the results they explain.

    addresses: `{node: its address, or ""}`, in the order of the inventory. unreachable, not_run: `{node: why}`. cells: of
    the port matrix, those that did not pass. checks: rows of catalog/checks/ by id. blocking: `{(id, node)}`.
    """

    addresses: Mapping[str, str]
    unreachable: Mapping[str, str]
    not_run: Mapping[str, str]
    cells: Sequence[Mapping[str, Any]]
    checks: Mapping[str, Mapping[str, Any]]
    blocking: frozenset[tuple[str, str]]

    def check(self, name: str) -> Mapping[str, Any]:
        """Return the row of a check; of the whole kind where a check is made for each row of a catalogue."""
        return self.checks.get(name) or self.checks.get(name.partition(".")[0], {})

    def without_node(self, text: str, node: str) -> str:
        """Return a text with the node's own name and address replaced, as for_nodes takes it."""
        return alike.without_node(text, node, self.addresses.get(node, ""))

    def for_nodes(self, text: str, nodes: Sequence[str]) -> str:
        """Return a text of without_node for all of some nodes."""
        return alike.for_nodes(text, nodes, self.addresses)

    def named(self, nodes: Sequence[str]) -> str:
        """Return nodes as a short text."""
        return alike.named(nodes, len(self.addresses))

    def in_order(self, nodes: set[str]) -> list[str]:
        """Return nodes in the order of the inventory."""
        return [node for node in self.addresses if node in nodes]

    def from_whom(self, nodes: Sequence[str]) -> str:
        """Return nodes as a text for a team that knows addresses only."""
        if len(nodes) == len(self.addresses) > 1 and not all(self.addresses[node] for node in nodes):
            return f"all {len(nodes)} nodes"
        return ", ".join(f"{node} ({self.addresses[node]})" if self.addresses.get(node) else node for node in nodes)

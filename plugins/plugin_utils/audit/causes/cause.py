# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of a cause: what a person has to act on, and the findings that it explains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import node_names
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.checks import OWNERS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.documented_fields import Field
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import (
    FAIL,
    PASS,
    RECOMMENDED,
    REQUIRED,
    SKIPPED,
    UNKNOWN,
)


class Explained(TypedDict):
    """A finding that a cause explains."""

    id: Annotated[str, Field("The check.")]
    node: Annotated[str, Field("The node.")]
    follows: Annotated[bool, Field("Whether it is a consequence, which needs no action of its own.")]


class Cause(TypedDict):
    """What a person has to act on, once, with all findings that it explains."""

    id: Annotated[str, Field("The same from run to run while the cause is the same.")]
    title: Annotated[str, Field("The cause in one line.")]
    owner: Annotated[str, Field("Who has to act.", OWNERS)]
    blocking: Annotated[bool, Field("Whether it keeps the cluster from being ready.")]
    severity: Annotated[str, Field("`required` where one of its findings is.", (REQUIRED, RECOMMENDED))]
    status: Annotated[str, Field("`unknown` where nothing was proven.", (FAIL, UNKNOWN))]
    nodes: Annotated[list[str], Field("The nodes that must change, in the order of the inventory.")]
    what: Annotated[str, Field("What was found.")]
    explains: Annotated[list[Explained], Field("The findings; each finding that needs action belongs to one cause.")]
    ask: Annotated[str, Field("What to send to the owner.")]
    confirm: Annotated[str, Field("A command that shows the fault without this collection, or empty.")]
    confirmed_by: Annotated[
        str, Field("The output of that command that confirms the cause, or an empty text if there is no command.")
    ]
    alternatives: Annotated[list[str], Field("What else it may be, each with the test that tells the two apart.")]


class Confirmation(NamedTuple):
    """A command that shows a fault, and the sentence that says which of its outputs does; both "" for none."""

    command: str = ""
    sentence: str = ""


def confirmed(command: str, condition: str) -> Confirmation:
    """Return a Confirmation. condition: an output of the command, which continues the sentence "Confirmed if"."""
    return Confirmation(command, f"Confirmed if {condition}.")


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
    confirm: Confirmation = Confirmation()
    alternatives: Sequence[str] = ()
    follows: Sequence[Result] = ()
    nodes: Sequence[str] = ()


class Cluster(NamedTuple):
    """What rules know besides the results they explain.

    addresses: `{node: its address, or ""}`, in the order of the inventory. unreachable, not_run: `{node: why}`. cells: of
    the port matrix, those that did not pass. checks: rows of catalog/checks/ by id. blocking: `{(id, node)}`. proxies:
    `{path: URL}` of those of the site, without credentials. results: every one, `{(id, node): result}`.
    """

    addresses: Mapping[str, str]
    unreachable: Mapping[str, str]
    not_run: Mapping[str, str]
    cells: Sequence[Mapping[str, Any]]
    checks: Mapping[str, Mapping[str, Any]]
    blocking: frozenset[tuple[str, str]]
    proxies: Mapping[str, str] = {}
    results: Mapping[tuple[str, str], Result] = {}

    def check(self, name: str) -> Mapping[str, Any]:
        """Return the row of a check; of the whole kind where a check is made for each row of a catalogue."""
        return self.checks.get(name) or self.checks.get(name.partition(".")[0], {})

    def confirmation(self, names: Iterable[str], status: str = FAIL) -> Confirmation:
        """Return the commands of checks, each once, with what they have to print; status: of the checks."""
        rows = [row for row in map(self.check, names) if "confirm" in row]
        conditions = ", and if ".join(dict.fromkeys(row["confirmed_if"] for row in rows))
        if not rows:
            return Confirmation()
        begin = "The check fails if" if status == UNKNOWN else "Confirmed if"
        return Confirmation("; ".join(dict.fromkeys(row["confirm"] for row in rows)), f"{begin} {conditions}.")

    def without_node(self, text: str, node: str) -> str:
        """Return a text with the node's own name and address replaced, as for_nodes takes it."""
        return node_names.without_node(text, node, self.addresses.get(node, ""))

    def for_nodes(self, text: str, nodes: Sequence[str]) -> str:
        """Return a text of without_node for all of some nodes."""
        return node_names.for_nodes(text, nodes, self.addresses)

    def named(self, nodes: Sequence[str]) -> str:
        """Return nodes as a short text."""
        return node_names.named(nodes, len(self.addresses))

    def title(self, template: str, nodes: Sequence[str], place: str = node_names.NODES) -> str:
        """Return a title with nodes in their place: what holds for none of all nodes must not read as for some of them."""
        denied = node_names.NEGATION.search(template.partition(place)[0])
        shown = node_names.negated(nodes, len(self.addresses)) if denied else self.named(nodes)
        return template.replace(place, shown)

    def others_passed(self, ids: Sequence[str], nodes: Sequence[str]) -> list[str]:
        """Return the nodes beside some on which those of some checks passed that are made there, in the order of the inventory."""
        found = []
        for node in self.addresses:
            here = [self.results[name, node]["status"] for name in ids if (name, node) in self.results]
            made = {status for status in here if status != SKIPPED}
            if node not in nodes and made == {PASS}:
                found.append(node)
        return found

    def in_order(self, nodes: set[str]) -> list[str]:
        """Return nodes in the order of the inventory."""
        return [node for node in self.addresses if node in nodes]

    def from_whom(self, nodes: Sequence[str]) -> str:
        """Return nodes as a text for a team that knows addresses only."""
        if len(nodes) == len(self.addresses) > 1 and not all(self.addresses[node] for node in nodes):
            return f"all {len(nodes)} nodes"
        return ", ".join(f"{node} ({self.addresses[node]})" if self.addresses.get(node) else node for node in nodes)

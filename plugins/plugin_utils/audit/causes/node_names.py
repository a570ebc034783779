# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How texts of a cause name its nodes: texts that differ in nothing but the node become one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

OWN, OWN_ADDRESS, NODES = "{node}", "{address}", "{nodes}"
MOST = 5
# What comes before the nodes in a title that denies something of them.
NEGATION = re.compile(r"\b(?:not|no|cannot)\b", re.IGNORECASE)
_ZERO = re.compile(r"[-+](0(?:\.0+)?)(?![\d.])")


def without_node(text: str, node: str, address: str) -> str:
    """Return a text with the node's own name and address replaced, and zero without a sign."""
    for own, place in ((node, OWN), (address, OWN_ADDRESS)):
        if own:
            text = re.sub(rf"(?<![\w.-]){re.escape(own)}(?![\w-]|\.\w)", place, text)
    return _ZERO.sub(r"\1", text)


def for_nodes(text: str, nodes: Sequence[str], addresses: Mapping[str, str]) -> str:
    """Return a text of without_node for all of some nodes. addresses: of every node of the cluster.

    Nodes of a running cluster must not all be drained at once.
    """
    if len(nodes) > 1:
        text = text.replace(f"Drain {OWN}", f"One node at a time, drain {OWN}")
    address = addresses.get(nodes[0], "") if len(nodes) == 1 else "its own address"
    return text.replace(OWN, named(nodes, len(addresses))).replace(OWN_ADDRESS, address)


def negated(nodes: Sequence[str], count: int) -> str:
    """Return nodes as a short text that follows a "not". count: how many the cluster has."""
    if len(nodes) == count > 1:
        return f"any of the {count} nodes"
    return named(nodes, count)


def named(nodes: Sequence[str], count: int) -> str:
    """Return nodes as a short text. count: how many the cluster has."""
    if len(nodes) == count > 1:
        return f"all {count} nodes"
    shown = ", ".join(nodes[:MOST])
    return f"{shown} and {len(nodes) - MOST} more" if len(nodes) > MOST else shown

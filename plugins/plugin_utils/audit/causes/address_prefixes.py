# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes whose address has another prefix than those of the other nodes in the same subnet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cluster, Draft
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL

CHECK, HEADROOM = "net.same_subnet", "net.subnet_headroom"


def prefixes(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """One cause for the nodes that must change; a subnet that is too small only with their prefix follows from it."""
    own = [result for result in results if result["id"] == CHECK and _differ(result)]
    known = {node: prefix for result in own for node, prefix in result["evidence"]["prefixes"].items()}
    if not known:
        return []
    usual = _usual(list(known.values()))
    odd = cluster.in_order({node for node, prefix in known.items() if prefix != usual})
    small = [result for result in results if result["id"] == HEADROOM and result["status"] == FAIL]
    follows = small if all(result["node"] in odd for result in small) and len(odd) < len(known) else []
    if usual is None:
        title = f"The prefixes of {cluster.named(odd)} differ"
        ask = f"Give the addresses of {cluster.from_whom(odd)} one prefix, that of their subnet, in the files that set them."
    else:
        title = f"The prefix of {cluster.named(odd)} is not /{usual} as on the other nodes"
        ask = f"Change the prefix of {cluster.from_whom(odd)} to /{usual}, in the file that sets the address."
    return [
        Draft(
            f"{CHECK}:prefixes:{','.join(odd)}",
            title,
            owners.ADDRESS_PREFIXES,
            _found(known, cluster),
            [*own, *follows],
            ask,
            cluster.confirmation([CHECK]),
            follows=follows,
            nodes=odd,
        )
    ]


def _differ(result: Result) -> bool:
    return result["status"] == FAIL and isinstance(result["evidence"], Mapping) and "prefixes" in result["evidence"]


def _usual(found: Sequence[int]) -> int | None:
    """The prefix that most of the nodes have, None where no prefix is that of more nodes than any other."""
    (prefix, count), *others = Counter(found).most_common()
    return prefix if not others or others[0][1] < count else None


def _found(known: Mapping[str, int], cluster: Cluster) -> str:
    """The prefixes, each with the nodes that have it."""
    nodes_of: dict[int, list[str]] = {}
    for node in cluster.in_order(set(known)):
        nodes_of.setdefault(known[node], []).append(node)
    return "; ".join(f"/{prefix} on {cluster.named(nodes)}" for prefix, nodes in nodes_of.items())

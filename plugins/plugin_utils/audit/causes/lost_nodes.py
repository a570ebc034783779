# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that could not be reached, that took no part in the run, or whose preparation failed."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import Cluster, Draft
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result

_CREDENTIALS = ("permission denied", "authentication", "publickey", "host key")
_NAME = ("could not resolve", "name or service not known", "temporary failure in name resolution")


def unreachable(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """One cause for the nodes that are unreachable for the same reason, with everything that could not be judged so."""
    found = []
    by_reason: dict[str, list[str]] = {}
    for node, reason in cluster.unreachable.items():
        by_reason.setdefault(cluster.without_node(reason, node), []).append(node)
    lost_cells = _cells_without(cluster, set(cluster.unreachable))
    for reason, nodes in by_reason.items():
        own = [result for result in results if result["node"] in nodes]
        others = [
            result
            for result in results
            if result["node"] not in cluster.unreachable and lost_cells.get((result["id"], result["node"])) in nodes
        ]
        found.append(
            Draft(
                f"unreachable:{','.join(nodes)}",
                f"{cluster.named(nodes)} {'is' if len(nodes) == 1 else 'are'} unreachable over SSH",
                "node administrator",
                cluster.for_nodes(reason, nodes),
                [*own, *others],
                f"Make `ansible -m ping {','.join(nodes)}` work{_hint(reason)}, then run the audit again.",
                f"ansible -m ping {','.join(nodes)}",
                _alternatives(reason, nodes[0]),
                [result for result in (*own, *others) if result["id"] != "access.shell"],
            )
        )
    return found


def not_in_the_run(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """Nodes that --limit or tags left out."""
    own = [result for result in results if result["node"] in cluster.not_run]
    nodes = cluster.in_order({result["node"] for result in own})
    if not own:
        return []
    return [
        Draft(
            "not_in_the_run",
            f"{len(nodes)} nodes were not part of this run",
            "platform team",
            f"{cluster.named(nodes)}: {cluster.not_run[nodes[0]]}",
            own,
            "Run the audit again without --limit.",
            follows=own,
        )
    ]


def preparation(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """A task of the preparation failed: what it would have configured need not be told as faults of the node."""
    failed = [result for result in results if result["id"] == "access.preparation"]
    by_text: dict[str, list[Result]] = {}
    for result in failed:
        text = cluster.without_node(result["observed"], result["node"])
        by_text.setdefault(text, []).append(result)
    return [
        Draft(
            f"preparation:{','.join(result['node'] for result in same)}",
            "The preparation failed",
            "platform team",
            cluster.for_nodes(text, [result["node"] for result in same]),
            same,
            same[0]["remedy"],
        )
        for text, same in by_text.items()
    ]


def _cells_without(cluster: Cluster, lost: set[str]) -> dict[tuple[str, str], str]:
    """`{(id of a check, source): the lost node}` of the rows of which nothing but a lost node is unknown."""
    found: dict[tuple[str, str], set[str]] = {}
    for cell in cluster.cells:
        found.setdefault((f"ports.{cell['row']}", cell["source"]), set()).add(cell["lost"])
    return {key: next(iter(nodes)) for key, nodes in found.items() if nodes <= lost and nodes}


def _hint(reason: str) -> str:
    low = reason.lower()
    if any(word in low for word in _CREDENTIALS):
        return " (user, key and known host)"
    return " (name resolution on the control node)" if any(word in low for word in _NAME) else ""


def _alternatives(reason: str, node: str) -> list[str]:
    low = reason.lower()
    if any(word in low for word in (*_CREDENTIALS, *_NAME)):
        return []
    return [
        f"The node is off, or sshd does not run: look at its console; a ping of {node} is answered when only sshd is down.",
        f"A firewall between the control node and {node} drops TCP 22: `nc -vz {node} 22` from another host of its network.",
    ]

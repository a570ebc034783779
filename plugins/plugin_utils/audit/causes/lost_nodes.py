# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that could not be reached, that took no part in the run, or whose preparation failed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import (
    Cluster,
    Confirmation,
    Draft,
    confirmed,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result

_CREDENTIALS = ("permission denied", "authentication", "publickey", "host key")
_PORT = re.compile(r"(?<!UNKNOWN )\bport (\d+)")
_SILENCE = ("timed out", "no route to host", "network is unreachable")
_JUMP_HOST = "unknown port 65535"  # ssh to the node ended because ssh to a jump host did
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
                f"{cluster.named(nodes)} {'is' if len(nodes) == 1 else 'are'} unreachable over SSH{_how(reason)}",
                owners.UNREACHABLE,
                cluster.for_nodes(reason, nodes),
                [*own, *others],
                _ask(reason, nodes, cluster),
                _confirm(reason, nodes, cluster),
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
            owners.NOT_IN_THE_RUN,
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
            f"The preparation of {cluster.named([result['node'] for result in same])} failed",
            owners.PREPARATION,
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


def _how(reason: str) -> str:
    """The end of a title: what a reason says, "" where that is not clear."""
    low = reason.lower()
    if _JUMP_HOST in low:
        return ""
    if "host key" in low:
        return ": its host key does not match the known one"
    if any(word in low for word in _CREDENTIALS):
        return ": the login is rejected"
    if any(word in low for word in _NAME):
        return ": the name does not resolve"
    if _is_refused(low):
        return f": connections to TCP {_port(reason)} are refused"
    return f": no answer on TCP {_port(reason)}" if any(word in low for word in _SILENCE) else ""


def _ask(reason: str, nodes: Sequence[str], cluster: Cluster) -> str:
    low, whom, again = reason.lower(), cluster.from_whom(nodes), "then run the audit again"
    if any(word in low for word in _CREDENTIALS):
        return f"Correct the user, the key or the known host key that Ansible uses for {whom}, {again}."
    if any(word in low for word in _NAME):
        return f"Let the control node resolve the name of {whom}, or set ansible_host, {again}."
    if _is_refused(low):
        return f"Start sshd on {whom} from its console, {again}: the host answers, but refuses connections to TCP {_port(reason)}."
    return f"Start {whom}, or allow TCP {_port(reason)} from the control node to it, {again}."


def _confirm(reason: str, nodes: Sequence[str], cluster: Cluster) -> Confirmation:
    """The commands that show it, on the control node."""
    address = cluster.addresses.get(nodes[0])
    low = reason.lower()
    if not address or any(word in low for word in (*_CREDENTIALS, *_NAME)):
        return confirmed(f"ansible -m ping {','.join(nodes)}", "ansible prints UNREACHABLE")
    said = "`Connection refused`" if _is_refused(low) else "no connection"
    return confirmed(
        f"ansible -m ping {','.join(nodes)}; nc -vz -w 5 {address} {_port(reason)}",
        f"ansible prints UNREACHABLE and nc reports {said}",
    )


def _alternatives(reason: str, node: str) -> list[str]:
    low, port = reason.lower(), _port(reason)
    if any(word in low for word in (*_CREDENTIALS, *_NAME)):
        return []
    if _is_refused(low):
        return [
            f"sshd listens on another port: `ss -lnt` on the console of {node} shows it. Then set ansible_port.",
            f"A firewall rejects TCP {port}: `nc -vz {node} {port}` succeeds on {node} itself.",
        ]
    return [
        f"A firewall between the control node and {node} drops TCP {port}: `nc -vz {node} {port}` succeeds from another host of "
        "its network."
    ]


def _is_refused(reason: str) -> bool:
    return "connection refused" in reason


def _port(reason: str) -> str:
    """The port that SSH names, else its own."""
    named = _PORT.search(reason)
    return named[1] if named else "22"

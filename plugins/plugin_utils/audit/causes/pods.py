# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods that do not reach what their node reaches: one cause for all nodes on which they fail at the same step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import owners
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes.cause import (
    Cluster,
    Draft,
    confirmed,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.result import Result
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL

CHECK = "egress.pods"


def pods(results: Sequence[Result], cluster: Cluster) -> list[Draft]:
    """Group by the kind of the first fault of each node."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result["id"] == CHECK and result["status"] == FAIL and isinstance(result["evidence"], Mapping):
            groups.setdefault(result["evidence"]["faults"][0]["kind"], []).append(result)
    return [_draft(kind, own, cluster) for kind, own in groups.items()]


def _draft(kind: str, own: Sequence[Result], cluster: Cluster) -> Draft:
    nodes = cluster.in_order({result["node"] for result in own})
    first, *others = own[0]["evidence"]["faults"]
    where = cluster.named(nodes)
    targets = dict.fromkeys(target for result in own for target in result["evidence"]["faults"][0]["targets"])
    count = next(iter(targets)) if len(targets) == 1 else f"{len(targets)} endpoints"
    observed = "; ".join(f"{result['node']}: {result['observed']}" for result in own)
    return Draft(
        f"{CHECK}:{kind}:{','.join(nodes)}",
        f"{where}: the node reaches {count}, its pods do not: {first['title']}"
        if len(nodes) == 1
        else f"{where}: the nodes reach {count}, their pods do not: {first['title']}",
        owners.OF_PODS[kind],
        observed,
        own,
        f"On {where}: {' '.join([first['ask'], *(fault['ask'] for fault in others)])}",
        confirmed(first["confirm"], first["confirmed_if"]),
        list(dict.fromkeys(text for result in own for text in result["evidence"]["faults"][0]["alternatives"])),
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long listeners live, and tasks of the port matrix may take. Pure functions of inputs and numbers.

Ansible works on as many nodes at a time as it has forks, so with more nodes each task takes several rounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypedDict

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener_lifetime

# Seconds after which a task ends that starts or stops a listener.
LISTENER_TASK = 60
_MARGIN = 60  # of a task that probes, beyond its deadline
_QUIET_MARGIN = 15
_BANDWIDTH_MARGIN = 15
_RING_ROUNDS = 3


class Times(TypedDict):
    """All in seconds. lifetime: of a listener. quiet: after which it ends without a packet of its run. probes: that the probes
    of a node may take together. listener_task, probe_task: after which a task ends."""

    lifetime: int
    quiet: int
    probes: float
    listener_task: int
    probe_task: int


def times(inputs: Mapping[str, Any], bandwidth: str, nodes: int, forks: int) -> Times:
    """Return the Times of a matrix. inputs: those of the role rtf_preflight. bandwidth: ring, all or none.

    A listener lives longer than everything that uses it can take. It stays while all other nodes are probed, of which packet
    filters let nothing through to this one, and while one more node does not reply at all.
    """
    batches, deadline = math.ceil(nodes / forks), inputs["port_matrix_deadline"]
    rounds = {"none": 0, "ring": _RING_ROUNDS, "all": nodes}[bandwidth]
    of_bandwidth = (inputs["bandwidth_seconds"] * 2 + _BANDWIDTH_MARGIN) * rounds
    return {
        "lifetime": int(min(listener_lifetime.LONGEST, batches * (deadline * 2 + 2 * _MARGIN + of_bandwidth))),
        "quiet": int(batches * deadline + LISTENER_TASK + _QUIET_MARGIN),
        "probes": deadline,
        "listener_task": LISTENER_TASK,
        "probe_task": int(deadline + _MARGIN),
    }

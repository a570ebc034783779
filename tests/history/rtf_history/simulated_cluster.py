# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that does not exist: its nodes in order, what differs from run to run on any node, and the faults of a run."""

from __future__ import annotations

import copy
import json
import random

from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.checks import samples

ADDRESSES = {"controller-1": "192.168.230.11", "worker-1": "192.168.230.21", "worker-2": "192.168.230.22"}
_OF_SAMPLE = "192.168.230.11"


def states(number, faults):
    """Return `{name: state}` of a run, for the connection to answer from. faults: `{name: [what differs from a node in order]}`."""
    return {
        name: with_faults(_measured(_in_order(name), random.Random(f"{number} {name}")), faults.get(name, ()))
        for name in ADDRESSES
    }


def with_faults(state, differences):
    """Return a state with differences, which are of its shape; their dictionaries go into those of the state."""
    for difference in differences:
        state = _merged(state, difference)
    return state


def _merged(one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: _merged(one.get(key), value) for key, value in other.items()}}
    return copy.deepcopy(other)


def _in_order(name):
    evidence = json.loads(json.dumps(samples.evidence(name)).replace(_OF_SAMPLE, ADDRESSES[name]))
    return {
        "unreachable": "",
        "host": evidence["host"],
        "name_servers": evidence["name_servers"],
        "dropped_endpoints": [],
        "dropped_ports": {},
        "slowness": 1,
    }


def _measured(state, numbers):
    """Return a state with what no two measurements of one node agree on."""
    state["host"]["time"]["chrony"]["tracking"].update(
        offset=numbers.uniform(-1e-5, 1e-5), root_dispersion=numbers.uniform(1e-4, 2e-4), root_delay=0.001
    )
    for room in state["host"]["storage"]["room"].values():
        room["free"] -= numbers.randrange(1 << 28)
        room["files_free"] -= numbers.randrange(5000)
    for process in state["host"]["system"]["processes"][1:]:
        process["pid"] += numbers.randrange(1000)
    return {
        **state,
        "no_answer": f"no answer within {numbers.uniform(5, 5.01):.3f} s",
        "round_trip_ms": round(numbers.uniform(0.1, 0.14), 3),
        "mbit": round(numbers.uniform(930, 960), 1),
    }

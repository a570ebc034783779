# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listeners outlive what uses them, and tasks of the matrix end."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.matrix_times import times

INPUTS = {"port_matrix_deadline": 60.0, "bandwidth_seconds": 1.0}


@pytest.mark.parametrize(
    "bandwidth, nodes, forks, lifetime, quiet",
    [
        ("none", 3, 5, 240, 135),
        ("ring", 3, 5, 291, 135),
        ("all", 5, 5, 325, 135),
        ("ring", 6, 5, 582, 195),
        ("all", 1000, 5, 3600, 12075),
    ],
)
def test_more_nodes_than_forks_take_several_rounds(bandwidth, nodes, forks, lifetime, quiet):
    found = times(INPUTS, bandwidth, nodes, forks)
    assert (found["lifetime"], found["quiet"]) == (lifetime, quiet)


def test_a_task_that_probes_has_longer_than_its_probes():
    found = times({**INPUTS, "port_matrix_deadline": 7.5}, "none", 3, 5)
    assert (found["probes"], found["probe_task"], found["listener_task"]) == (7.5, 67, 60)

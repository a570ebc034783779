# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read catalog/limits.yml: what findings are compared with where the vendor prints no number."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import files


class CatalogueLimits(NamedTuple):
    """clock_difference_ms: between any two nodes. free_*: in each directory that the platform writes to.

    *_tolerance: the part of what is required by which a node may report less. lost_connections: of those through the load
    balancer.
    """

    packet_loss_percent: float
    clock_difference_ms: float
    clock_difference_margin_ms: float
    time_sources: int
    free_gib: float
    free_inodes: int
    memory_tolerance: float
    filesystem_tolerance: float
    disk_tolerance: float
    lost_connections: int


@functools.cache
def load(folder: Path = files.FOLDER) -> CatalogueLimits:
    """Return the CatalogueLimits; they are the same in every release."""
    found = files.read_key(folder / "limits.yml", "limits")
    return CatalogueLimits(
        found["packet_loss"]["percent"],
        found["clock_difference"]["milliseconds"],
        found["clock_difference_margin"]["milliseconds"],
        found["time_sources"]["at_least"],
        found["free_space"]["gibibytes"],
        found["free_inodes"]["at_least"],
        found["memory_tolerance"]["percent"] / 100,
        found["filesystem_tolerance"]["percent"] / 100,
        found["disk_tolerance"]["percent"] / 100,
        found["lost_load_balancer_connections"]["at_most"],
    )

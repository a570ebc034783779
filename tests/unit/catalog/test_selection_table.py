# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many rows each release, control plane, phase and role selects, as a table to be read."""

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import catalog

# ctl: controller, wrk: worker. Retired rows are counted: they are shown.
#
# release  control  endpoints            ports                 settings
#          plane    install    operate   install    operate
#                   ctl wrk    ctl wrk   ctl wrk    ctl wrk
TABLE = """
  1.4      us        14  13     14  13    28  25     25  22   29
  1.4      eu        16  15     16  15    28  25     25  22   29
  1.5      us        14  13     14  13    28  25     25  22   30
  1.5      eu        16  15     16  15    28  25     25  22   30
  1.6      us        14  13     14  13    28  25     25  22   30
  1.6      eu        16  15     16  15    28  25     25  22   30
  1.7      us        14  13     14  13    28  25     25  22   30
  1.7      eu        16  15     16  15    28  25     25  22   30
  1.8      us        15  14     15  14    29  26     26  23   30
  1.8      eu        17  16     17  16    29  26     26  23   30
  1.9      us        15  14     15  14    30  27     27  24   31
  1.9      eu        17  16     17  16    30  27     27  24   31
  1.10     us        15  14     15  14    30  27     27  24   31
  1.10     eu        18  17     18  17    30  27     27  24   31
  1.11     us        14  13     14  13    30  27     27  24   31
  1.11     eu        17  16     17  16    30  27     27  24   31
  1.12     us        15  14     15  14    30  27     27  24   31
  1.12     eu        18  17     18  17    30  27     27  24   31
  1.13     us        15  14     15  14    30  27     27  24   31
  1.13     eu        18  17     18  17    30  27     27  24   31
  2.x      us        13  13     13  13     4   4      4   4   16
  2.x      eu        16  16     16  16     4   4      4   4   16
  2.x      ca         7   7      6   6     4   4      4   4   16
  2.x      jp         7   7      6   6     4   4      4   4   16
  2.x      in         7   7      6   6     4   4      4   4   16
"""


def parsed():
    for line in TABLE.strip().splitlines():
        release, plane, *counts = line.split()
        yield release, plane, [int(count) for count in counts]


def counted(release, plane):
    loaded = catalog.load()
    counts = []
    for phase in ("install", "operate"):
        for role in ("controller", "worker"):
            counts.append(len(catalog.select_endpoints(loaded, release, plane, role, phase)))
    for phase in ("install", "operate"):
        for role in ("controller", "worker"):
            counts.append(len(catalog.select_ports(loaded, release, phase, role)))
    return [*counts, len(catalog.select_settings(loaded, release))]


@pytest.mark.parametrize("release, plane, counts", list(parsed()))
def test_rows_selected(release, plane, counts):
    assert counted(release, plane) == counts


def line_for(release, plane):
    """A line of the table as it would be right."""
    e1, e2, e3, e4, p1, p2, p3, p4, settings = counted(release, plane)
    return f"  {release:7}  {plane:6}   {e1:3} {e2:3}    {e3:3} {e4:3}   {p1:3} {p2:3}    {p3:3} {p4:3}  {settings:3}"


def test_the_table_is_complete():
    offered = [(release["id"], plane) for release in catalog.load().releases for plane in release["control_planes"]]
    listed = [(release, plane) for release, plane, _counts in parsed()]
    missing = "\n".join(line_for(*offer) for offer in offered if offer not in listed)
    assert listed == offered, f"lines to add to the table:\n{missing}"


@pytest.mark.parametrize(
    "release, plane, asked", [("1.9", "eu", False), ("1.10", "eu", True), ("2.x", "eu", True), ("2.x", "us", False)]
)
def test_the_host_that_activates_with_the_eu_control_plane_is_a_row(release, plane, asked):
    found = {(row["host"], row["port"]) for row in catalog.select_endpoints(catalog.load(), release, plane)}
    assert (("eu1.anypoint.mulesoft.com", 443) in found) == asked

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What chrony says of a clock may be incomplete; the clocks of the other nodes are compared all the same."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence import clock_offsets

GOOD = {"leap": "Normal", "offset": 0.0, "root_dispersion": 0.001, "root_delay": 0.001}


def node(tracking):
    return {"host": {"time": {"chrony": {"tracking": tracking}}}}


def test_chrony_is_not_blamed_for_what_was_not_collected():
    """A node of release 2.x whose connection was lost in the run; it may have another time service."""
    dummy, absent = clock_offsets.by_chrony({"n1": {"host": {}}, "n2": node(None)})
    assert absent == {"n1": "the state of its clock was not collected", "n2": "chrony did not answer"}


@pytest.mark.parametrize(
    "tracking",
    [{**GOOD, "root_dispersion": None}, {**GOOD, "offset": None}, {"leap": "Normal"}, {"offset": 0.0}],
)
def test_an_answer_without_a_field_leaves_out_one_node(tracking):
    found, absent = clock_offsets.by_chrony({"n1": node(GOOD), "n2": node(tracking), "n3": node(GOOD)})
    assert [(one.node, one.peer) for one in found] == [("n1", "n3")] and list(absent) == ["n2"]

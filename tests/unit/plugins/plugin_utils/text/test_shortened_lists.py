# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A line names some findings and counts the others."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.shortened_lists import MOST, joined_first


@pytest.mark.parametrize(
    "count, end", [(0, ""), (1, "0"), (MOST, "3; 4"), (MOST + 1, "4; and 1 more"), (9, "4; and 4 more")]
)
def test_the_first_are_named_and_the_rest_is_counted(count, end):
    text = joined_first(str(number) for number in range(count))
    assert text.endswith(end) and len(text.split("; ")) == min(count, MOST + 1) or text == ""


def test_the_joint_is_the_callers():
    assert joined_first(["a", "b"], ", ") == "a, b"

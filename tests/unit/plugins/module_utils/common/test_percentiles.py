# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.percentiles import percentile


def test_percentiles_are_values_that_were_measured():
    ordered = list(range(1, 101))
    assert [percentile(ordered, percent) for percent in (50, 95, 100)] == [50, 95, 100]
    assert percentile([7], 95) == 7

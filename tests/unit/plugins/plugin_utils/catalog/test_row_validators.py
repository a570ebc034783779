# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import row_validators


@pytest.mark.parametrize("text, bounds", [("443", (443, 443)), ("1", (1, 1)), ("30000-32767", (30000, 32767))])
def test_port_bounds(text, bounds):
    assert row_validators.port_bounds(text) == bounds


@pytest.mark.parametrize(
    "text", ["0", "65536", "99999", "443-80", "-1", "", "a", "443,80", "80-", " 80", "80\n", 443, None]
)
def test_bad_port_bounds(text):
    with pytest.raises(row_validators.RowError, match="write a number from 1 to 65535 or a range"):
        row_validators.port_bounds(text)

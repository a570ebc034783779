# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report lists a requirement as not verified exactly where no check looked at it."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit import coverage
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog import checks

DATABASE = {"persistence-gateway-database": "Database of the Persistence Gateway"}


@pytest.mark.parametrize(
    "status, evidence, listed",
    [
        ("pass", {"verdict": "reachable"}, False),
        ("fail", {"verdict": "dropped"}, False),
        ("unknown", {"verdict": "untested"}, True),
        ("pass", None, True),  # no database is named, and none was probed
    ],
)
def test_a_database_that_was_probed_is_verified(status, evidence, listed):
    result = {"id": "egress.persistence_database", "status": status, "requirement": [], "evidence": evidence}
    assert bool(coverage.not_verified(checks.load(), [result], DATABASE)) is listed

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict in one line."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.causes import uncollected_evidence
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.checks import OWNERS
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.verdict_text import verdict_text
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report.judged_reports import (
    broken,
    report,
)


def test_the_verdict_is_one_line_whoever_is_next():
    found = report(n2=broken())
    [cause] = [cause for cause in found["causes"] if cause["blocking"]]
    causes = [{**cause, "owner": owner, "status": status} for owner in OWNERS for status in ("fail", "unknown")]
    causes += [{**cause, "id": uncollected_evidence.ID, "status": "unknown"}]
    for place in range(len(causes)):
        crowd = {**found, "nodes": found["nodes"] * 50, "causes": [*causes[place:], *causes[:place]]}
        assert len(verdict_text(crowd)) <= 80

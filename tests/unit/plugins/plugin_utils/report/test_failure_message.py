# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message with which the task of an audit fails."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import failure_message
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report.judged_reports import (
    broken,
    report,
)


def test_a_run_fails_with_the_nodes_that_are_meant():
    """Ansible names the first node, which writes the report: "fatal: [controller-1]", though worker-2 was broken."""
    found = report(n2=broken())
    assert failure_message.message(Report(found, [], {})).startswith(
        "n2 is not ready: IPv4 forwarding is off on n2 (node administrator). "
    )
    both = report(n1=broken(), n2=broken())
    assert failure_message.message(Report(both, [], {})).startswith("The cluster is not ready: ")

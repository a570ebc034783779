# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last lines of a run."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report import failure_message
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import closing_block
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report.judged_reports import (
    broken,
    report,
)


def test_the_last_lines_of_a_run_hold_the_next_step_and_end_with_one_line_of_verdict():
    """Readers of broken labs, who had Ansible's recap between the report and the verdict, missed the next step there."""
    found = report(n2=broken())
    last = closing_block.summary(found, "/r/report.json")
    assert last[0] == " 1. FAIL  IPv4 forwarding is off on n2" and max(map(len, last)) <= 80
    assert last[1] == "    found:    n2: ip_forward = 0; wanted: net.ipv4.ip_forward = 1"
    assert last[2].startswith("    ask:      node administrator: On n2: Set it with `sysctl")
    assert last[-2:] == [
        "Report: /r/report.json",
        "NOT READY: 1 of 2 nodes, 1 fault to fix; next: node administrator",
    ]


def test_the_last_lines_say_what_else_it_may_be_and_how_to_rule_it_out():
    found = report(n2=broken())
    assert "rule out:" not in "\n".join(closing_block.summary(found))
    cause = next(cause for cause in found["causes"] if cause["blocking"])
    cause["ask"] = "Open it."
    rest = "So be it. " * 40
    cause["alternatives"] = [f"Something else: `nc -vz host{number} 443` succeeds. {rest}" for number in "123"]
    last = closing_block.summary(found, whole="report.md")
    assert max(map(len, last)) <= 80 and len(last) <= 20
    assert [line.partition("`")[0] for line in last if "rule out:" in line] == 2 * ["    rule out: Something else: "]
    assert sum("(all of it: report.md)" in line for line in last) == 2 and "host3" not in "\n".join(last)


def test_the_closing_block_and_the_message_name_the_same_number_of_causes():
    found = report(n2=broken())
    [cause] = [cause for cause in found["causes"] if cause["blocking"]]
    crowd = {**found, "causes": [{**cause, "title": f"Fault {number}"} for number in range(1, 9)]}
    block, message = "\n".join(closing_block.summary(crowd)), failure_message.message(Report(crowd, [], {}))
    for text in (block, message):
        assert "Fault 6" in text and "Fault 7" not in text and "and 2 more" in text

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table a person reads, built from the judge's own results."""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal import (
    causes,
    closing_block,
    report_lines,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.plugin_utils.report.judged_reports import (
    broken,
    report,
    waived,
)


def text(found, every=False):
    return "\n".join(line for line, _colour in report_lines.lines(found, every))


@pytest.mark.parametrize(
    "found",
    [
        report(),
        report(n2=broken()),
        report(n2={"unreachable": "a very long reason " * 20}),
        report(n1={}, n2={"not_run": "x"}),
    ],
)
def test_no_line_is_wider_than_a_terminal(found):
    assert max(len(line) for line, _colour in report_lines.lines(found)) <= 80


def test_a_ready_cluster_takes_a_handful_of_lines():
    found = report()
    shown = text(found)
    assert len(shown.splitlines()) < 12 and "FAIL" not in shown
    assert shown.splitlines()[-1].startswith("READY: 2 nodes, ")


def test_every_check_has_a_line_when_asked_for():
    found = report()
    lines = text(found, every=True).splitlines()
    assert sum(line.startswith("  ok ") for line in lines) == len(found["results"])
    assert max(map(len, lines)) <= 80


def test_no_title_is_cut_where_every_check_has_a_line():
    found = report(n1={"unreachable": "no route"}, n2=broken())
    for result in found["results"]:
        result.update(title=f"{result['title']} {LONG}", observed=f"{result['id']} {LONG}")
    shown = text(found, every=True)
    words = " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80 and "..." not in shown
    for result in found["results"]:
        if result["node"] == "n2":
            said = result["observed"] if result["status"] in ("pass", "skipped") else result["title"]
            assert said in words


def test_the_verdict_is_the_last_line_and_says_how_many_causes_come_first():
    last = text(report(n2=broken())).splitlines()[-1]
    assert last == "NOT READY: 1 of 2 nodes, 1 fault to fix; next: node administrator"


def test_a_text_that_is_cut_says_in_which_file_the_whole_is():
    found = report(n2=broken())
    cause = next(cause for cause in found["causes"] if cause["blocking"])
    cause["ask"] = f"Allow {', '.join(f'host-{number}.example.com:443' for number in range(40))}."
    shown = "\n".join(line for line, _colour in report_lines.lines(found, whole="report.md"))
    assert shown.count("... (all of it: report.md)") == 1 and "report.md" in "\n".join(
        closing_block.summary(found, whole="report.md")
    )
    dry = "\n".join(line for line, _colour in report_lines.lines(found, path=None))
    assert " ..." in dry and "all of it" not in dry


def test_a_cause_of_several_nodes_is_told_once():
    shown = text(report(n1=broken(), n2=broken()))
    assert shown.count("FAIL  IPv4 forwarding is off on all 2 nodes") == 1
    assert "    found:    all 2 nodes: ip_forward = 0; wanted: net.ipv4.ip_forward = 1" in shown
    assert text(report(n1=broken(), n2=broken()), every=True).count("  FAIL  kernel.ip_forward") == 2


def test_a_cause_says_what_was_found_who_has_to_do_what_and_how_to_see_it():
    shown = text(report(n2=broken()))
    entry = shown.partition(" 1. FAIL  IPv4 forwarding is off on n2\n")[2].partition("\n\n")[0]
    assert "    found:    n2: ip_forward = 0" in entry
    assert "    ask:      node administrator: On n2: Set it with `sysctl" in entry
    assert "    confirm:  on n2: sysctl net.ipv4.ip_forward" in entry
    assert entry.endswith("\n              Confirmed if a forwarding value is 0.")


def test_a_recommendation_that_failed_is_a_warning_and_comes_after_what_blocks():
    shown = text(report(n2=broken()))
    assert shown.index(" 1. FAIL") < shown.index(" 2. warn  Pods cannot use the nameservers of n2")


def test_an_unreachable_node_is_one_cause():
    lines = text(report(n2={"unreachable": "No route to host"})).splitlines()
    assert len([line for line in lines if "No route to host" in line]) == 1
    assert any("????  n2 is unreachable over SSH" in line for line in lines)
    assert any("INCOMPLETE: 1 of 2 nodes" in line for line in lines)


def test_nodes_that_are_unreachable_for_one_reason_are_one_cause():
    shown = text(report(**dict.fromkeys(("n1", "n2"), {"unreachable": "No route to host"})))
    assert shown.count("No route to host") == 1 and "????  all 2 nodes are unreachable over SSH" in shown


def test_nodes_outside_the_run_are_named_with_the_reason():
    reason = "not part of this run (--limit)"
    shown = text(report(n1={"not_run": reason}, n2={"not_run": reason}))
    assert f"n1, n2: {reason}" in shown


def test_a_cluster_of_a_hundred_nodes_takes_no_more_lines_for_a_cause():
    found = report(n1=broken(), n2=broken())
    [cause] = [cause for cause in found["causes"] if "forwarding" in cause["title"]]
    nodes = [f"worker-{number}" for number in range(100)]
    few = len(causes.lines([cause]))
    assert len(causes.lines([{**cause, "nodes": nodes}])) == few


def test_requirements_that_no_check_looked_at_are_named():
    found = report()
    assert "etcd" in {row["id"] for row in found["not_verified"]}
    assert "Not verified by any check" in text(found) and "etcd" in text(found)
    assert "kernel-ip-forward" not in {row["id"] for row in found["not_verified"]}


LONG = "because of a decision that takes more than one line of a terminal to tell, but that is how it is here"


def test_what_is_waived_is_calm_and_its_reason_is_told_whole():
    found = waived(report(n2=broken()), {"checks": ["kernel.ip*", "net.*"], "nodes": ["n2"], "reason": LONG})
    shown = text(found)
    assert "  (ok)  kernel.ip_forward" in text(found, every=True)
    assert "FAIL" not in shown and "warn" not in shown
    assert "READY: 2 nodes, " in shown and "2 waived" in shown
    assert f"Waived: kernel.ip*, net.* on n2: {LONG}" in " ".join(shown.split())
    assert max(len(line) for line, _colour in report_lines.lines(found)) <= 80
    assert "red" not in {colour for _line, colour in report_lines.lines(found)}


def test_a_waiver_that_expired_or_that_nothing_needs_is_told():
    old = {"checks": ["kernel.ip_forward"], "reason": "the new image comes in May", "expires": "2026-05-31"}
    shown = " ".join(text(waived(report(n2=broken()), old, {"checks": "time.*", "reason": "no need"})).split())
    assert "FAIL IPv4 forwarding is off on n2" in shown
    assert "Waiver expired: kernel.ip_forward: the new image comes in May. It ended on 2026-05-31." in shown
    assert "Waiver not needed: time.*: no need. Nothing that it covers failed." in shown


def test_what_was_left_out_is_named_below_and_has_no_line():
    shown = text(waived(report(n2=broken()), skip=["kernel.ip*", "proxy.*"]))
    assert "  kernel.ip_forward " not in shown
    named = shown.partition("Left out by rtf_skip_checks (")[2].splitlines()[0]
    assert "kernel.ip_forward, proxy.*" in named and "kernel.*" not in named
    assert "INCOMPLETE: 2 nodes" in shown

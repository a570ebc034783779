# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sum of all tests that closes a run must be true."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tools import run_tests
from ansible_collections.hostprep.runtime_fabric.tools.run_tests import Step, Tally


def test_cases_of_a_file_are_counted_by_outcome(tmp_path):
    report = tmp_path / "unit.xml"
    report.write_text(
        '<testsuites><testsuite><testcase name="a"/><testcase name="b"><system-out>x</system-out></testcase>'
        '<testcase name="c"><failure>no</failure></testcase><testcase name="d"><error>broken</error></testcase>'
        '<testcase name="e"><skipped/></testcase></testsuite></testsuites>'
    )
    assert run_tests.tally_of_file(report) == Tally(passed=2, failed=2, skipped=1)


def test_a_failure_is_told_in_one_line(tmp_path):
    report = tmp_path / "unit.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.x" name="a"><failure message="assert 1&#10;  == 2">long'
        '</failure></testcase><testcase name="b"><error>broken</error></testcase><testcase name="c"/></testsuite></testsuites>'
    )
    assert run_tests.failures_of_file(report) == ["tests.x::a: assert 1 == 2", "unit::b: broken"]


def test_a_long_failure_keeps_its_end():
    line = run_tests.shortened("name: PLAY" + "." * 5000 + " the cause")
    assert line.startswith("name: PLAY") and line.endswith(" the cause") and len(line) < 1300
    assert run_tests.shortened("short") == "short"


def test_the_seconds_of_each_test_are_read(tmp_path):
    report = tmp_path / "molecule-egress.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="t.x" name="a" time="1.5"/><testcase name="b"/></testsuite></testsuites>'
    )
    assert run_tests.seconds_of_file(report) == [
        (1.5, "molecule-egress t.x::a"),
        (0.0, "molecule-egress molecule-egress::b"),
    ]


@pytest.mark.parametrize(
    "tallies, succeeded, expected",
    [
        ([], True, Tally(1, 0, 0)),
        ([], False, Tally(0, 1, 0)),
        ([Tally(3, 0, 1), Tally(2, 0, 0)], True, Tally(5, 0, 1)),
        ([Tally(3, 1, 0)], False, Tally(3, 1, 0)),
        ([Tally(3, 0, 0)], False, Tally(3, 1, 0)),
    ],
)
def test_a_step_that_fails_never_counts_as_none_failed(tallies, succeeded, expected):
    assert run_tests.tally_of_step(tallies, succeeded) == expected


def test_closing_line():
    steps = [
        Step("lint", 10.2, True, Tally(1, 0, 0), [], []),
        Step("unit", 5.0, False, Tally(40, 2, 0), ["a::b: no"], []),
    ]
    assert run_tests.closing_line(steps) == "41 passed, 2 failed in 15 s"


def test_closing_line_names_skipped_tests():
    assert (
        run_tests.closing_line([Step("unit", 1.0, True, Tally(4, 0, 2), [], [])])
        == "4 passed, 0 failed, 2 skipped in 1 s"
    )

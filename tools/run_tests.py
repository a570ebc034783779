# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run make targets one after the other, all of them whatever fails, and close with the sum of their tests.

The numbers come from the JUnit files that a target leaves in build/results. A target that leaves none counts as one
test; one that fails although its files name no failure counts as one failed test more.
"""

import collections
import pathlib
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

RESULTS = pathlib.Path("build/results")

Tally = collections.namedtuple("Tally", "passed failed skipped")
Step = collections.namedtuple("Step", "target seconds succeeded tally failures slow")

# What closes a run is often all that is kept of its output.
MOST_FAILURES = 12
# The output of a program says at its end why it failed.
WIDEST_START, WIDEST_END = 300, 900
SLOWEST = 10


def tally_of_file(path):
    """Count the test cases of one JUnit file."""
    passed = failed = skipped = 0
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            failed += 1
        elif "skipped" in outcomes:
            skipped += 1
        else:
            passed += 1
    return Tally(passed, failed, skipped)


def shortened(line):
    """Return a line with what is too much left out of its middle."""
    if len(line) <= WIDEST_START + WIDEST_END:
        return line
    return f"{line[:WIDEST_START]} [...] {line[-WIDEST_END:]}"


def failures_of_file(path):
    """Return the failed test cases of one JUnit file, each as its name and what it said, in one line."""
    failures = []
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        for child in case:
            if child.tag in ("failure", "error"):
                name = "{}::{}".format(case.get("classname", path.stem), case.get("name"))
                said = " ".join((child.get("message") or child.text or "").split())
                failures.append(shortened(f"{name}: {said}"))
    return failures


def seconds_of_file(path):
    """Return `[(seconds, name)]` of the test cases of one JUnit file, setup and teardown included."""
    return [
        (float(case.get("time", 0)), f"{path.stem} {case.get('classname', path.stem)}::{case.get('name')}")
        for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase")
    ]


def tally_of_step(tallies, succeeded):
    """Add up the tallies (a list, one per JUnit file) of one target that did or did not exit with success."""
    if not tallies:
        return Tally(int(succeeded), int(not succeeded), 0)
    total = Tally(*(sum(column) for column in zip(*tallies)))
    if not succeeded and total.failed == 0:
        total = total._replace(failed=1)
    return total


def closing_line(steps):
    """Return the last line of a run, in the words of a test runner."""
    passed = sum(step.tally.passed for step in steps)
    failed = sum(step.tally.failed for step in steps)
    skipped = sum(step.tally.skipped for step in steps)
    line = f"{passed} passed, {failed} failed"
    if skipped:
        line += f", {skipped} skipped"
    return f"{line} in {sum(step.seconds for step in steps):.0f} s"


def run_step(target):
    """Run one make target with its output shown, and count its tests."""
    print(f"\n==> make {target}", flush=True)
    shutil.rmtree(RESULTS, ignore_errors=True)
    started = time.monotonic()
    succeeded = subprocess.run(["make", target], check=False).returncode == 0
    seconds = time.monotonic() - started
    reports = sorted(RESULTS.glob("*.xml"))
    tally = tally_of_step([tally_of_file(path) for path in reports], succeeded)
    failures = [line for path in reports for line in failures_of_file(path)]
    slow = sorted((case for path in reports for case in seconds_of_file(path)), reverse=True)[:SLOWEST]
    return Step(target, seconds, succeeded and tally.failed == 0, tally, failures, slow)


def main(targets):
    """Run the targets, print the summary, return the exit status."""
    steps = [run_step(target) for target in targets]
    print()
    for step in steps:
        said, tally = "ok" if step.succeeded else "FAILED", step.tally
        print(f"{step.target:<10} {said:<6} {tally.passed:5d} passed {tally.failed:3d} failed {step.seconds:6.0f} s")
    print("\nThe slowest tests:")
    for seconds, name in sorted((case for step in steps for case in step.slow), reverse=True)[:SLOWEST]:
        print(f"{seconds:7.1f} s  {name}")
    failures = [f"{step.target} {line}" for step in steps for line in step.failures]
    for line in failures[:MOST_FAILURES]:
        print(f"\nFAILED {line}")
    if len(failures) > MOST_FAILURES:
        print(f"\nand {len(failures) - MOST_FAILURES} failures more")
    print(f"\n{closing_line(steps)}")
    return 0 if all(step.succeeded for step in steps) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run molecule scenarios, all or those named, each in a fresh lab, and make sure that each one tested a host.

The lab is "rtf-molecule" unless LAB_NAME says otherwise, so that a lab in use for a demonstration is left alone.
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = CHECKOUT / "build" / "results"
STATE = CHECKOUT / "build" / "molecule"
LAB = [sys.executable, str(CHECKOUT / "tests" / "lab" / "lab.py"), "--name"]
DEFAULT_NAME = "rtf-molecule"
OWNER_OF_THE_LAB = "default"


def all_scenarios():
    """Return the names of the scenarios that test something."""
    names = sorted(path.parent.name for path in (CHECKOUT / "molecule").glob("*/molecule.yml"))
    return [name for name in names if name != OWNER_OF_THE_LAB]


def untested(scenarios, results):
    """Return those of the scenarios whose JUnit file below results (a path) is missing or has no test in it."""
    return [name for name in scenarios if not count_tests(results / ("molecule-%s.xml" % name))]


def count_tests(path):
    """Return the number of test cases that a JUnit file says were run; none where there is no file."""
    if not path.exists():
        return 0
    cases = xml.etree.ElementTree.parse(path).getroot().iter("testcase")
    return sum(1 for case in cases if case.find("skipped") is None)


def exports(text):
    """Return the variables that a series of shell `export` commands sets, as a dictionary."""
    words = shlex.split(text, comments=True)
    return dict(word.split("=", 1) for word in words if word != "export")


def run_scenario(name, lab):
    """Run one scenario on pristine hosts; return True when it passed. lab is the command line of the lab, as a list."""
    print("\n==> molecule scenario %s" % name, flush=True)
    # What an earlier run left would make steps pass that do nothing. The default scenario would bring the lab up too,
    # but would say nothing until it is.
    for command in ("down", "up"):
        if subprocess.run([*lab, command], check=False).returncode:
            return False
    env = subprocess.run([*lab, "env"], check=True, stdout=subprocess.PIPE).stdout.decode()
    # molecule remembers there that hosts are prepared, and would skip the guard after a run that was cut short.
    shutil.rmtree(STATE, ignore_errors=True)
    env = dict(os.environ, **exports(env), MOLECULE_EPHEMERAL_DIRECTORY=str(STATE))
    return subprocess.run(["molecule", "test", "--scenario-name", name], env=env, check=False).returncode == 0


def main(names):
    scenarios = names or all_scenarios()
    if not scenarios:
        print("error: there is no molecule scenario to run", file=sys.stderr)
        return 1
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in scenarios:
        (RESULTS / ("molecule-%s.xml" % name)).unlink(missing_ok=True)

    lab = LAB + [os.environ.get("LAB_NAME") or DEFAULT_NAME]
    failed = [name for name in scenarios if not run_scenario(name, lab)]
    silent = untested(scenarios, RESULTS)
    for name in failed:
        print("error: scenario %s failed" % name, file=sys.stderr)
    for name in silent:
        print("error: scenario %s tested no host" % name, file=sys.stderr)
    return 1 if failed or silent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run molecule scenarios, all or those named, each in a fresh lab, and make sure that each one tested a host.

A scenario with a file of its name in tests/lab/clusters has the nodes that it declares, all others have those of
tests/lab/cluster.yml.

Several run at a time, each lane in a lab of its own: most of a scenario is waiting for SSH. The labs are called
"rtf-molecule", or what LAB_NAME says, and the same with a number, so that a lab in use for a demonstration is left
alone. What a scenario prints is shown when it has ended, except where it runs alone.
"""

import concurrent.futures
import os
import pathlib
import queue
import shlex
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = CHECKOUT / "build" / "results"
STATE = CHECKOUT / "build" / "molecule"
LAB = [sys.executable, str(CHECKOUT / "tests" / "lab" / "lab.py"), "--name"]
DEFAULT_NAME = "rtf-molecule"
OWNER_OF_THE_LAB = "default"
LANES = 2
# These take minutes, and begin first, so that no lane is idle at the end.
LONGEST = (
    "rtf_firewall_firewalld",
    "rtf_time_sync",
    "revert_rtf",
    "rtf_proxy",
    "rtf_firewall_nftables",
    "port_matrix",
    "rtf_kernel",
    "rtf_firewall_ufw",
    "rtf_preflight",
    "prepare_rtf",
    "rtf_firewall_iptables",
    "egress",
    "el_nodes",
    "self_managed",
)
# These run only where they are named. el_roles shows of each role what el_nodes shows of all together.
ON_REQUEST = ("el_roles",)


def all_scenarios():
    """Return the names of the scenarios that test something, in the order in which they begin."""
    names = {path.parent.name for path in (CHECKOUT / "molecule").glob("*/molecule.yml")} - {OWNER_OF_THE_LAB}
    return [*(name for name in LONGEST if name in names), *sorted(names.difference(LONGEST))]


def usual_scenarios():
    """Return the names of those that run where none is named."""
    return [name for name in all_scenarios() if name not in ON_REQUEST]


def untested(scenarios, results):
    """Return those of the scenarios whose JUnit file below results (a path) is missing or has no test in it."""
    return [name for name in scenarios if not count_tests(results / (f"molecule-{name}.xml"))]


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


def lab_names(first, scenarios, lanes=LANES):
    """Names of the labs for so many scenarios (a number): `first`, then `first`-2 and so on."""
    return [first if lane == 1 else f"{first}-{lane}" for lane in range(1, min(lanes, scenarios) + 1)]


def cluster_of(name):
    """Variables that say which nodes the lab of a scenario has; none where these are the usual ones."""
    cluster = CHECKOUT / "tests" / "lab" / "clusters" / f"{name}.yml"
    return {"LAB_CLUSTER": str(cluster)} if cluster.exists() else {}


def run_scenario(name, lab, output):
    """Run one scenario on pristine hosts; return True when it passed.

    lab is the name of the lab to run in; output the open file for what is printed, None for this process's own.
    """

    def run(words, **variables):
        return (
            subprocess.run(
                words,
                env={**os.environ, **cluster_of(name), **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output and subprocess.STDOUT,
                check=False,
            ).returncode
            == 0
        )

    # What an earlier run left would make steps pass that do nothing. The default scenario would bring the lab up too,
    # but would say nothing until it is.
    if not all(run([*LAB, lab, command]) for command in ("down", "up")):
        return False
    env = subprocess.run([*LAB, lab, "env"], check=True, stdout=subprocess.PIPE).stdout.decode()
    # molecule remembers there that hosts are prepared, and would skip the guard after a run that was cut short.
    state = STATE / lab
    shutil.rmtree(state, ignore_errors=True)
    return run(["molecule", "test", "--scenario-name", name], **exports(env), MOLECULE_EPHEMERAL_DIRECTORY=str(state))


def run_beside_others(name, labs):
    """Run one scenario in a lab of the queue `labs`, then show what it printed; return True when it passed."""
    lab = labs.get()
    started = time.monotonic()
    print(f"==> molecule scenario {name} begins in the lab {lab}\n", end="", flush=True)
    log = RESULTS / (f"molecule-{name}.log")
    with open(log, "wb") as output:
        passed = run_scenario(name, lab, output)
    labs.put(lab)
    said = "ok" if passed else "FAILED"
    print(f"\n==> molecule scenario {name}: {said} after {time.monotonic() - started:.0f} s", flush=True)
    print(log.read_text(errors="replace"), flush=True)
    return passed


def run_scenarios(scenarios, labs):
    """Run scenarios in labs (lists of names); return those that failed."""
    if len(scenarios) == 1:
        print(f"\n==> molecule scenario {scenarios[0]}", flush=True)
        return [name for name in scenarios if not run_scenario(name, labs[0], None)]
    free = queue.Queue()
    for lab in labs:
        free.put(lab)
    with concurrent.futures.ThreadPoolExecutor(len(labs)) as pool:
        passed = list(pool.map(lambda name: run_beside_others(name, free), scenarios))
    return [name for name, ok in zip(scenarios, passed) if not ok]


def main(names):
    scenarios = names or usual_scenarios()
    if not scenarios:
        print("error: there is no molecule scenario to run", file=sys.stderr)
        return 1
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in scenarios:
        (RESULTS / (f"molecule-{name}.xml")).unlink(missing_ok=True)

    failed = run_scenarios(scenarios, lab_names(os.environ.get("LAB_NAME") or DEFAULT_NAME, len(scenarios)))
    silent = untested(scenarios, RESULTS)
    for name in failed:
        print(f"error: scenario {name} failed", file=sys.stderr)
    for name in silent:
        print(f"error: scenario {name} tested no host", file=sys.stderr)
    return 1 if failed or silent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

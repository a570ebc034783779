# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill the preparation at every task in turn: python tests/kills/kills.py --help"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import queue
import shlex
import sys
import time

import yaml

from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills import audits, cases, sites, states, tasks, trial
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.results import Results, numbers
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import lifecycle
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import podman

WORK = tasks.CHECKOUT / "build" / "kills"
LAB = "rtf-kills"
FIRST_HOST_NUMBER = 11
AUDITED = ("audit-1", "audit-2")
PREPARED = ("nftables", "firewalld")


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", metavar="GLOB",
                        help="trials whose name (task | moment | what follows) matches; may be given several times")
    parser.add_argument("--configuration", action="append", choices=[*PREPARED, "audit"], help="all without it")
    parser.add_argument("--resume", action="store_true", help="leave out what the file of results has already")
    parser.add_argument("--failed", action="store_true", help="with --resume: try again what went wrong")
    parser.add_argument("--nodes", type=int, default=3, help="how many trials at a time (3)")
    parser.add_argument("--suite", default="bookworm", help="the Debian release of the nodes (bookworm)")
    parser.add_argument("--thorough", action="store_true", help="every moment of every task, not only those that differ")
    parser.add_argument("--list", action="store_true", help="rehearse, and say which trials there are")
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    return parser.parse_args(arguments)


def cluster(count, suite):
    """The content of a cluster file: nodes to kill on, and two for audits."""
    names = [f"kills-{number + 1}" for number in range(count)] + list(AUDITED)
    return {"nodes": [{"name": name, "group": "rtf_workers" if name == AUDITED[1] else "rtf_controllers",
                       "host_number": FIRST_HOST_NUMBER + number, "suite": suite} for number, name in enumerate(names)]}


def selected(found, wanted, done, configuration):
    """Those of the Cases that are asked for and not done."""
    chosen = [case for case in found if not wanted or any(fnmatch.fnmatch(case.name, glob) for glob in wanted)]
    return [case for case in chosen if f"{configuration}: {case.name}" not in done]


def run_prepared(lab, configuration, wanted, ran, results):
    """All trials of a configuration; leaves out tasks in `ran`, and adds those of this one. Returns whether it was rehearsed."""
    bench = trial.Bench(lab, "kills-1", configuration, WORK / configuration / "rehearsal")
    begun = time.monotonic()
    rehearsal, made = trial.rehearse(bench)
    print(f"{configuration}: rehearsed in {time.monotonic() - begun:.0f} s, exit code {rehearsal.code}", flush=True)
    if rehearsal.code:
        print(rehearsal.output)
        return False
    seconds = cases.durations(rehearsal.events)
    found = [case for case in cases.cases(rehearsal.events, wanted.thorough) if case.task.partition("#")[0] not in ran]
    ran |= {task.partition("#")[0] for task in seconds}
    chosen = selected(found, wanted.only, results.done, configuration)
    print(f"{configuration}: {len(seconds)} tasks ran, {len(found)} trials, {len(chosen)} to do", flush=True)
    if wanted.list:
        print("\n".join(f"  {case.name}" for case in chosen))
        return True
    free = queue.Queue()
    for number in range(wanted.nodes):
        free.put(f"kills-{number + 1}")

    def work(case):
        node = free.get()
        try:
            name = f"{configuration}: {case.name}"
            directory = WORK / configuration / "".join(c if c.isalnum() else "_" for c in case.name)
            bench = trial.Bench(lab, node, configuration, directory)
            bench.pristine()
            kill = cases.kill_of(case, seconds[case.task], shlex.join(podman()), lab.container(node), states.MODULES)
            row = {"name": name, "task": case.task, **trial.attempt(bench, kill, case.follow_up, made)}
            results.add(row)
            print(f"{row['seconds']:6.0f} s  {', '.join(row['verdict']) or 'ok'}: {name}", flush=True)
        finally:
            free.put(node)

    with concurrent.futures.ThreadPoolExecutor(wanted.nodes) as pool:
        list(pool.map(work, chosen))
    return True


def run_audits(lab, wanted, ran, results):
    """The trials of the audit, one after the other: they share two nodes."""
    bench = audits.AuditBench(lab, AUDITED, WORK / "audit")
    rehearsal = bench.prepare()
    if rehearsal is None:
        return False
    seconds = cases.durations(rehearsal.events)
    found = [case for case in audits.cases_of(rehearsal.events) if case.task.partition("#")[0] not in ran]
    ran |= {task.partition("#")[0] for task in seconds}
    chosen = selected(found, wanted.only, results.done, "audit")
    print(f"audit: {len(seconds)} tasks ran, {len(found)} trials, {len(chosen)} to do", flush=True)
    if wanted.list:
        print("\n".join(f"  {case.name}" for case in chosen))
        return True
    for case in chosen:
        name = f"audit: {case.name}"
        kill = cases.kill_of(case, seconds[case.task], "", "", "")
        row = {"name": name, "task": case.task, **bench.attempt(kill)}
        results.add(row)
        print(f"{row['seconds']:6.0f} s  {', '.join(row['verdict']) or 'ok'}: {name}", flush=True)
    return True


def main(arguments):
    wanted = options(arguments)
    begun = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    results = Results(WORK / "results.jsonl", wanted.resume)
    if wanted.failed:
        results.forget_failed()
    path = WORK / "cluster.yml"
    path.write_text(yaml.safe_dump(cluster(wanted.nodes, wanted.suite), sort_keys=False), encoding="utf-8")
    name = os.environ.get("LAB_NAME") or LAB
    lab = lifecycle.up(name, str(path))
    complete, ran = True, set()
    try:
        for configuration in PREPARED:
            if configuration in (wanted.configuration or PREPARED):
                complete &= run_prepared(lab, configuration, wanted, ran, results)
        if "audit" in (wanted.configuration or ["audit"]):
            complete &= run_audits(lab, wanted, ran, results)
    finally:
        if not wanted.keep:
            lifecycle.down(name)
    never = [task for task in tasks.tasks_of("prepare_rtf") if task not in ran]
    if wanted.list:
        return 0
    print(f"\n{len(never)} tasks never ran here:", *(f"  {task}" for task in never), sep="\n")
    print("", *numbers(results.rows), f"in {time.monotonic() - begun:.0f} s; {results.path}", sep="\n")
    return 0 if complete and not any(row["verdict"] for row in results.rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

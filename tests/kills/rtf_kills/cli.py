# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: a lab for the campaign, its parts one after the other, and the numbers in the end."""

import argparse
import fnmatch
import os
import shutil
import tempfile
import time

import yaml

from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills import campaign, tasks
from ansible_collections.hostprep.runtime_fabric.tests.kills.rtf_kills.results import Results, numbers
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import lifecycle

WORK = tasks.CHECKOUT / "build" / "kills"
LAB = "rtf-kills"
FIRST_HOST_NUMBER = 11


def options(arguments):
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="kills.py", description="Kill prepare_rtf at every task in turn, in a lab of its own."
    )
    parser.add_argument(
        "--part", action="append", choices=campaign.PARTS, help="all without it; may be given several times"
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="GLOB",
        help="trials whose name (part: task | moment | what follows) matches; may be given several times",
    )
    parser.add_argument("--resume", action="store_true", help="leave out what the file of results has already")
    parser.add_argument("--failed", action="store_true", help="like --resume, and try again what went wrong")
    parser.add_argument(
        "--thorough", action="store_true", help="every moment of every task, not only those that differ"
    )
    parser.add_argument("--nodes", type=int, default=3, help="how many trials at a time (3)")
    parser.add_argument("--suite", default="bookworm", help="the Debian release of the nodes (bookworm)")
    parser.add_argument("--list", action="store_true", help="rehearse, and say which trials there are")
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    return parser.parse_args(arguments)


def cluster(count, suite):
    """The content of a cluster file: nodes to kill on, and two for audits."""
    names = [f"kills-{number + 1}" for number in range(count)] + list(campaign.AUDITED)
    return {
        "nodes": [
            {
                "name": name,
                "group": "rtf_workers" if name == campaign.AUDITED[1] else "rtf_controllers",
                "host_number": FIRST_HOST_NUMBER + number,
                "suite": suite,
            }
            for number, name in enumerate(names)
        ]
    }


def main(arguments):
    """Return the exit code: 0 where every trial went well."""
    wanted = options(arguments)
    begun = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    results = Results(WORK / "results.jsonl", wanted.resume or wanted.failed, wanted.failed)
    path = WORK / "cluster.yml"
    path.write_text(yaml.safe_dump(cluster(wanted.nodes, wanted.suite), sort_keys=False), encoding="utf-8")
    name = os.environ.get("LAB_NAME") or LAB
    lab = lifecycle.up(name, str(path))
    os.environ["RTF_KILLS_CACHE"] = tempfile.mkdtemp(prefix="kills-")
    try:
        run = campaign.Campaign(lab, WORK, wanted, results)
        outcomes = [run.part(part) for part in campaign.PARTS if part in (wanted.part or campaign.PARTS)]
    finally:
        shutil.rmtree(os.environ["RTF_KILLS_CACHE"], ignore_errors=True)
        if not wanted.keep:
            lifecycle.down(name)
    if wanted.list:
        return 0
    never = [task for task in tasks.tasks_of("prepare_rtf") if not fnmatch.filter(run.ran, task)]
    print(f"\n{len(never)} tasks of prepare_rtf never ran here:", *(f"  {task}" for task in never), sep="\n")
    print("", *numbers(results.rows), f"in {time.monotonic() - begun:.0f} s; {results.path}", sep="\n")
    return 0 if all(outcomes) and not any(row["verdict"] for row in results.rows) else 1

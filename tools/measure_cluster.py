# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what an audit of a cluster costs, in a lab of its own: `measure_cluster.py [NODES]`, 30 by default.

Three of the nodes are controllers. The audit runs as in examples/site, the port matrix included. What is printed are
seconds of the wall for each task, CPU time and memory of the control node's processes, CPU time of the nodes, remote
tasks, and the result of the matrix. All nodes and the control node share this machine, so seconds say what the machine
did; CPU time is what carries over to hosts of one's own. The lab is taken down in the end.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
WORK = CHECKOUT / "build" / "measure-cluster"
LAB = "rtf-measure"
CONTROLLERS = 3
FIRST_HOST_NUMBER = 11
FORKS = 10
DEADLINE = 600.0
sys.path.insert(0, str(CHECKOUT / "tests" / "lab"))

TASK = re.compile(r"TASK \[(?:hostprep\.runtime_fabric\.\w+ : )?(?P<name>.*?)\] \*+$")
RECAP = re.compile(r"^(?P<host>\S+)\s*: ok=(?P<ok>\d+) .*unreachable=(?P<unreachable>\d+) +failed=(?P<failed>\d+)")


def cluster(count):
    """Return the content of a cluster file of so many nodes."""
    names = [f"controller-{number + 1}" for number in range(CONTROLLERS)]
    names += [f"worker-{number + 1}" for number in range(count - CONTROLLERS)]
    return {
        "nodes": [
            {"name": name, "group": "rtf_{}s".format(name.partition("-")[0]), "host_number": FIRST_HOST_NUMBER + number}
            for number, name in enumerate(names)
        ]
    }


def processor_seconds(lab):
    """Return {node: seconds of CPU time since it was started}."""
    from rtf_lab.machine import podman, run

    names = {lab.container(node): node for node in lab.nodes}
    done = run([*podman(), "stats", "--no-stream", "--format", "{{.Name}} {{.CPUNano}}", *names])
    return {names[line.split()[0]]: int(line.split()[1]) / 1e9 for line in done.stdout.decode().splitlines()}


def audit(site, inventory, variables):
    """Run the audit. Return (its lines with the second at which each came, what wait4 says of its processes)."""
    words = [
        "ansible-playbook",
        "audit-rtf.yml",
        "-i",
        "inventory",
        "-i",
        inventory,
        "--forks",
        str(FORKS),
        "-e",
        json.dumps(variables),
    ]
    surroundings = {**os.environ, "ANSIBLE_FORCE_COLOR": "false", "ANSIBLE_NOCOLOR": "true", "PYTHONUNBUFFERED": "1"}
    lines, begun = [], time.monotonic()
    with subprocess.Popen(
        words,
        cwd=site,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout:
            lines.append((time.monotonic() - begun, line.rstrip("\n")))
        dummy, process.returncode, usage = os.wait4(process.pid, 0)
    return lines, usage


def seconds_of_tasks(lines):
    """Return [(task, seconds)] in the order in which they ran."""
    begins = [
        (moment, match["name"]) for moment, match in ((moment, TASK.match(line)) for moment, line in lines) if match
    ]
    ends = [moment for moment, dummy in begins[1:]] + [lines[-1][0]]
    return [(name, end - moment) for (moment, name), end in zip(begins, ends)]


def measure(lab):
    """Audit a lab and print what it cost. Returns True when every pair of nodes passed."""
    from rtf_lab.environment import environment

    site = WORK / "site"
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(CHECKOUT / "examples" / "site", site)
    os.environ.update(environment(lab.instance))
    before = processor_seconds(lab)
    # One machine works for all nodes here, so a node may take its time.
    variables = {"rtf_preflight_enforce": False, "rtf_preflight_port_matrix_deadline": DEADLINE}
    lines, usage = audit(site, os.environ["LAB_INVENTORY"], variables)
    after = processor_seconds(lab)
    report = site / "rtf-report" / "report.json"
    if not report.exists():
        print("\n".join(line for dummy, line in lines))
        return False
    for name, seconds in seconds_of_tasks(lines):
        print(f"  {seconds:7.1f} s  {name}")
    spent = sorted(after[node] - before[node] for node in lab.nodes)
    recaps = [match for match in (RECAP.match(line) for dummy, line in lines) if match and match["host"] in lab.nodes]
    matrix = json.loads(report.read_text(encoding="utf-8"))["port_matrix"]
    pairs = [pair for pair in matrix["pairs"] if pair["source"] != pair["destination"]]
    good = [pair for pair in pairs if pair["status"] == "pass"]
    print(f"{len(lab.nodes)} nodes, {FORKS} forks: {lines[-1][0]:.1f} s in all")
    print(
        f"control node: {usage.ru_utime + usage.ru_stime:.1f} s of CPU time, {usage.ru_maxrss / 1e3:.0f} MB in its largest "
        f"process, {report.stat().st_size / 1e6:.1f} MB of report"
    )
    print(f"a node: {spent[0]:.1f} to {spent[-1]:.1f} s of CPU time, median {spent[len(spent) // 2]:.1f}")
    tasks = [int(match["ok"]) for match in recaps]
    print(f"remote tasks: {sum(tasks)} of all nodes, at most {max(tasks)} of one")
    ports, peers = sum(pair["ports"] for pair in matrix["pairs"]), matrix["peers_per_node"] or "all"
    print(f"matrix: {len(good)} of {len(pairs)} pairs OK, {ports} ports tried, {peers} peers a node")
    lost = [match["host"] for match in recaps if int(match["unreachable"]) or int(match["failed"])]
    wrong = ["{source} -> {destination}: {status}".format(**pair) for pair in pairs if pair["status"] != "pass"]
    print("\n".join(f"  {line}" for line in [*(f"lost: {name}" for name in lost), *wrong[:20]]))
    return len(good) == len(pairs) and not lost


def main(arguments):
    count = int(arguments[0]) if arguments else 30
    from rtf_lab import lifecycle

    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / "cluster.yml"
    path.write_text(yaml.safe_dump(cluster(count), sort_keys=False), encoding="utf-8")
    begun = time.monotonic()
    try:
        lab = lifecycle.up(LAB, str(path))
        print(f"the lab of {count} nodes was there after {time.monotonic() - begun:.0f} s", flush=True)
        return 0 if measure(lab) else 1
    finally:
        lifecycle.down(LAB)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what an audit costs the controller: `measure_controller.py [NODES...]`, 30 and 100 by default.

The nodes do not exist: a connection plugin of tests/bench/controller answers at once with what nodes of the lab
returned, so that all time is the controller's. Where nothing is recorded yet, an audit of a lab of its own is recorded
first. What is printed are seconds of the wall and of CPU time of all processes of the
controller, the memory of its largest one and of all together, tasks on the screen, remote tasks, the size of what the run
wrote, the seconds in which report.html is built, and the seconds of each task with -v.
COLLECTION names another checkout to measure, ANSIBLE_PLAYBOOK another ansible-playbook, FORKS another number of forks.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
PLUGINS = CHECKOUT / "tests" / "bench" / "controller"
RECORDING = CHECKOUT / "build" / "measure-controller" / "recording.json"
LAB = "rtf-controller"
FORKS = int(os.environ.get("FORKS", "10"))
CONTROLLERS = 3
TASK = re.compile(r"^TASK \[(?:hostprep\.runtime_fabric\.\w+ : )?(?P<name>.*?)\] \*+$")
SHARE = re.compile(r"^Pss: +(?P<kilobytes>\d+) kB$", re.MULTILINE)
# Seconds between two readings of the memory of all processes, which cost the machine some CPU time.
READING = 0.5
# What the recorded audit measures besides the defaults.
INPUTS = {"rtf_preflight_enforce": False}


def inventory(count):
    """Return the inventory of so many nodes that do not exist, three of them controllers."""
    names = [f"controller-{number + 1}" for number in range(CONTROLLERS)]
    names += [f"worker-{number + 1}" for number in range(count - CONTROLLERS)]
    lines = [f"{name} ansible_host=10.1.{place // 200}.{place % 200 + 10}" for place, name in enumerate(names)]
    groups = ["[rtf_controllers]", *lines[:CONTROLLERS], "[rtf_workers]", *lines[CONTROLLERS:]]
    members = ["[rtf_nodes:children]", "rtf_controllers", "rtf_workers"]
    variables = ["[rtf_nodes:vars]", "ansible_connection=recorded", "ansible_python_interpreter=/usr/bin/python3"]
    return "\n".join([*groups, *members, *variables, ""])


def command(inputs):
    """Return the words that run ansible-playbook."""
    return [os.environ.get("ANSIBLE_PLAYBOOK", "ansible-playbook"), "audit-rtf.yml", "-e", json.dumps(inputs)]


def collections():
    """Return where the collection that is measured lies."""
    return str(pathlib.Path(os.environ.get("COLLECTION", CHECKOUT)) / ".ansible" / "collections")


def site(place):
    """Put the example site into a directory, and return it."""
    shutil.copytree(CHECKOUT / "examples" / "site", place, dirs_exist_ok=True)
    return place


def record():
    """Audit a lab of its own, and keep what its nodes returned."""
    sys.path.insert(0, str(CHECKOUT / "tests" / "lab"))
    from rtf_lab import lifecycle

    try:
        _audit(lifecycle.up(LAB, str(CHECKOUT / "tests" / "lab" / "cluster.yml")))
    finally:
        lifecycle.down(LAB)


def _audit(lab):
    from rtf_lab.environment import environment

    surroundings = {
        **os.environ,
        **environment(lab.instance),
        "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "recorder",
        "RECORDING": str(RECORDING),
    }
    RECORDING.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        words = [*command(INPUTS), "-i", "inventory", "-i", surroundings["LAB_INVENTORY"]]
        subprocess.run(words, cwd=site(place), env=surroundings, check=True, stdout=subprocess.DEVNULL)


def memory_of(process):
    """Return the bytes of memory that a process and its descendants use, what they share counted once."""
    parents = {int(place.parent.name): _parent(_text(place)) for place in pathlib.Path("/proc").glob("[0-9]*/stat")}
    family = {process}
    while children := {child for child, parent in parents.items() if parent in family} - family:
        family |= children
    shares = [SHARE.search(_text(pathlib.Path(f"/proc/{member}/smaps_rollup"))) for member in family]
    return sum(int(share["kilobytes"]) * 1024 for share in shares if share)


def _text(path):
    """Return the content of a file of a process, empty if the process ended."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _parent(stat):
    """Return the number of the parent that a file `stat` names, None if it is empty."""
    words = stat.rpartition(")")[2].split()
    return int(words[1]) if words else None


class Memory(threading.Thread):
    """Reads the memory of a process and its descendants until it is stopped; peak is the most that it found, in bytes."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.peak, self.ended = process, 0, threading.Event()

    def run(self):
        while not self.ended.wait(READING):
            self.peak = max(self.peak, memory_of(self.process))

    def stop(self):
        self.ended.set()
        self.join()


def measure(count, place, recording=RECORDING, inputs=None):
    """Audit so many simulated nodes.

    Return (lines with the second of each, what wait4 says, [(host, module)], most bytes of all processes together).
    """
    calls = pathlib.Path(place) / "calls"
    (pathlib.Path(place) / "inventory").write_text(inventory(count), encoding="utf-8")
    surroundings = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": collections(),
        "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS / "connection"),
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_NOCOLOR": "true",
        "PYTHONUNBUFFERED": "1",
        "RECORDING": str(recording),
        "CALLS": str(calls),
    }
    words = [*command(INPUTS if inputs is None else inputs), "-i", "inventory", "--forks", str(FORKS)]
    lines, begun = [], time.monotonic()
    with subprocess.Popen(
        words, cwd=place, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        memory = Memory(process.pid)
        memory.start()
        for line in process.stdout:
            lines.append((time.monotonic() - begun, line.rstrip("\n")))
        memory.stop()
        dummy, process.returncode, usage = os.wait4(process.pid, 0)
    if not (pathlib.Path(place) / "rtf-report" / "report.json").exists():
        print("\n".join(line for dummy, line in lines[-40:]), file=sys.stderr)
        raise SystemExit(f"the audit of {count} simulated nodes wrote no report")
    called = [tuple(line.split()) for line in calls.read_text(encoding="utf-8").splitlines()]
    return lines, usage, called, memory.peak


def sizes(place):
    """Return {name: bytes} of the files that the run wrote."""
    run = pathlib.Path(place) / "rtf-report" / "latest"
    return {path.name: path.stat().st_size for path in sorted(run.iterdir())}


def seconds_of_page(place):
    """Return the seconds in which report.html is built from report.json."""
    from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.audit.report_document import Report
    from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.html import page

    document = json.loads((pathlib.Path(place) / "rtf-report" / "report.json").read_text(encoding="utf-8"))
    begun = time.monotonic()
    page.text(Report(document, [], {}))
    return time.monotonic() - begun


def tasks_shown(lines):
    """Return [(second, task)] of the tasks on the screen."""
    return [
        (moment, found["name"]) for moment, found in ((moment, TASK.match(line)) for moment, line in lines) if found
    ]


def report(count, lines, usage, calls, memory, every):
    """Print what an audit cost."""
    begins = tasks_shown(lines)
    of_node = Counter(host for host, dummy in calls)
    if every:
        for (moment, name), (end, _following) in zip(begins, [*begins[1:], (lines[-1][0], "")]):
            print(f"  {end - moment:7.1f} s  {name}")
        print(
            f"  calls of the busiest node: {[module for host, module in calls if host == of_node.most_common(1)[0][0]]}"
        )
    print(
        f"{count} nodes, {FORKS} forks: {lines[-1][0]:.1f} s, {usage.ru_utime + usage.ru_stime:.1f} s of CPU time, "
        f"{usage.ru_maxrss / 1e3:.0f} MB in the largest process, {memory / 1e6:.0f} MB in all processes, "
        f"{len(begins)} tasks shown, at most {max(of_node.values())} remote tasks a node",
        flush=True,
    )


def main(arguments):
    every = "-v" in arguments
    counts = [int(word) for word in arguments if word != "-v"] or [30, 100]
    if not RECORDING.exists():
        record()
    for count in counts:
        with tempfile.TemporaryDirectory() as place:
            report(count, *measure(count, site(place)), every)
            written = ", ".join(f"{name}: {size / 1e6:.2f} MB" for name, size in sizes(place).items())
            print(f"{written}; report.html built in {seconds_of_page(place):.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

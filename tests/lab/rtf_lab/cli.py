# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the lab."""

import argparse
import os
import shlex
import sys
import time

from . import environment, images, lifecycle
from .instance import INTERNET, instance_name
from .lab import Lab
from .machine import LabError, podman, say


def main():
    """Run one subcommand; returns the exit code."""
    options = parser().parse_args()
    try:
        return options.run(options, instance_name(options.name)) or 0
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the next `up` cleans up", file=sys.stderr)
        return 130


def parser():
    """The argument parser; each subcommand sets `run`."""
    top = argparse.ArgumentParser(prog="lab.py", description="Nodes and a simulated Internet in containers.")
    top.add_argument("--name", help="which instance (default: LAB_NAME, else rtf-lab)")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name, run, text):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    command = add("up", run_up, "bring the lab up; keeps what is right already")
    command.add_argument(
        "--cluster",
        default=os.environ.get("LAB_CLUSTER") or lifecycle.CLUSTER,
        help="a cluster file (default: LAB_CLUSTER, else tests/lab/cluster.yml)",
    )
    add("down", run_down, "remove the instance's containers and network")
    add("status", run_status, "say what is running; exit 1 unless all is ready")
    add("env", run_env, "print shell exports with which Ansible reaches the nodes")
    add("build", run_build, "build the images that are missing")
    command = add("exec", run_exec, f"run a command as root in a node or in {INTERNET!r}")
    command.add_argument("node")
    command.add_argument("command", nargs=argparse.REMAINDER, help="after --")
    command = add("restart", run_restart, f"restart a node or {INTERNET!r} and wait until it works")
    command.add_argument("node")
    return top


def run_up(options, name):
    """Bring the lab up."""
    started = time.monotonic()
    lab = lifecycle.up(name, options.cluster)
    addresses = ", ".join(f"{node} {address}" for node, address in lab.nodes.items())
    say(f"{name} was ready after {time.monotonic() - started:.0f} s: {addresses}")


def run_down(_options, name):
    """Take it down."""
    lifecycle.down(name)


def run_status(_options, name):
    """Print a table."""
    rows = Lab.named(name).status()
    for row in rows:
        print("{:14} {:16} {:24} {}".format(*row))
    return 0 if all(row[3] == "ready" for row in rows) else 1


def run_env(_options, name):
    """Print exports."""
    for variable, value in environment.environment(Lab.named(name).instance).items():
        print(f"export {variable}={shlex.quote(value)}")


def run_build(_options, _name):
    """Build images."""
    for image in images.ensure_images().values():
        say(f"{image.name}: {image.tarball}")


def run_exec(options, name):
    """Become the command, so that terminals and exit codes are its own."""
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    terminal = ["--interactive", "--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else ["--interactive"]
    container = Lab.named(name).container(options.node)
    words = [*podman(), "exec", *terminal, container, *(command or ["/bin/bash"])]
    os.execvp(words[0], words)


def run_restart(options, name):
    """Restart one container."""
    Lab.named(name).restart(options.node)

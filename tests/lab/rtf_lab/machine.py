# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine that runs the lab is like, and commands run on it."""

import functools
import os
import resource
import shutil
import subprocess
from pathlib import Path

PODMAN_LIMIT = 1048576
INOTIFY = Path("/proc/sys/fs/inotify")


class LabError(Exception):
    """The lab cannot do what was asked; the text says why and what to do about it."""


def run(argv, stdin=None, check=True):
    """Run a command, capture its output; `stdin` and the output are bytes.

    Raises LabError with the command and its last words when it fails and `check` is set.
    """
    try:
        done = subprocess.run(
            argv, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]} is not installed: run tests/lab/install-packages.sh") from error
    if check and done.returncode:
        raise LabError(f"{' '.join(map(str, argv))}: exit {done.returncode}\n{last_words(done)}")
    return done


def last_words(done):
    """The last lines of what a finished command said, standard error preferred."""
    said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace")
    return "\n".join(said.splitlines()[-10:])


def as_root():
    """The words before a command that needs root: none for root, `sudo -n` for anybody else."""
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


@functools.cache
def has_pure_cgroup2():
    """True when the machine uses cgroup v2 only."""
    return Path("/sys/fs/cgroup/cgroup.controllers").exists()


@functools.cache
def podman():
    """The words that start podman on this machine, as a list.

    crun, the usual runtime, starts no systemd container on a machine with cgroup v1 hierarchies; runc does.
    """
    if not shutil.which("podman"):
        raise LabError("podman is not installed: run tests/lab/install-packages.sh")
    runtime = [] if has_pure_cgroup2() else ["--runtime", "runc"]
    return [*as_root(), "podman", *runtime]


def ulimits():
    """podman options that keep a container's limits within what this process may give.

    podman asks for 1048576 by default, which a runtime without CAP_SYS_RESOURCE is refused; and podman itself goes on
    with no more processes than there can be process ids.
    """
    pid_max = int(Path("/proc/sys/kernel/pid_max").read_text(encoding="ascii"))
    files = upper_limit(resource.getrlimit(resource.RLIMIT_NOFILE)[1], PODMAN_LIMIT)
    processes = upper_limit(resource.getrlimit(resource.RLIMIT_NPROC)[1], PODMAN_LIMIT, pid_max)
    return ["--ulimit", f"nofile={files}:{files}", "--ulimit", f"nproc={processes}:{processes}"]


def upper_limit(hard, *others):
    """The smallest of some limits, the first of which may be infinite."""
    return min(others) if hard == resource.RLIM_INFINITY else min(hard, *others)


def make_room_for(containers):
    """Raise this machine's limits of inotify to what a prepared node has, and to what so many containers need.

    Nodes cannot: these are settings of the machine, and read-only there. systemd and its services hold about ten
    instances in each container, all counted for root; 128 is a usual limit.
    """
    for name, needed in {"max_user_watches": 1048576, "max_user_instances": max(8192, 10 * containers + 64)}.items():
        if int((INOTIFY / name).read_text(encoding="ascii")) < needed:
            say(f"raising fs.inotify.{name} of this machine to {needed}")
            run([*as_root(), "sysctl", "--quiet", "--write", f"fs.inotify.{name}={needed}"])


def cache_directory():
    """Where images are kept between runs and checkouts."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    directory = Path(base) / "hostprep-runtime-fabric"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def say(text):
    """Report progress to the person who waits."""
    print(f"==> {text}", flush=True)

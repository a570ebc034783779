# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a node: apply each case with systemd-sysctl and with `sysctl --system`, and print what the kernel has.

Its argument is a JSON object: `names`, `before` and `cases`, `{case: {path: text, [target] for a link, or null for no file}}`. Prints
`{case: {"systemd": {name: value}, "sysctl": {name: value}, "late": value}}`. A file that a case replaces is put back.
"""

import json
import os
import subprocess
import sys

SYSTEMD = next(
    path for path in ("/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl") if os.path.exists(path)
)
LATE = "late0"


def quiet(*argv):
    """Run a program; it may fail, as it does for a value that the kernel refuses."""
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def value_of(path):
    with open("/proc/sys/" + path) as stream:
        return " ".join(stream.read().split())


def text_of(path):
    with open(path, newline="") as stream:
        return stream.read()


def put(path, content):
    """Make a path a file, a link or nothing; return what it was."""
    before = None
    if os.path.lexists(path):
        before = [os.readlink(path)] if os.path.islink(path) else text_of(path)
        os.unlink(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(content, list):
        os.symlink(content[0], path)
    elif content is not None:
        with open(path, "w", newline="") as stream:
            stream.write(content)
    return before


def applied(names, before, *argv):
    """Return what the kernel has after a program has run."""
    for name, path in names.items():
        with open("/proc/sys/" + path, "w") as stream:
            stream.write(before[name] + "\n")
    quiet(*argv)
    return {name: value_of(path) for name, path in names.items()}


def late():
    """Return what an interface has that is added now, once udev's rule has run for it."""
    quiet("ip", "link", "add", LATE, "type", "bridge")
    quiet(SYSTEMD, f"--prefix=/net/ipv4/conf/{LATE}")
    found = value_of(f"net/ipv4/conf/{LATE}/forwarding")
    quiet("ip", "link", "delete", LATE)
    return found


def main():
    asked = json.loads(sys.argv[1])
    found = {}
    for case, files in asked["cases"].items():
        replaced = {path: put(path, content) for path, content in files.items()}
        found[case] = {"systemd": applied(asked["names"], asked["before"], SYSTEMD), "late": late()}
        found[case]["sysctl"] = applied(asked["names"], asked["before"], "sysctl", "--system")
        for path, content in replaced.items():
            put(path, content)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()

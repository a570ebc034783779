# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an installation by apt adds and removes, before it is made, as far as the package lists of this host are recent."""

import os
import re
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_programs import run_text

# What an update changes that succeeds; the second one is there on Ubuntu, and where apt updates by itself.
MARKS = ("/var/lib/apt/lists", "/var/lib/apt/periodic/update-success-stamp")
RECENT = 3600  # seconds; a repository may not have the packages of older lists any more
TIMEOUT = 60  # seconds for a simulation

_LINE = re.compile(r"^(?P<how>Inst|Remv) (?P<name>\S+)(?P<former> \[)?", re.MULTILINE)


def changes_in(text):
    """Return ([names that are added], [names that are removed]) of what `apt-get --simulate` printed."""
    found = {"Inst": [], "Remv": []}
    for match in _LINE.finditer(text):
        if match["how"] == "Remv" or not match["former"]:  # an upgrade names the version that it replaces
            found[match["how"]].append(match["name"])
    return found["Inst"], found["Remv"]


def of_packages(packages, added, removed):
    """Return `{"packages_added", "packages_removed"}` of an installation of packages, which are always among those added.

    A package that is both, since another version takes its place, is neither.
    """
    added = list(packages) + list(added)
    return {
        "packages_added": [name for name in dict.fromkeys(added) if name not in removed],
        "packages_removed": [name for name in dict.fromkeys(removed) if name not in added],
    }


def lists_are_recent():
    """Whether the package lists were updated within RECENT seconds, by the clock of this host."""
    times = [os.stat(path).st_mtime for path in MARKS if os.path.exists(path)]
    return bool(times) and 0 <= time.time() - min(times) <= RECENT


def simulated(packages, recommends):
    """Return what `of_packages` does of an installation, None where the lists are older or apt would refuse it.

    recommends: whether recommended packages are installed, too.
    """
    if not lists_are_recent():
        return None
    option = "--option=APT::Install-Recommends={}".format("yes" if recommends else "no")
    try:
        text = run_text(["apt-get", "--simulate", "--quiet", "--yes", option, "install"] + packages, TIMEOUT)
    except Unreadable:
        return None
    return of_packages(packages, *changes_in(text))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read directories of drop-in files, such as sysctl.d, modules-load.d and modprobe.d, as their programs do.

A file name in an earlier directory hides the same name in a later one, a link to /dev/null hides it without setting
anything, and what is left is read in the order of the names. Hidden files are left out.
"""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
)


def effective_files(candidates):
    """Return the paths that are read, in their order, from paths of all directories in the order of precedence.

    `candidates` is a list of directories' listings: `[["/etc/sysctl.d/a.conf"], ["/run/sysctl.d/a.conf"]]`.
    """
    chosen = {}
    for listing in candidates:
        for path in listing:
            chosen.setdefault(os.path.basename(path), path)
    return [chosen[name] for name in sorted(chosen)]


def read_directories(directories):
    """Return `([(path, text)], [Unreadable of a file])` for the `*.conf` of directories, first one first."""
    listings, seen = [], set()
    for directory in directories:
        real = os.path.realpath(directory)
        if real in seen:  # /lib is a link to /usr/lib on merged systems
            continue
        seen.add(real)
        try:
            names = sorted(name for name in os.listdir(directory) if name.endswith(".conf") and name[0] != ".")
        except OSError:
            names = []
        paths = [os.path.join(directory, name) for name in names]
        listings.append([path for path in paths if os.path.islink(path) or os.path.isfile(path)])
    files, problems = [], []
    for path in effective_files(listings):
        if os.path.realpath(path) == "/dev/null":
            continue
        try:
            files.append((path, read_text(path)))
        except Unreadable as problem:
            problems.append(problem)
    return files, problems

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and write parameters of the running kernel in /proc/sys."""

import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import (
    Unreadable,
    read_text,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.sysctl_names import key_path

TOP = "/proc/sys"


def normal(values):
    """Return `{name: text}` with normal whitespace, to compare with values of the kernel."""
    return {name: " ".join(str(value).split()) for name, value in values.items()}


def read(names, top=TOP):
    """Return `{name: value or None}`; None for a parameter that does not exist or cannot be read."""
    found = {}
    for name in names:
        try:
            found[name] = " ".join(read_text(_path(name, top)).split())
        except Unreadable:
            found[name] = None
    return found


def write(values, top=TOP):
    """Write each value; return `{name: why}` of those that the kernel refused or changed."""
    refused = {}
    for name, value in values.items():
        path = _path(name, top)
        if not os.path.realpath(path).startswith(os.path.realpath(top) + "/") or not os.path.lexists(path):
            refused[name] = "this kernel has no such parameter"
            continue
        try:
            # Unbuffered, so that the write itself fails, and not a later close.
            with open(path, "wb", buffering=0) as output:
                output.write(value.encode("utf-8") + b"\n")
        except OSError as problem:
            refused[name] = os.strerror(problem.errno)
            continue
        taken = read([name], top)[name]
        if taken != value:
            refused[name] = f"the value is {taken} after the write"
    return refused


def text(values):
    """Values as the lines of a diff."""
    return "".join(
        "{} = {}\n".format(name, "(missing)" if value is None else value) for name, value in sorted(values.items())
    )


def _path(name, top):
    return os.path.join(top, key_path(name))

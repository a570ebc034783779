# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreters of this machine, on PATH and below ~/.pyenv/versions, for tests on old and new ones."""

import functools
import json
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from .instance import CHECKOUT

ABOUT = """
import json, os, sys, sysconfig
variable = sysconfig.get_config_var
shared = os.path.join(variable("LIBDIR"), variable("INSTSONAME")) if variable("Py_ENABLE_SHARED") else ""
print(json.dumps([sys.version, os.path.realpath(sys.executable), sysconfig.get_path("stdlib"), shared]))
"""


class Interpreter(NamedTuple):
    """What a Python consists of. version: its own words; the rest are paths, `shared` "" where the program is whole."""

    version: str
    program: str
    library: str
    shared: str


def candidates():
    """Yield the paths of programs that may be a Python 3 interpreter, newest naming first."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep) if folder]
    folders = [folder for folder in folders if CHECKOUT not in folder.parents and folder.name != "shims"]
    folders += sorted((Path.home() / ".pyenv" / "versions").glob("*/bin"))
    for folder in folders:
        for program in sorted(folder.glob("python3.*")):
            if re.fullmatch(r"python3\.\d+", program.name):
                yield program


def version_of(program):
    """Return (major, minor) of an interpreter, or None where it does not run."""
    code = "import sys; print(sys.version_info[0], sys.version_info[1])"
    done = subprocess.run([str(program), "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return tuple(int(word) for word in done.stdout.split()) if done.returncode == 0 else None


def found(oldest):
    """Return {version: path}, the first interpreter found of each version from `oldest` on."""
    programs = {}
    for program in candidates():
        version = version_of(program)
        if version and version >= oldest:
            programs.setdefault(version, program)
    return dict(sorted(programs.items()))


@functools.cache
def interpreter(version):
    """The Interpreter of a version such as "3.6", or None where this machine has none."""
    for program in candidates():
        if program.name == f"python{version}" and version_of(program):
            return Interpreter(
                *json.loads(subprocess.run([program, "-c", ABOUT], capture_output=True, check=True).stdout)
            )
    return None

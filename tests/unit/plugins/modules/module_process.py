# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a whole module in a process of its own, as it is run on a host."""

import json
import os
import subprocess
import sys


def environment(module):
    """The environment in which a process can import an imported module."""
    root = os.path.abspath(module.__file__)
    for _dummy_level in module.__name__.split("."):
        root = os.path.dirname(root)
    return dict(os.environ, PYTHONPATH=os.pathsep.join([root] + sys.path))


def printed(module, arguments):
    """Run an imported module with arguments; return its exit code and what it printed."""
    code, out, _dummy = _ended(module, arguments, subprocess.STDOUT)
    return code, out.decode("utf-8")


def run(module, arguments, check_mode=False):
    """Run an imported module with arguments; return its result."""
    _code, out, err = _ended(module, dict(arguments, _ansible_check_mode=check_mode), subprocess.PIPE)
    assert b"Traceback" not in err, err
    return json.loads(out.decode("utf-8"))


def _ended(module, arguments, errors):
    """Return the exit code of the process, and what it wrote. errors: where its standard error goes."""
    process = subprocess.Popen(
        [sys.executable, "-m", module.__name__],
        env=environment(module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
    )
    written = process.communicate(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode("utf-8"), 60)
    return (process.returncode,) + written

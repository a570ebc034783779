# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run sanity, units and a preparation of the lab on every ansible-core that is supported: `make compat`.

Each core gets a virtual environment in the user's cache, with a Python that it supports as controller, and for the
preparation a fresh lab. --core and --part narrow it. A core whose Python is not on this machine is NOT TRIED, and fails
the run where it was named.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tests" / "lab"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "hostprep-runtime-fabric"
BUILD = CHECKOUT / "build" / "compat"
# The Python of the controller with which each core is tried: between them all that a controller may have.
CORES = {"2.16": (3, 10), "2.18": (3, 12), "2.19": (3, 11), "2.20": (3, 12), "2.21": (3, 13)}
PARTS = ("sanity", "units", "prepare")
PACKAGES = ["hypothesis", "jmespath", "jsonschema", "mock", "pytest", "pytest-mock", "pytest-xdist", "trustme"]
UNITS = ["tests/unit/plugins", "tests/unit/catalog"]
LAB = [sys.executable, str(CHECKOUT / "tests" / "lab" / "lab.py"), "--name"]
DEFAULT_LAB = "rtf-compat"


def interpreters():
    """Return {version: path}, the first interpreter found of each version that a controller may have."""
    from rtf_lab.interpreters import found

    return found((3, 10))


def environment_of(core, program):
    """Return the folder of the cached virtual environment with a core, made when missing or made for other packages."""
    folder = CACHE / "compat" / core
    ready, wanted = folder / "ready", [f"ansible-core~={core}.0", *PACKAGES]
    if not ready.exists() or ready.read_text(encoding="utf-8").split() != wanted:
        print(f"==> virtual environment {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([str(program), "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, *wanted], check=True)
        ready.write_text("\n".join(wanted), encoding="utf-8")
    subprocess.run([str(CHECKOUT / "tools" / "programs.sh"), str(folder)], check=True)
    return folder


def sanity(core, environment):
    """Run ansible-test's sanity tests."""
    major, minor = CORES[core]
    variables = {**environment, "ANSIBLE_TEST_PYTHON": f"{major}.{minor}"}
    return _run(["tools/ansible-test.sh", "sanity"], variables)


def units(core, environment):
    """Run the unit tests of the collection."""
    words = ["pytest", "--quiet", "--numprocesses=auto", f"--junitxml={BUILD / core}-units.xml", *UNITS]
    collections = CHECKOUT / ".ansible" / "collections"
    return _run(words, {**environment, "PYTHONPATH": str(collections)})


def prepare(core, environment):
    """Prepare the nodes of a fresh lab, as the example site does, and expect that they are ready."""
    name = os.environ.get("LAB_NAME") or DEFAULT_LAB
    # The lab runs with the Python of .venv, which this program has.
    steps = [["tests/lab/install-packages.sh"], [*LAB, name, "down"], [*LAB, name, "up"]]
    if not all(_run(words, dict(os.environ)) for words in steps):
        return False
    try:
        printed = subprocess.run([*LAB, name, "env"], check=True, stdout=subprocess.PIPE).stdout.decode()
        exports = dict(word.split("=", 1) for word in shlex.split(printed, comments=True) if word != "export")
        words = ["ansible-playbook", "prepare-rtf.yml", "-i", "inventory", "-i", exports["LAB_INVENTORY"]]
        words += ["-e", f"rtf_report_dir={BUILD / core}-report"]
        variables = {**environment, **{key: value for key, value in exports.items() if key != "PATH"}}
        return _run(words, variables, CHECKOUT / "examples" / "site")
    finally:
        _run([*LAB, name, "down"], dict(os.environ))


RUNS = {"sanity": sanity, "units": units, "prepare": prepare}


def _run(words, variables, folder=CHECKOUT):
    """Run a command; return True when it exited with success."""
    return subprocess.run(words, cwd=folder, env=variables, stdin=subprocess.DEVNULL, check=False).returncode == 0


def run_part(part, core, program):
    """Run one part with one core; return True when it passed."""
    print(f"\n==> {part} on ansible-core {core} and Python {'.'.join(map(str, CORES[core]))}", flush=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = environment_of(core, program)
    # Only programs of this environment, and those of the system, which hold no Ansible.
    path = os.pathsep.join([str(folder / "bin"), *_without_other_environments(os.environ["PATH"])])
    return RUNS[part](core, {**os.environ, "PATH": path})


def _without_other_environments(path):
    """Return the folders of PATH but for those of this checkout's virtual environments."""
    return [folder for folder in path.split(os.pathsep) if folder and CHECKOUT not in pathlib.Path(folder).parents]


def report(cores, parts, found, outcome):
    """Return the lines with the outcome of each part on each core.

    found: {version: path}; outcome: {(core, part): whether it passed}.
    """
    lines = ["core   Python  " + "".join(f"{part:<11}" for part in parts)]
    for core in cores:
        version = CORES[core]
        cells = [
            "NOT TRIED" if version not in found else "passed" if outcome[core, part] else "FAILED" for part in parts
        ]
        label = ".".join(map(str, version))
        lines.append(f"{core:<6} {label:<7} " + "".join(f"{cell:<11}" for cell in cells).rstrip())
    return lines


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", nargs="+", choices=list(CORES), default=[])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args(words)
    cores, found = options.core or list(CORES), interpreters()
    outcome = {
        (core, part): run_part(part, core, found[CORES[core]])
        for core in cores
        if CORES[core] in found
        for part in options.part
    }
    print("\n" + "\n".join(report(cores, options.part, found, outcome)))
    missing = [core for core in options.core if CORES[core] not in found]
    if missing or not outcome:
        print("error: the Python of a core that was to be tried is not on this machine", file=sys.stderr)
    return 0 if outcome and all(outcome.values()) and not missing else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

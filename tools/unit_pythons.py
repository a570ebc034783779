# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests of the code that runs on hosts (modules and module_utils) with every Python 3.6+ found on this machine.

Versions named as arguments, such as 3.6, are the only ones then, and one that is not there fails. Without any, the
report says which ones were not found and so not tried.

Interpreters are looked for on PATH and below ~/.pyenv/versions. Each gets a small virtual environment in the user's
cache, and module_utils of an ansible-core that supports it as a target: the oldest supported core up to Python 3.12,
the one of .venv up to 3.13, the newest for newer ones. Finding no interpreter is a failure, never a silent pass.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tests" / "lab"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "hostprep-runtime-fabric"
RESULTS = CHECKOUT / "build" / "results"
TESTS = ["tests/unit/plugins/module_utils", "tests/unit/plugins/modules"]
PACKAGES = ["hypothesis", "pytest", "trustme"]
OLDEST, NEWEST = (3, 6), (3, 14)
# The newest Python that each core supports as a target, and where its code is below the checkout.
CORES = (
    ((3, 12), ".venv-floor/lib/python3.*/site-packages"),
    ((3, 13), ".venv/lib/python3.*/site-packages"),
    ((3, 99), "build/newest-core/site-packages"),
)
# The last pip for each old Python; the one that comes with it knows no present wheel.
LAST_PIP = {(3, 6): "pip==21.3.1", (3, 7): "pip==24.0", (3, 8): "pip==25.0.1"}


def interpreters():
    """Return {version: path}, the first interpreter found of each version from 3.6 on."""
    from rtf_lab.interpreters import found

    return found(OLDEST)


def environment_python(version, program):
    """Return the interpreter of the cached virtual environment for a version, made when missing."""
    folder = CACHE / "unit-pythons" / ".".join(map(str, version))
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        print(f"==> virtual environment {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([str(program), "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        if version in LAST_PIP:
            subprocess.run(pip + [LAST_PIP[version]], check=True)
        subprocess.run(pip + PACKAGES, check=True)
        ready.touch()
    return python


def core_for(version):
    """Return where below the checkout the code of the oldest core is that supports a version as a target."""
    return next(place for newest, place in CORES if version <= newest)


def import_path(version):
    """Make, and return, a folder from which a version can import the collection and ansible.module_utils."""
    (source,) = CHECKOUT.glob(core_for(version) + "/ansible/module_utils")
    folder = CHECKOUT / "build" / "unit-pythons" / ".".join(map(str, version))
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "ansible").mkdir(parents=True)
    (folder / "ansible" / "__init__.py").touch()
    (folder / "ansible" / "module_utils").symlink_to(source)
    (folder / "ansible_collections").symlink_to(CHECKOUT / ".ansible" / "collections" / "ansible_collections")
    return folder


def run_tests(version, program):
    """Run the tests with one interpreter; return True when they passed."""
    label = ".".join(map(str, version))
    print(f"\n==> Python {label} ({program})", flush=True)
    command = [
        str(environment_python(version, program)),
        "-B",
        "-m",
        "pytest",
        "-q",
        "--import-mode=importlib",
        "-c",
        os.devnull,
        "--rootdir",
        str(CHECKOUT),
        "-p",
        "no:cacheprovider",
        "--junitxml",
        str(RESULTS / (f"unit-python-{label}.xml")),
        *TESTS,
    ]
    environment = dict(os.environ, PYTHONPATH=str(import_path(version)))
    return subprocess.run(command, cwd=str(CHECKOUT), env=environment, check=False).returncode == 0


def supported():
    """Return the versions that a host may have, as far as they are out."""
    return [(3, minor) for minor in range(OLDEST[1], NEWEST[1] + 1)]


def parse(word):
    """Return (major, minor) of a word like "3.6"; raises ValueError."""
    found = re.fullmatch(r"(\d+)\.(\d+)", word)
    if not found or tuple(map(int, found.groups())) < OLDEST:
        raise ValueError(f"{word} is not a version of Python from {'.'.join(map(str, OLDEST))} on")
    return tuple(map(int, found.groups()))


def report(wanted, found, outcome):
    """Return the lines with the outcome of each version.

    wanted: versions in order; found: {version: path}; outcome: {version: whether its tests passed}.
    """
    lines = ["Python versions on which the tests ran:"]
    for version in wanted:
        said = ("passed" if outcome[version] else "FAILED") if version in outcome else "NOT TRIED"
        lines.append(f"  {version[0]}.{version[1]:<4} {said:<10} {found.get(version, 'not found on this machine')}")
    return lines


def main(words):
    try:
        named = [parse(word) for word in words]
    except ValueError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    found = interpreters()
    wanted = named or sorted(set(supported()) | set(found))
    outcome = {version: run_tests(version, found[version]) for version in wanted if version in found}
    print("\n" + "\n".join(report(wanted, found, outcome)))
    missing = [version for version in named if version not in found]
    if missing or not outcome:
        print("error: a Python that was to be tried is not on this machine", file=sys.stderr)
    return 0 if outcome and all(outcome.values()) and not missing else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

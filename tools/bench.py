# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmarks in tests/bench, all or those named, against the lab that LAB_NAME says, which must be up.

Every file there is one benchmark: a docstring whose first line is its title, and a function `compare(lab)` that yields
Ratios. What is compared runs side by side in one go on the same machine, so only ratios are judged, never seconds.
"""

import importlib.util
import pathlib
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
BENCHMARKS = CHECKOUT / "tests" / "bench"
sys.path[:0] = [str(CHECKOUT / "tests" / "lab"), str(BENCHMARKS)]
# What benchmarks share.
HELPERS = {"clocked_play", "ratios"}


def available():
    """Return {name: path} of the benchmarks."""
    return {path.stem: path for path in sorted(BENCHMARKS.glob("*.py")) if path.stem not in HELPERS}


def load(path):
    """Return the module of one benchmark."""
    spec = importlib.util.spec_from_file_location(f"bench_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(path, lab):
    """Run one benchmark and print its result. Returns True when every ratio is as it should be."""
    module = load(path)
    print("\n==> {}".format(module.__doc__.splitlines()[0].rstrip(".")), flush=True)
    good = []
    for ratio in module.compare(lab):
        print(ratio.sentence(), flush=True)
        good.append(ratio.holds())
    if not good:
        print("FAILED: nothing was compared")
    return bool(good) and all(good)


def main(names):
    known = available()
    unknown = sorted(set(names) - set(known))
    if unknown:
        print("error: there is no benchmark {}, but: {}".format(", ".join(unknown), ", ".join(known)), file=sys.stderr)
        return 2
    from rtf_lab.lab import Lab

    lab = Lab.named()
    outcome = {name: run(known[name], lab) for name in names or known}
    failed = [name for name, good in outcome.items() if not good]
    if failed:
        print("error: benchmarks failed: {}".format(", ".join(failed)), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

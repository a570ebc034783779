# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy this checkout, uncommitted work included, to DIRECTORY/ansible_collections/hostprep/runtime_fabric.

ansible-test and antsibull-docs want the collection at such a real path; a link there is resolved away. The copy is a
git repository of its own, so that tools which ask git for the files see the same ones. Prints the path of the copy.
"""

import pathlib
import shutil
import subprocess
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent


def tracked_files(checkout):
    """Return the relative paths of the files that are, or would be, under version control, and exist."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=checkout,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout.decode()
    names = sorted(set(listing.split("\0")) - {""})
    return [name for name in names if (checkout / name).is_symlink() or (checkout / name).is_file()]


def export(checkout, directory):
    """Replace the copy below directory (a path) by the present state of checkout; return the path of the copy."""
    copy = directory.resolve() / "ansible_collections" / "hostprep" / "runtime_fabric"
    if copy.exists():
        shutil.rmtree(copy)
    for name in tracked_files(checkout):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / name, copy / name, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    subprocess.run(["git", "add", "--all"], cwd=copy, check=True)
    return copy


if __name__ == "__main__":
    print(export(CHECKOUT, pathlib.Path(sys.argv[1])))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack ansible.posix and community.general into a directory, from the package that carries both: usual_collections.py DIRECTORY."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

REQUIREMENTS = "requirements-bench.txt"
WANTED = ("ansible_collections/ansible/posix/", "ansible_collections/community/general/")


def main():
    directory = Path(sys.argv[1])
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run(
        [*download, "--only-binary=:all:", "--requirement", REQUIREMENTS, "--dest", str(directory)], check=True
    )
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as package:
        package.extractall(directory, [name for name in package.namelist() if name.startswith(WANTED)])
    wheel.unlink()


if __name__ == "__main__":
    main()

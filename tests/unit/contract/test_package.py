# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package that users install holds what they need and nothing of the development."""

import pathlib
import subprocess
import sys
import tarfile

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

SHIPPED = {"catalog", "changelogs", "docs", "examples", "meta", "playbooks", "plugins", "roles"}
DESCRIPTIVE = {"CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md"}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Build the package; return the paths of the files in it."""
    folder = tmp_path_factory.mktemp("package")
    # A home of its own keeps the build out of the one of the user.
    subprocess.run(
        [sys.executable, "-m", "ansible", "galaxy", "collection", "build", "--output-path", str(folder)],
        cwd=checkout.CHECKOUT,
        check=True,
        stdin=subprocess.DEVNULL,
        env=dict(checkout.environment(), HOME=str(folder)),
    )
    (archive,) = folder.glob("hostprep-runtime_fabric-*.tar.gz")
    with tarfile.open(archive) as tar:
        return {pathlib.PurePath(member.name) for member in tar if not member.isdir()}


def test_package_holds_only_what_is_meant_for_users(package):
    assert {path.parts[0] for path in package} - SHIPPED - DESCRIPTIVE == set()


def test_package_holds_every_tracked_file_meant_for_users(package):
    wanted = {path for path in checkout.tracked_files() if path.parts[0] in SHIPPED | DESCRIPTIVE}
    assert wanted - package == set()


def test_package_holds_no_leftovers(package):
    assert {path for path in package if path.suffix == ".pyc" or "rtf-report" in path.parts} == set()

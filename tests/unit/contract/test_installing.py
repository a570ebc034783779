# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that the documents give for installing, run as they stand: from a Galaxy, from a package and from git."""

import json
import os
import re
import shutil
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.unit import commands
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout, galaxy_server
from ansible_collections.hostprep.runtime_fabric.tools import export_collection
from ansible_collections.hostprep.runtime_fabric.tools.markdown_blocks import blocks

PAGE = "docs/guide/installing.md"
VERSION = checkout.read_yaml("galaxy.yml")["version"]
COMMANDS = [
    line for language, content in blocks(checkout.read(PAGE)) if language == "shell" for line in content.splitlines()
]
FROM_GALAXY, PACKAGE, ELSEWHERE, GIT, UPGRADE, LIST, BUILD = COMMANDS
OLDER, NEWER = "0.0.1", "99.0.0"
REPOSITORY = checkout.read_yaml("galaxy.yml")["repository"]


@pytest.fixture
def galaxy(tmp_path):
    """A Galaxy that offers nothing yet."""
    (tmp_path / "galaxy").mkdir()
    with galaxy_server.serving(tmp_path / "galaxy") as server:
        yield server


@pytest.fixture
def shell(galaxy, tmp_path):
    """A function that runs a command in an empty directory of a user who has nothing but Ansible, and returns its output."""
    home, directory = tmp_path / "home", tmp_path / "directory"
    home.mkdir()
    directory.mkdir()
    # Without PYTHONPATH, on which ansible-galaxy would find this checkout.
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"}
    variables["ANSIBLE_GALAXY_SERVER"] = galaxy.url

    def run(command, cwd=directory, **others):
        return commands.output(["bash", "-euc", command], cwd, {**variables, **others})

    run.home, run.directory = home, directory
    return run


def installed(shell):
    """The version that is installed for the user, by its manifest."""
    place = shell.home / ".ansible" / "collections" / "ansible_collections" / "hostprep" / "runtime_fabric"
    return json.loads((place / "MANIFEST.json").read_text())["collection_info"]["version"]


def test_the_newest_version_is_installed_from_galaxy_once_and_updated(shell, galaxy, archive):
    galaxy.publish(archive, OLDER)
    shell(FROM_GALAXY)
    assert installed(shell) == OLDER
    galaxy.publish(archive, NEWER)
    assert "Nothing to do" in shell(FROM_GALAXY) and installed(shell) == OLDER
    shell(UPGRADE)
    assert installed(shell) == NEWER
    assert re.search(rf"^hostprep.runtime_fabric +{NEWER}", shell(LIST), re.MULTILINE)


def test_a_package_is_installed_and_again_by_force_and_where_the_user_says(shell, archive):
    shutil.copy(archive, shell.directory)
    shell(PACKAGE)
    assert installed(shell) == VERSION and "Nothing to do" in shell(PACKAGE)
    assert "installed successfully" in shell(f"{PACKAGE} --force")
    collections = shell.directory / "collections"
    shell(ELSEWHERE, ANSIBLE_COLLECTIONS_PATH=str(collections))
    assert (collections / "ansible_collections" / "hostprep" / "runtime_fabric" / PAGE).is_file()
    assert str(collections) in shell(LIST, ANSIBLE_COLLECTIONS_PATH=str(collections))


def test_a_repository_is_installed_and_built(shell, tmp_path):
    copy = export_collection.export(checkout.CHECKOUT, tmp_path / "git")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, "commit", "--quiet", "--no-verify", "--message", "All"], cwd=copy, check=True)
    subprocess.run(["git", "branch", "--move", "main"], cwd=copy, check=True)
    # For git it is the repository that the page names.
    instead = {"GIT_CONFIG_KEY_0": f"url.{copy}.insteadOf", "GIT_CONFIG_VALUE_0": f"{REPOSITORY}.git"}
    shell(GIT, GIT_CONFIG_COUNT="1", **instead)
    assert installed(shell) == VERSION
    shell(BUILD, cwd=copy)
    assert (copy / f"hostprep-runtime_fabric-{VERSION}.tar.gz").is_file()


@pytest.mark.parametrize("place", ["the page", "the example"])
def test_a_requirements_file_installs_the_collection(place, shell, galaxy, archive):
    """AWX and ansible-builder read such a file."""
    galaxy.publish(archive, OLDER)
    galaxy.publish(archive, VERSION)
    pages = [content for _language, content in blocks(checkout.read("docs/guide/execution-environments.md"))]
    (of_the_page,) = [content for content in pages if content.startswith("collections:")]
    text = of_the_page if place == "the page" else checkout.read("examples/execution-environment/requirements.yml")
    (shell.directory / "requirements.yml").write_text(text)
    shell("ansible-galaxy collection install -r requirements.yml")
    assert installed(shell) == VERSION

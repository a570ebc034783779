# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package that users install holds what they need and nothing of the development, and works in an empty folder."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.tests.unit import commands
from ansible_collections.hostprep.runtime_fabric.tests.unit.contract import checkout

SHIPPED = {"LICENSES", "catalog", "changelogs", "docs", "examples", "meta", "playbooks", "plugins", "roles"}
DESCRIPTIVE = {"CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "REUSE.toml"}

# Wrappers for the lab. galaxy-importer looks for the playbooks that they import in a wrong place and warns of each.
OF_THE_LAB = {pathlib.PurePath("examples/site", name) for name in ("audit-rtf.yml", "prepare-rtf.yml")}


@pytest.fixture(scope="module")
def package(archive):
    """The paths of the files in the package."""
    with tarfile.open(archive) as tar:
        return {pathlib.PurePath(member.name) for member in tar if not member.isdir()}


@pytest.fixture(scope="module")
def installed(archive, tmp_path_factory):
    """An empty folder, into which the package was installed."""
    folder = tmp_path_factory.mktemp("installed")
    checkout.galaxy("install", str(archive), "--offline", "--collections-path", str(folder), home=folder)
    return folder


@pytest.fixture
def play(installed, tmp_path):
    """A function that runs playbooks of the installed package in an empty folder with one host, this one."""
    (tmp_path / "inventory").write_text(checkout.LOCAL_INVENTORY)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "ANSIBLE_COLLECTIONS_PATH": str(installed),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_STDOUT_CALLBACK": "hostprep.runtime_fabric.readiness",
        "LC_ALL": "C.UTF-8",
    }

    def run(*playbooks, **variables):
        command = [sys.executable, "-m", "ansible", "playbook", "--inventory", "inventory"]
        command += ["--extra-vars", json.dumps(variables)]
        command += [name if name.startswith("-") else f"hostprep.runtime_fabric.{name}" for name in playbooks]
        return commands.run(command, tmp_path, environment)

    return run


def links(text):
    """Return the targets of the relative links in a Markdown text, without their anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return {target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)}


def test_package_holds_only_what_is_meant_for_users(package):
    assert {path.parts[0] for path in package} - SHIPPED - DESCRIPTIVE == set()


def test_package_holds_every_tracked_file_meant_for_users(package):
    wanted = {path for path in checkout.tracked_files() if path.parts[0] in SHIPPED | DESCRIPTIVE}
    assert wanted - package == OF_THE_LAB


def test_package_holds_no_leftovers(package):
    assert {path for path in package if path.suffix == ".pyc" or "rtf-report" in path.parts} == set()


def test_documents_of_the_package_link_to_nothing_that_it_lacks(package):
    folders = {parent for path in package for parent in path.parents}
    missing = {
        (str(path), target)
        for path in package
        if path.suffix == ".md"
        for target in links(checkout.read(path))
        if pathlib.PurePath(os.path.normpath(path.parent / target)) not in package | folders
    }
    assert missing == set()


def test_installed_package_audits_a_host_from_an_empty_folder(play, tmp_path):
    outcome = play("audit_rtf", rtf_checks=["kernel.*"], rtf_gate="`false`")
    assert outcome.returncode == 0, outcome.stdout
    assert re.search(r"^(INCOMPLETE|NOT READY): 1 node,", outcome.stdout, re.MULTILINE), outcome.stdout
    report = json.loads((tmp_path / "rtf-report" / "report.json").read_text())
    checked = {result["id"]: result["status"] for result in report["results"] if result["status"] != "skipped"}
    assert set(checked) and not any(name for name in checked if not name.startswith("kernel.")), checked


def test_installed_package_writes_the_change_request_from_an_empty_folder(play, tmp_path):
    outcome = play("change_request")
    assert outcome.returncode == 0, outcome.stdout
    assert "192.0.2.11" in (tmp_path / "rtf-change-request" / "openings.csv").read_text()


def test_installed_package_offers_each_playbook_by_its_full_name(play):
    """A name with a dash is not found so."""
    outcome = play("--list-tasks", *checkout.playbook_names())
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize("role", checkout.role_names())
def test_role_has_the_metadata_that_galaxy_shows(role):
    metadata = checkout.read_yaml(f"roles/{role}/meta/main.yml")["galaxy_info"]
    assert metadata["description"] and metadata["license"] == "GPL-3.0-or-later"
    assert checkout.read_yaml("meta/runtime.yml")["requires_ansible"] == f">={metadata['min_ansible_version']}.0"


def test_execution_environment_names_files_of_the_package(package):
    dependencies = checkout.read_yaml("meta/execution-environment.yml")["dependencies"]
    assert {pathlib.PurePath(path) for path in dependencies.values()} <= package


@pytest.mark.parametrize("kind", ["modules", "lookup", "filter", "callback"])
def test_version_in_which_a_plugin_came_was_released(kind):
    """Galaxy shows it, and "0.9.0" would name a release that nobody could install."""
    changes = checkout.CHECKOUT / "changelogs" / "changelog.yaml"
    releases = set(yaml.safe_load(changes.read_text())["releases"]) if changes.exists() else set()
    releases.add(checkout.read_yaml("galaxy.yml")["version"])
    for name in checkout.plugin_names(kind):
        text = checkout.read(f"plugins/{kind}/{name}.py")
        assert set(re.findall(r"^ *version_added: *[\"']?([\d.]+)", text, re.MULTILINE)) <= releases, name


def test_action_group_hands_its_default_to_each_member(tmp_path):
    """By a value that each refuses, before it does anything."""
    members = checkout.read_yaml("meta/runtime.yml")["action_groups"]["probes"]
    peers = {"key": "0" * 32, "peers": [{"name": "a", "address": "127.0.0.1", "port": 9}]}
    arguments = {
        "bandwidth_info": peers,
        "download_info": {"url": "http://127.0.0.1:9/"},
        "egress_info": {"endpoints": [{"host": "127.0.0.1", "port": 9}]},
        "link_info": peers,
        "load_balancer_info": {"key": "0" * 32, "host": "127.0.0.1"},
        "port_probe_info": {"key": "0" * 32, "peers": [{"name": "a", "address": "127.0.0.1", "tcp": ["9"]}]},
    }
    tasks = [
        {f"hostprep.runtime_fabric.{member}": arguments[member], "register": member, "failed_when": False}
        for member in members
    ]
    answers = "{{ {" + ", ".join(f"'{member}': {member}.msg" for member in members) + "} | to_json }}"
    tasks.append({"ansible.builtin.copy": {"content": answers, "dest": str(tmp_path / "answers.json")}})
    defaults = {"group/hostprep.runtime_fabric.probes": {"timeout": "from the group"}}
    play = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "play.yml"],
        cwd=tmp_path,
        env=checkout.environment(ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="0"),
        stdin=subprocess.DEVNULL,
        check=True,
    )
    for member, answer in json.loads((tmp_path / "answers.json").read_text()).items():
        assert re.search("argument '?timeout'? is of type", answer), (member, answer)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole preparation, a restart and the revert on nodes of Enterprise Linux 9 and 8, as far as the lab emulates them."""

import json
import os
import subprocess

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.el_site import EL8, EL9, OLDEST, ElSite, inventories, left
from ansible_collections.hostprep.runtime_fabric.molecule.states import differences
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults, images


@pytest.fixture(scope="module")
def site(lab, tmp_path_factory):
    return ElSite(lab, tmp_path_factory)


@pytest.fixture(scope="module")
def pristine(site):
    """{node: state} before anything was prepared."""
    return site.states()


@pytest.fixture(scope="module")
def prepared(lab, site, pristine):
    """{node: Outcome} of the preparation while only the proxies let nodes out, and {node: state}."""
    with faults.only_proxies(lab):
        outcomes = site.play_by_their_cores("prepare-rtf.yml")
    return outcomes, site.states()


@pytest.fixture(scope="module")
def proven(site, prepared):
    """The Outcome of a second run, the port matrix included, after a restart."""
    site.restart()
    return site.play("prepare-rtf.yml", port_matrix=True)


@pytest.fixture(scope="module")
def reverted(site, proven):
    """{node: state} after reverting."""
    site.play_by_their_cores("hostprep.runtime_fabric.revert_rtf")
    return site.states()


def test_ansible_takes_each_node_for_its_release_and_finds_the_platforms_python(pristine):
    program = OLDEST[0].replace("ansible-playbook", "ansible")
    asked = ["--module-name=ansible.builtin.setup", "--args=gather_subset=!all,!min,distribution,pkg_mgr,python"]
    done = subprocess.run(
        [program, "rtf_nodes", f"--inventory={inventories()[0]}", "--one-line", *asked],
        env={**os.environ, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_FORCE_COLOR": "false"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = {
        line.split()[0]: json.loads(line.partition("=> ")[2])["ansible_facts"] for line in done.stdout.splitlines()
    }
    names = ("os_family", "distribution", "distribution_version", "pkg_mgr")
    assert {node: tuple(facts[f"ansible_{name}"] for name in names) for node, facts in found.items()} == {
        EL9: ("RedHat", "Rocky", "9.6", "dnf"),
        EL8: ("RedHat", "Rocky", "8.10", "dnf"),
    }
    python = found[EL8]["ansible_python"]
    assert python["executable"] == "/usr/libexec/platform-python"
    if images.load_images("rocky")["rocky-el8"].python:
        assert python["version_info"][:2] == [3, 6]


def test_the_packages_came_from_dnf_through_the_proxy(lab, prepared):
    log = lab.exec("internet", "cat", "/var/log/squid/proxy.log").stdout.decode().splitlines()
    for node, package in ((EL9, "el9/chrony-"), (EL8, "el8/chrony-"), (EL8, "el8/firewalld-")):
        asked = [line for line in log if lab.nodes[node] in line and f"/{package}" in line]
        assert any("_MISS/200" in line for line in asked), (node, package)
    for node, names in {EL9: {"Install chrony"}, EL8: {"Install chrony", "Install the firewall"}}.items():
        done = {task.rpartition(" : ")[2] for task in prepared[0][node].changed_tasks()[node]}
        assert {f"{name} on other families" for name in names} <= done


def test_preparing_made_a_difference_everywhere(pristine, prepared):
    for node, before in pristine.items():
        assert set(differences(before, prepared[1][node])) == {"files", "packages", "running", "units", "sysctls"}


def test_the_nodes_are_ready_at_once(prepared):
    assert {node: outcome.readiness()[node] for node, outcome in prepared[0].items()} == {EL9: "ready", EL8: "ready"}


def test_a_second_run_after_a_restart_changes_nothing_and_proves_the_ports(lab, proven):
    assert {node: proven.changed[node] for node in lab.nodes} == dict.fromkeys(lab.nodes, 0)
    assert proven.readiness() == dict.fromkeys(lab.nodes, "ready")
    assert {pair["status"] for pair in proven.report["port_matrix"]["pairs"]} == {"pass"}


def test_the_revert_leaves_files_packages_units_and_parameters_as_they_were(pristine, reverted):
    assert {node: left(pristine[node], after) for node, after in reverted.items()} == dict.fromkeys(reverted, {})


def test_nothing_of_ours_is_left_anywhere(host, site, reverted):
    assert site.ours(host.check_output("hostname")) == []

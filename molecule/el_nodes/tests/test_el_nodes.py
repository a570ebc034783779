# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole preparation, a restart and the revert on nodes of Enterprise Linux 9 and 8, as far as the lab emulates them.

Each node is prepared with an ansible-core that supports its Python. The oldest one supports both, and proves them.
"""

import concurrent.futures
import json
import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule import cores
from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.molecule.states import differences, running, state
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults, images
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

EL9, EL8 = "controller-1", "worker-1"
OLDEST = cores.oldest(None)
CORES = {EL9: ("ansible-playbook",), EL8: OLDEST}
INVENTORIES = [os.environ["LAB_INVENTORY"], Path(__file__).resolve().parent.parent / "inventory" / "hosts.yml"]
# RPMs of the family leave the accounts that they made, chrony's here.
WITH_ACCOUNTS = ("/etc/group ", "/etc/gshadow ", "/etc/passwd ", "/etc/shadow ")
OURS = ("find", "/", "-xdev", "-name", "*runtime?fabric*", "-not", "-path", "/tmp/*")


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture(scope="module")
def play(tmp_path_factory):
    """Runs a playbook on the nodes named, all of them by default, and returns its Outcome."""
    # Made before several threads ask for a directory in it at once.
    tmp_path_factory.getbasetemp()

    def run(playbook, *words, program=None, port_matrix=False, only=None):
        site = Site(tmp_path_factory.mktemp("site"))
        limit = ("--limit", f"localhost,{only}") if only else ()
        outcome = site.play(
            playbook,
            *words,
            *limit,
            inventories=INVENTORIES,
            program=program or OLDEST,
            port_matrix=port_matrix,
        )
        assert outcome.code == 0, outcome.output
        return outcome

    return run


def by_its_own_core(play, *words):
    """{node: Outcome} of a playbook that runs on each node with an ansible-core that supports it, at the same time."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        started = {node: pool.submit(play, *words, program=core, only=node) for node, core in CORES.items()}
        return {node: future.result() for node, future in started.items()}


def states(lab):
    """{node: its state, and the services that run}."""
    return {node: {**state(lab, node), "running": running(lab, node)} for node in lab.nodes}


@pytest.fixture(scope="module")
def pristine(lab):
    """{node: state} before anything was prepared."""
    return states(lab)


@pytest.fixture(scope="module")
def prepared(lab, play, pristine):
    """{node: Outcome} of the preparation while only the proxies let nodes out, and {node: state}."""
    with faults.only_proxies(lab):
        outcomes = by_its_own_core(play, "prepare-rtf.yml")
    return outcomes, states(lab)


@pytest.fixture(scope="module")
def proven(lab, play, prepared):
    """The Outcome of a second run, the port matrix included, after a restart."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lab.restart, lab.nodes))
    return play("prepare-rtf.yml", port_matrix=True)


@pytest.fixture(scope="module")
def reverted(lab, play, proven):
    """{node: Outcome} of reverting, and {node: state}."""
    return by_its_own_core(play, "hostprep.runtime_fabric.revert_rtf"), states(lab)


def test_ansible_takes_each_node_for_its_release_and_finds_the_platforms_python(pristine):
    program = OLDEST[0].replace("ansible-playbook", "ansible")
    asked = ["--module-name=ansible.builtin.setup", "--args=gather_subset=!all,!min,distribution,pkg_mgr,python"]
    done = subprocess.run(
        [program, "rtf_nodes", f"--inventory={INVENTORIES[0]}", "--one-line", *asked],
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
    for node, after in reverted[1].items():
        found = differences(pristine[node], after)
        left = {line for line in found.pop("files", ()) if not line.startswith(WITH_ACCOUNTS)}
        assert (left, found) == (set(), {}), node


def test_nothing_of_ours_is_left_anywhere(host, lab, reverted):
    assert lab.exec(host.check_output("hostname"), *OURS).stdout == b""

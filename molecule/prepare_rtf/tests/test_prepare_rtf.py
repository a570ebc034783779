# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job, as a user runs it."""

import re
import subprocess
import threading
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import CHECKOUT, Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import containers, faults, lifecycle

NODES = ("controller-1", "worker-1", "worker-2")
COMMAND = "prepare-rtf.yml"
# A dry run cannot know what happens behind a package that it did not install, and says in one line what would.
BEHIND_A_PACKAGE = "hostprep.runtime_fabric.rtf_time_sync : "
CLOCKS = {"time.between_nodes", "time.between_nodes_margin"}
IN_THE_MIDDLE = "rtf_time_sync : "
# Tasks on screen where nothing is to be changed.
SHOWN, SHOWN_WITH_AUDIT = 10, 30


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The package that users get, in a directory of its own, the only one in which Ansible finds collections."""
    place = tmp_path / "collections"
    # Before the installation, which does nothing where the collection is installed elsewhere.
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(place))
    galaxy = ["ansible-galaxy", "collection"]
    subprocess.run([*galaxy, "build", "--output-path", str(tmp_path), str(CHECKOUT)], check=True)
    (package,) = tmp_path.glob("*.tar.gz")
    subprocess.run([*galaxy, "install", str(package), "--offline", "--collections-path", str(place)], check=True)


@pytest.fixture(scope="module")
def fresh_node(lab):
    """worker-2 as it comes from the image, nothing prepared; the tests that take it go on where the last one ended."""
    containers.remove([lab.container("worker-2")])
    lifecycle.up(lab.instance.name)
    return "worker-2"


@pytest.fixture(scope="module")
def announced(tmp_path_factory, fresh_node, lab):
    """The Outcome of a dry run with a fresh node and a prepared one, and the fresh one's snapshots before and after."""
    before = snapshot(lab, fresh_node)
    outcome = Site(tmp_path_factory.mktemp("announced")).play(
        COMMAND, "--check", "--diff", "--limit", f"worker-1,{fresh_node}"
    )
    return outcome, before, snapshot(lab, fresh_node)


@pytest.fixture(scope="module")
def done():
    """The tasks that changed the fresh node, over all the runs that it took."""
    return set()


def test_the_nodes_are_ready(host):
    assert host.sysctl("net.ipv4.ip_forward") == 1
    assert "Leap status     : Normal" in host.check_output("chronyc tracking")


def test_a_dry_run_on_a_fresh_node_says_what_would_change_and_changes_nothing(announced, fresh_node):
    outcome, before, after = announced
    assert outcome.code == 0, outcome.output
    assert "+net.ipv4.ip_forward = 1" in outcome.output and "+br_netfilter" in outcome.output
    assert outcome.changed[fresh_node] > 0 and outcome.changed["worker-1"] == 0
    assert re.search(r"\d more settings of rtf_kernel are wrong", " ".join(outcome.output.split()))
    assert after == before


def test_nodes_that_fail_or_die_in_the_middle_are_reported_and_the_others_are_judged(
    site, announced, fresh_node, lab, monkeypatch, tmp_path, done
):
    """Without a package repository chrony cannot be installed on the fresh node; another one loses its power.

    What comes before the packages is nothing here: the lab sets no proxy.
    """
    log = tmp_path / "ansible.log"
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(log))
    killer = threading.Thread(target=kill_when, args=(lab, "worker-1", log, IN_THE_MIDDLE))
    lab.exec(fresh_node, "mv", "/etc/apt/sources.list.d", "/root/away")
    killer.start()
    outcome = site.play(COMMAND)
    killer.join()
    lab.exec(fresh_node, "mv", "/root/away", "/etc/apt/sources.list.d")
    lab.restart("worker-1")
    assert outcome.code != 0 and outcome.report, outcome.output
    assert outcome.readiness() == {"controller-1": "incomplete", "worker-1": "incomplete", fresh_node: "not_ready"}
    # Nobody is left to compare the clock with; all else is judged as ever.
    assert {check for node, check in outcome.failed() if node == "controller-1"} <= CLOCKS
    shell = outcome.result("worker-1", "access.shell")
    assert re.match("unreachable: .*ssh", shell["observed"]) and "ansible -m ping worker-1" in shell["remedy"]
    stopped = outcome.result(fresh_node, "access.preparation")
    assert stopped["status"] == "fail" and "Plan the installation on the Debian family" in stopped["observed"]
    # The servers of chrony are written before its package, and with it they are used; reverting removes them.
    begun = outcome.changed_tasks().get(fresh_node, set())
    assert all("Configure the servers of chrony before its installation" in task for task in begun), outcome.output
    done |= begun


def test_a_node_is_prepared_alone_once_nothing_hinders_it(site, fresh_node, done):
    outcome = site.play(COMMAND, "--limit", fresh_node)
    assert outcome.code == 0, outcome.output
    assert [node for node in outcome.changed if node in NODES] == [fresh_node]
    assert outcome.readiness()[fresh_node] == "ready"
    assert outcome.result("worker-1", "access.shell")["status"] == "skipped"
    done |= outcome.changed_tasks()[fresh_node]


def test_what_a_dry_run_announced_is_what_was_done(announced, done, fresh_node):
    different = announced[0].changed_tasks()[fresh_node] ^ done
    assert {task for task in different if not task.startswith(BEHIND_A_PACKAGE)} == set()
    assert len(done - different) >= 3


def test_a_second_run_from_the_installed_package_changes_nothing_and_reports_ready(installed, site, lab):
    before = {node: modules_run(lab, node, "host_info") for node in NODES}
    outcome = site.play("hostprep.runtime_fabric.prepare_rtf")
    assert outcome.code == 0, outcome.output
    assert {node: outcome.changed[node] for node in NODES} == dict.fromkeys(NODES, 0)
    assert outcome.report["readiness"] == "ready"
    assert len(outcome.tasks()) <= SHOWN_WITH_AUDIT, outcome.tasks()
    # The audit judges what the preparation has found.
    assert {node: modules_run(lab, node, "host_info") - before[node] for node in NODES} == dict.fromkeys(NODES, 1)


def test_without_a_change_and_an_audit_a_node_runs_one_module_and_few_tasks_are_shown(site, lab):
    before = {node: modules_run(lab, node) for node in NODES}
    outcome = site.play(COMMAND, "--skip-tags", "rtf_preflight")
    assert outcome.code == 0, outcome.output
    assert {node: outcome.changed[node] for node in NODES} == dict.fromkeys(NODES, 0)
    assert {node: modules_run(lab, node) - before[node] for node in NODES} == dict.fromkeys(NODES, 1)
    assert len(outcome.tasks()) <= SHOWN, outcome.tasks()


def test_a_role_can_be_run_alone_by_its_tag_and_without_it_the_others_are(site, lab):
    with faults.sysctl_set(lab, "controller-1", "net.ipv4.ip_forward", 0):
        without = site.play(COMMAND, "--skip-tags", "rtf_kernel,rtf_preflight", "--limit", "controller-1")
        assert without.code == 0 and without.changed["controller-1"] == 0, without.output
        outcome = site.play(COMMAND, "--tags", "rtf_kernel", "--limit", "controller-1")
        assert lab.exec("controller-1", "sysctl", "-n", "net.ipv4.ip_forward").stdout.strip() == b"1"
    assert "rtf_time_sync : " in without.output and "rtf_kernel : " not in without.output
    assert outcome.code == 0 and outcome.report is None, outcome.output
    assert "rtf_kernel : " in outcome.output and "rtf_time_sync : " not in outcome.output


def modules_run(lab, node, name=""):
    """How many modules of Ansible, or how many with a name, a node has run since it booted: each says so in the journal."""
    lines = lab.exec(node, "journalctl", "--boot", "--output=short", "--no-pager").stdout.splitlines()
    return sum(b"Invoked with " in line and name.encode() in line for line in lines)


def kill_when(lab, node, log, text):
    """Cut a node's power when a text appears in a file."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not (log.exists() and text in log.read_text(encoding="utf-8")):
        time.sleep(0.1)
    lab.kill(node)


def snapshot(lab, node):
    """What a dry run must leave alone."""
    command = (
        "find /etc -xdev -type f -print0 | sort -z | xargs -0 sha256sum; dpkg-query -W; sysctl net.ipv4.ip_forward"
    )
    return lab.exec(node, "sh", "-c", command).stdout

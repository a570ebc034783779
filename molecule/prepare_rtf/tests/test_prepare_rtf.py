# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job, as a user runs it."""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import containers, lifecycle
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

NODES = ("controller-1", "worker-1", "worker-2")
COMMAND = "prepare-rtf.yml"


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture(scope="module")
def fresh_node(lab):
    """worker-2 as it comes from the image, nothing prepared; the tests that take it go on where the last one ended."""
    containers.remove([lab.container("worker-2")])
    lifecycle.up(lab.instance.name)
    return "worker-2"


def test_the_nodes_are_ready(host):
    assert host.sysctl("net.ipv4.ip_forward") == 1
    assert "Leap status     : Normal" in host.check_output("chronyc tracking")


@pytest.mark.parametrize("playbook", [COMMAND, "hostprep.runtime_fabric.prepare_rtf"])
def test_a_second_run_changes_nothing_and_reports_ready(site, playbook):
    outcome = site.play(playbook)
    assert outcome.code == 0, outcome.output
    assert {node: outcome.changed[node] for node in NODES} == dict.fromkeys(NODES, 0)
    assert outcome.report["readiness"] == "ready"


def test_a_dry_run_on_a_fresh_node_says_what_would_change_and_changes_nothing(site, fresh_node, lab):
    before = snapshot(lab, fresh_node)
    outcome = site.play(COMMAND, "--check", "--diff")
    assert outcome.code == 0, outcome.output
    assert "+net.ipv4.ip_forward = 1" in outcome.output and "+br_netfilter" in outcome.output
    assert outcome.changed[fresh_node] > 0 and outcome.changed["worker-1"] == 0
    assert "FAIL  kernel.ip_forward" in outcome.output
    assert snapshot(lab, fresh_node) == before


def test_a_failed_preparation_is_reported_and_fails_the_play(site, fresh_node, lab):
    """Without a package repository chrony cannot be installed on the fresh node."""
    lab.exec(fresh_node, "mv", "/etc/apt/sources.list.d", "/root/away")
    outcome = site.play(COMMAND)
    lab.exec(fresh_node, "mv", "/root/away", "/etc/apt/sources.list.d")
    assert outcome.code != 0
    result = outcome.result(fresh_node, "access.preparation")
    assert result["status"] == "fail" and "Install chrony" in result["observed"]
    assert outcome.readiness() == {"controller-1": "ready", "worker-1": "ready", fresh_node: "not_ready"}


def test_a_node_beside_prepared_ones_is_prepared_once_nothing_hinders_it(site, fresh_node):
    outcome = site.play(COMMAND)
    assert outcome.code == 0, outcome.output
    assert outcome.changed[fresh_node] > 0
    assert outcome.changed["worker-1"] == 0
    assert outcome.readiness() == dict.fromkeys(NODES, "ready")


def test_a_role_can_be_run_alone_by_its_tag(site):
    outcome = site.play(COMMAND, "--tags", "rtf_kernel")
    assert outcome.code == 0, outcome.output
    assert "rtf_kernel : Write" in outcome.output and "rtf_time_sync : Look" not in outcome.output
    assert outcome.report is None


def snapshot(lab, node):
    """What a dry run must leave alone."""
    command = "find /etc -xdev -type f -print0 | sort -z | xargs -0 sha256sum; dpkg-query -W; sysctl net.ipv4.ip_forward"
    return lab.exec(node, "sh", "-c", command).stdout

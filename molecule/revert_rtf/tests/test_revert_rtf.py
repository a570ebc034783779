# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preparing did, reverting takes back: the nodes are compared with what they were, file by file."""

import concurrent.futures
import json

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.molecule.states import differences, running, state
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults

WITHOUT_REPORT = ("prepare-rtf.yml", "--skip-tags", "rtf_preflight")
PROXIES = {"rtf_http_proxy": "http://proxy.lab.example:3128", "rtf_monitoring_proxy": "socks5://socks.lab.example:1080"}
PREPARE = (*WITHOUT_REPORT, "--extra-vars", json.dumps(PROXIES))
NO_PROXIES = ("--extra-vars", json.dumps(dict.fromkeys(PROXIES, "")))
OURS = ("find", "/", "-xdev", "-name", "*runtime?fabric*", "-not", "-path", "/tmp/*")


def states(lab):
    """{node: its state, and the services that run}."""
    return {node: {**state(lab, node), "running": running(lab, node)} for node in lab.nodes}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def unprepared(site):
    """The Outcome of reverting where nothing was prepared."""
    return site.play("hostprep.runtime_fabric.revert_rtf")


@pytest.fixture(scope="module")
def pristine(lab, unprepared):
    """{node: state} before anything was prepared."""
    return states(lab)


@pytest.fixture(scope="module")
def prepared(site, lab, pristine):
    """{node: state} of nodes that were prepared while only the proxies let them out, and restarted."""
    with faults.only_proxies(lab):
        outcome = site.play(*PREPARE)
    assert outcome.code == 0, outcome.output
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lab.restart, lab.nodes))
    return states(lab)


@pytest.fixture(scope="module")
def without_proxies(site, lab, prepared):
    """{node: state} of the same nodes prepared without proxies, which get them back afterwards.

    Proxies that are only not set stay before.
    """
    unset = site.play("prepare-rtf.yml", "--tags", "rtf_proxy")
    assert (unset.code, unset.changed) == (0, {**unset.changed, **dict.fromkeys(lab.nodes, 0)}), unset.output
    outcome = site.play(*WITHOUT_REPORT, *NO_PROXIES)
    assert outcome.code == 0, outcome.output
    assert "The proxy is removed from /etc/profile.d/runtime-fabric-proxy.sh, /etc/environment" in outcome.output
    found = states(lab)
    again = site.play(*PREPARE)
    assert again.code == 0, again.output
    return found


@pytest.fixture(scope="module")
def dry_run(site, lab, without_proxies):
    """The Outcome of a dry run of reverting, and {node: state} after it."""
    outcome = site.play("hostprep.runtime_fabric.revert_rtf", "--check", "--diff")
    return outcome, states(lab)


@pytest.fixture(scope="module")
def reverted(site, lab, dry_run):
    """The Outcome of reverting while only the proxies let nodes out, and {node: state} after it."""
    with faults.only_proxies(lab):
        outcome = site.play("hostprep.runtime_fabric.revert_rtf")
    assert outcome.code == 0, outcome.output
    return outcome, states(lab)


def test_where_nothing_was_prepared_there_is_nothing_to_revert(lab, unprepared):
    assert unprepared.code == 0, unprepared.output
    assert {node: unprepared.changed[node] for node in lab.nodes} == dict.fromkeys(lab.nodes, 0)


def test_preparing_made_a_difference_everywhere(pristine, prepared):
    for node, before in pristine.items():
        assert set(differences(before, prepared[node])) == {"files", "packages", "running", "units", "sysctls"}


def test_packages_came_through_the_proxy(lab, prepared):
    log = lab.exec("internet", "cat", "/var/log/squid/proxy.log").stdout.decode().splitlines()
    for node, address in lab.nodes.items():
        assert any(address in line and "/chrony_" in line and "_MISS/200" in line for line in log), node


def test_what_is_set_to_none_is_taken_back_by_the_whole_playbook(pristine, prepared, without_proxies):
    for node, before in pristine.items():
        unset = without_proxies[node]["files"]
        gone = {line.split()[0] for line in prepared[node]["files"] ^ unset}
        assert "/etc/profile.d/runtime-fabric-proxy.sh" in gone and "/etc/environment" in gone
        here, pristine_here = (
            {line for line in lines if line.split()[0] in gone} for lines in (unset, before["files"])
        )
        assert here == pristine_here
        assert set(differences(prepared[node], without_proxies[node])) - {"running"} == {"files"}


def test_a_dry_run_says_what_would_be_taken_back_and_takes_nothing(lab, prepared, dry_run):
    outcome, after = dry_run
    assert outcome.code == 0, outcome.output
    assert all(outcome.changed[node] for node in lab.nodes)
    assert '-    "net.ipv4.ip_forward": "0"' in outcome.output
    assert {node: differences(prepared[node], after[node]) for node in after} == dict.fromkeys(after, {})


def test_files_packages_units_and_parameters_are_as_they_were(pristine, reverted):
    _outcome, after = reverted
    assert {node: differences(pristine[node], after[node]) for node in after} == dict.fromkeys(after, {})


def test_nothing_of_ours_is_left_anywhere(host, lab, reverted):
    assert lab.exec(host.check_output("hostname"), *OURS).stdout == b""


def test_reverting_again_changes_nothing(site, lab, reverted):
    outcome = site.play("hostprep.runtime_fabric.revert_rtf")
    assert outcome.code == 0, outcome.output
    assert {node: outcome.changed[node] for node in lab.nodes} == dict.fromkeys(lab.nodes, 0)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What preparing did, reverting takes back: the nodes are compared with what they were, file by file."""

import concurrent.futures

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.molecule.states import differences, state
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

PROXY = "http://proxy.lab.example:3128"
OURS = ("find", "/", "-xdev", "-name", "*runtime?fabric*", "-not", "-path", "/tmp/*")


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def pristine(lab):
    """{node: state} before anything was prepared."""
    return {node: state(lab, node) for node in lab.nodes}


@pytest.fixture(scope="module")
def prepared(site, lab, pristine):
    """{node: state} of nodes that were prepared and restarted."""
    outcome = site.play("prepare-rtf.yml", "--skip-tags", "rtf_preflight", "--extra-vars", f"rtf_http_proxy={PROXY}")
    assert outcome.code == 0, outcome.output
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lab.restart, lab.nodes))
    return {node: state(lab, node) for node in lab.nodes}


@pytest.fixture(scope="module")
def dry_run(site, lab, prepared):
    """The Outcome of a dry run of reverting, and {node: state} after it."""
    outcome = site.play("hostprep.runtime_fabric.revert_rtf", "--check", "--diff")
    return outcome, {node: state(lab, node) for node in lab.nodes}


@pytest.fixture(scope="module")
def reverted(site, lab, dry_run):
    """The Outcome of reverting, and {node: state} after it."""
    outcome = site.play("hostprep.runtime_fabric.revert_rtf")
    assert outcome.code == 0, outcome.output
    return outcome, {node: state(lab, node) for node in lab.nodes}


def test_preparing_made_a_difference_everywhere(pristine, prepared):
    for node, before in pristine.items():
        assert set(differences(before, prepared[node])) == {"files", "packages", "units", "sysctls"}


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

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each role by itself on nodes of Enterprise Linux 9 and 8: prepared, restarted, audited, and reverted one after the other.

The last role that ran is the first to be reverted, so each leaves the node as it was before it.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.el_site import ElSite, left
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

ROLES = ("rtf_proxy", "rtf_kernel", "rtf_time_sync", "rtf_firewall")


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture(scope="module")
def site(lab, tmp_path_factory):
    # Made before several threads ask for a directory in it at once.
    tmp_path_factory.getbasetemp()
    return ElSite(lab, lambda: tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def prepared(site):
    """({role: {node: Outcome}}, {role: {node: state before it ran}})."""
    outcomes, before = {}, {}
    for role in ROLES:
        before[role] = site.states()
        outcomes[role] = site.play_by_their_cores("prepare-rtf.yml", "--tags", role)
    return outcomes, before


@pytest.fixture(scope="module")
def again(site, prepared):
    """{role: Outcome} of each role after a restart of all nodes."""
    site.restart()
    return {role: site.play("prepare-rtf.yml", "--tags", role) for role in ROLES}


@pytest.fixture(scope="module")
def audited(site, again):
    """The Outcome of the audit, the port matrix included."""
    return site.play("audit-rtf.yml", port_matrix=True)


@pytest.fixture(scope="module")
def reverted(site, audited):
    """{role: {node: state after it was reverted}}."""
    states = {}
    for role in reversed(ROLES):
        site.play_by_their_cores("hostprep.runtime_fabric.revert_rtf", "--tags", role)
        states[role] = site.states()
    return states


@pytest.mark.parametrize("role", ROLES)
def test_a_role_changes_its_nodes_and_a_restart_keeps_that(lab, prepared, again, role):
    for node in lab.nodes:
        assert prepared[0][role][node].changed[node] > 0
        assert again[role].changed[node] == 0


def test_the_audit_finds_the_nodes_ready(lab, audited):
    assert audited.readiness() == dict.fromkeys(lab.nodes, "ready")
    assert audited.changed == dict.fromkeys(audited.changed, 0)


@pytest.mark.parametrize("role", ROLES)
def test_the_revert_of_a_role_leaves_its_nodes_as_they_were_before_it(lab, prepared, reverted, role):
    assert {node: left(prepared[1][role][node], reverted[role][node]) for node in lab.nodes} == dict.fromkeys(
        lab.nodes, {}
    )


def test_nothing_of_ours_is_left_anywhere(host, site, reverted):
    assert site.ours(host.check_output("hostname")) == []

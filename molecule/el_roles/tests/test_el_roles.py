# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each role by itself on nodes of Enterprise Linux 9 and 8: prepared, restarted, audited, and reverted one after the other.

The last role that ran is the first to be reverted, so each leaves the node as it was before it. Then the firewall once more,
on each node with the backend that the other one had.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.el_site import EL8, EL9, ElSite, left
from ansible_collections.hostprep.runtime_fabric.molecule.packets import View

ROLES = ("rtf_proxy", "rtf_kernel", "rtf_time_sync", "rtf_firewall")
# The phase that needs more ports; the scenario el_nodes has the other one.
INSTALL = ("--extra-vars", "rtf_phase=install")
EXCHANGED = {EL9: "firewalld", EL8: "nftables"}
SITE_PORT = 9090  # which the site has opened on EL9


@pytest.fixture(scope="module")
def site(lab, tmp_path_factory):
    return ElSite(lab, tmp_path_factory)


@pytest.fixture(scope="module")
def view(lab):
    return View.of(lab)


@pytest.fixture(scope="module")
def prepared(site):
    """({role: {node: Outcome}}, {role: {node: state before it ran}})."""
    outcomes, before = {}, {}
    for role in ROLES:
        before[role] = site.states()
        outcomes[role] = site.play_by_their_cores("prepare-rtf.yml", *INSTALL, "--tags", role)
    return outcomes, before


@pytest.fixture(scope="module")
def again(site, prepared):
    """{role: Outcome} of each role after a restart of all nodes."""
    site.restart()
    return {role: site.play("prepare-rtf.yml", *INSTALL, "--tags", role) for role in ROLES}


@pytest.fixture(scope="module")
def audited(site, again):
    """The Outcome of the audit, the port matrix included."""
    return site.play("audit-rtf.yml", *INSTALL, port_matrix=True)


@pytest.fixture(scope="module")
def packets(view, audited):
    """What packets find otherwise than the table and the site want, after the restart."""
    return view.differences(_wanted(view, EL9))


@pytest.fixture(scope="module")
def reverted(site, packets):
    """{role: {node: state after it was reverted}}."""
    states = {}
    for role in reversed(ROLES):
        site.play_by_their_cores("hostprep.runtime_fabric.revert_rtf", "--tags", role)
        states[role] = site.states()
    return states


@pytest.fixture(scope="module")
def exchanged(site, view, reverted):
    """(what packets find otherwise than the table and the site want, {node: what is left after the revert})."""
    before = site.states()
    for node, backend in EXCHANGED.items():
        words = (*INSTALL, "--tags", "rtf_firewall", "--extra-vars", f"rtf_firewall_backend={backend}")
        site.play("prepare-rtf.yml", *words, only=node)
    site.restart()
    cells = _wanted(view)
    # nftables without rules of a site lets everything in, and what was open stays open.
    found = view.differences({**cells, **{pair: view.everything for pair in cells if pair[1] == EL8}})
    site.play("hostprep.runtime_fabric.revert_rtf", "--tags", "rtf_firewall")
    after = site.states()
    return found, {node: left(before[node], after[node]) for node in EXCHANGED}


def _wanted(view, *with_site_port):
    cells = view.wanted("install")
    for (source, destination), ports in cells.items():
        if destination in with_site_port and not source.endswith(" itself"):
            ports["tcp"].add(SITE_PORT)
    return cells


@pytest.mark.parametrize("role", ROLES)
def test_a_role_changes_its_nodes_and_a_restart_keeps_that(lab, prepared, again, role):
    for node in lab.nodes:
        assert prepared[0][role][node].changed[node] > 0
        assert again[role].changed[node] == 0, again[role].output


def test_the_audit_finds_the_nodes_ready(lab, audited):
    assert audited.readiness() == dict.fromkeys(lab.nodes, "ready")
    assert audited.changed == dict.fromkeys(audited.changed, 0)


def test_packets_find_the_port_table_on_nftables_and_on_firewalld(packets):
    assert packets == {}


@pytest.mark.parametrize("role", ROLES)
def test_the_revert_of_a_role_leaves_its_nodes_as_they_were_before_it(lab, prepared, reverted, role):
    assert {node: left(prepared[1][role][node], reverted[role][node]) for node in lab.nodes} == dict.fromkeys(
        lab.nodes, {}
    )


def test_each_node_can_have_the_firewall_of_the_other_one(exchanged):
    found, remains = exchanged
    assert found == {}
    assert remains == dict.fromkeys(EXCHANGED, {})


def test_nothing_of_ours_is_left_anywhere(host, site, exchanged):
    assert site.ours(host.check_output("hostname")) == []

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of rtf_firewall on a front end, firewalld or ufw, for the scenario of each to inherit.

The tests run in their order, on one cluster: installation, operation, restart, a change that nobody confirms, revert.
"""

import concurrent.futures
import time
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.foreign_tables import (
    programs_change_nothing_and_what_drops_is_named,
)
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.ipv6 import WANTED, through_over_ipv6
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.pods import FOREIGN, POD, pods_get_through
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.scenario import (
    PREPARE,
    REVERT,
    SITE_PORT,
    Scenario,
    with_site_port,
)
from ansible_collections.hostprep.runtime_fabric.molecule.packets import stream

UNCONFIRMED = str(Path(__file__).with_name("unconfirmed.yml"))
SITES_DENIAL = 30005  # a port of the table that the site has shut for one node
DENIED = "worker-2"
STATE = "/var/tmp/firewall-state"
BEFORE = "/var/tmp/firewall-before"
NODES = ("controller-1", "worker-1", "worker-2")


def await_true(holds, seconds=90):
    """Wait until something holds, and fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(1)


class FrontEndTests(Scenario):
    """To be inherited by the test class of a scenario. Its converge.yml puts on each node

    STATE, a shell script that prints what its firewall holds, and BEFORE, what that printed before the role came.
    """

    @staticmethod
    def state(lab, name):
        """Return all that the firewall of a node holds, now and after a boot."""
        return lab.exec(name, "sh", "-c", f". {STATE}").stdout.decode()

    @staticmethod
    def state_before(lab, name):
        """What `state` returned before the role ran for the first time."""
        return lab.exec(name, "cat", BEFORE).stdout.decode()

    @staticmethod
    def wanted(view, phase):
        """What packets find by the table and the rules of the site."""
        cells = with_site_port(view.wanted(phase))
        for node in set(NODES) - {DENIED}:
            cells[DENIED, node]["tcp"].discard(SITES_DENIAL)
        return cells

    def test_installation_has_its_ports_and_nothing_else(self, view):
        assert view.differences(self.wanted(view, "install")) == {}

    def test_tables_of_programs_change_nothing_and_a_table_that_drops_is_named(self, lab, play, view):
        cells = with_site_port(view.wanted("install"))
        programs_change_nothing_and_what_drops_is_named(lab, play, view, cells, PREPARE)

    def test_what_pods_send_is_forwarded_and_nothing_else(self, lab):
        assert pods_get_through(lab, "worker-1", "controller-1") == {POD: True, FOREIGN: False}

    def test_nodes_and_nobody_else_get_through_over_ipv6(self, lab, play, tmp_path):
        assert through_over_ipv6(lab, play, tmp_path) == WANTED

    def test_a_restart_keeps_the_installers_ports(self, lab, view):
        lab.restart(DENIED)
        pairs = [(source, DENIED) for source in ("controller-1", "worker-1", "outside")]
        assert view.differences(self.wanted(view, "install"), pairs) == {}

    def test_operation_closes_the_installers_ports_and_cuts_no_connection(self, lab, play, view):
        with stream(lab, DENIED, "worker-1", 4242) as passes:
            assert passes()
            outcome = play(*PREPARE, rtf_phase="operate")
            assert {outcome.changed[node] for node in NODES} == {1}, outcome.output
            assert passes()
        assert view.differences(self.wanted(view, "operate")) == {}

    def test_a_restart_changes_nothing(self, lab, play, view):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lab.restart, NODES))
        assert view.differences(self.wanted(view, "operate")) == {}
        # Nor does an input that is not set any more: what was opened for it stays.
        outcome = play(*PREPARE, rtf_phase="operate", rtf_internal_networks=None)
        assert {outcome.changed[node] for node in NODES} == {0}, outcome.output

    def test_what_expires_ends_and_what_nobody_confirms_is_taken_back(self, lab, play, view):
        before = self.state(lab, "worker-1")
        play(UNCONFIRMED, expire_after=30)
        shut = {(DENIED, "worker-1"): {"tcp": {22, SITE_PORT}, "udp": set()}}
        await_true(lambda: view.differences(shut) == {})
        changed = self.state(lab, "worker-1")
        assert "9999" in changed and "9999" not in before
        lab.exec("worker-1", "systemctl", "start", "runtime-fabric-firewall-rollback.service")
        await_true(lambda: self.state(lab, "worker-1") == before)

    def test_revert_leaves_what_was_there_before(self, lab, play, view):
        outcome = play(*REVERT)
        assert {outcome.changed[node] for node in NODES} == {1}, outcome.output
        for name in NODES:
            assert self.state(lab, name) == self.state_before(lab, name)
        cells = {
            pair: {"tcp": {22, SITE_PORT}, "udp": set()}
            for pair in [("controller-1", "worker-1"), ("outside", "controller-1")]
        }
        assert view.differences(cells) == {}

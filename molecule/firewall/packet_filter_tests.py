# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of rtf_firewall on a plain packet filter, nftables or iptables, for the scenario of each to inherit.

    class TestNftables(PacketFilterTests):
        state = ("nft", "list", "ruleset")

The nodes have the rules of a site that drop what they do not know and accept SSH and SITE_PORT, and the role has run.
Tests run in the order in which they stand, and the last one takes everything back.
"""

import json
import re
import time

import yaml

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.foreign_tables import (
    programs_change_nothing_and_what_drops_is_named,
)
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.interrupted import module, remains
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

MOST_TASKS = 4
SUDO_JOURNAL = ("journalctl", "--no-pager", "--output=cat", "_COMM=sudo")
SUDO = re.compile(r"COMMAND=\S+ -c '?echo BECOME-SUCCESS")


class PacketFilterTests(Scenario):
    """Tests for one backend. state: a command that prints the rules of a node."""

    state = ()

    def rules(self, lab, node):
        """The rules of a node as its own program prints them, without what changes by itself."""
        text = lab.exec(node, *self.state).stdout.decode()
        text = re.sub(r"packets \d+ bytes \d+|\[\d+:\d+\]|expires \S+|timeout \S+", "", text)
        return [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith("#")]

    def test_what_the_node_remembers_is_for_root_alone(self, host):
        found = host.file("/var/lib/hostprep-runtime-fabric/firewall")
        assert (found.is_directory, found.user, found.mode) == (True, "root", 0o700)

    def test_every_row_is_open_and_nothing_else(self, view):
        assert view.differences(with_site_port(view.wanted("install"))) == {}

    def test_what_pods_send_is_forwarded_and_nothing_else(self, lab):
        assert pods_get_through(lab, "worker-1", "controller-1") == {POD: True, FOREIGN: False}

    def test_tables_of_programs_change_nothing_and_a_table_that_drops_is_named(self, lab, play, view):
        cells = with_site_port(view.wanted("install"))
        programs_change_nothing_and_what_drops_is_named(lab, play, view, cells, PREPARE)

    def test_a_run_that_changes_nothing_costs_few_tasks(self, lab, play):
        before = lab.exec("worker-1", *SUDO_JOURNAL, "--show-cursor", "--lines=0").stdout.decode()
        cursor = before.rpartition("-- cursor: ")[2].strip()
        # An input that is not set any more is nothing to change, either.
        done = play(*PREPARE, rtf_internal_networks=None)
        assert set(done.changed.values()) == {0}, done.output
        journal = lab.exec("worker-1", *SUDO_JOURNAL, "--after-cursor", cursor).stdout.decode()
        assert 1 <= len(SUDO.findall(journal)) <= MOST_TASKS, journal

    def test_a_dry_run_says_what_operate_would_close_and_changes_nothing(self, lab, play):
        before = self.rules(lab, "worker-2")
        done = play(*PREPARE, "--check", "--diff", "--limit", "localhost,worker-2", rtf_phase="operate")
        gone = [line for line in done.output.splitlines() if line.startswith("-") and "61008" in line]
        assert gone and done.changed["worker-2"] == 1, done.output
        assert self.rules(lab, "worker-2") == before

    def test_a_new_node_is_let_in(self, lab, play, tmp_path):
        inventory = tmp_path / "more.yml"
        address = f"{lab.instance.subnet_prefix}.77"
        new = {"worker-3": {"ansible_host": address, "rtf_node_ipv6_address": "2001:db8::77"}}
        inventory.write_text(yaml.safe_dump({"rtf_workers": {"hosts": new}}), encoding="utf-8")
        play(*PREPARE, "--limit", "localhost,worker-1", inventory=inventory)
        text = "\n".join(self.rules(lab, "worker-1"))
        assert address in text and "2001:db8::77" in text

    def test_nodes_and_nobody_else_get_through_over_ipv6(self, lab, play, tmp_path):
        assert through_over_ipv6(lab, play, tmp_path) == WANTED

    def test_a_finished_installation_closes_its_ports_and_cuts_nobody_off(self, lab, view, play):
        with stream(lab, "internet", "worker-1", SITE_PORT) as passes:
            assert passes()
            done = play("hostprep.runtime_fabric.finish_rtf_install")
            assert "next preparation opens" in done.output
            assert passes()
        assert view.differences(with_site_port(view.wanted("operate"))) == {}
        assert not any(f"{lab.instance.subnet_prefix}.77" in line for line in self.rules(lab, "worker-1"))

    def test_forgotten_ports_close_by_themselves_and_a_restart_keeps_the_rest(self, lab, view, play):
        done = play(*PREPARE, "--limit", "localhost,worker-2", rtf_firewall_install_ports_expire="30s")
        assert done.changed["worker-2"] == 1, done.output
        path = "/var/lib/hostprep-runtime-fabric/firewall/applied.json"
        expires_at = json.loads(lab.exec("worker-2", "cat", path).stdout)["expires_at"]
        lab.restart("worker-2")
        time.sleep(max(0, expires_at + 3 - time.time()))
        pairs = [(source, "worker-2") for source in ("controller-1", "worker-1", "outside", "worker-2 itself")]
        assert view.differences(with_site_port(view.wanted("operate")), pairs) == {}

    def test_nothing_of_ours_is_left_when_it_is_taken_back(self, lab, play):
        play(*REVERT)
        for node in lab.nodes:
            assert "runtime" not in "\n".join(self.rules(lab, node)).lower(), node
            left = lab.exec(node, "find", "/etc", "/usr/local/sbin", "/var/lib", "-iname", "*runtime*fabric*")
            assert left.stdout.decode().split() == [], node
            assert remains(lab, node) == [], node

    def test_a_first_change_that_is_rolled_back_leaves_nothing(self, lab):
        before = self.rules(lab, "worker-1")
        rule = {"comment": "for-a-while", "transport": "tcp", "ports": ["4242"], "expires": True}
        done, said = module("worker-1", rules=[rule], rollback_timeout=3600)
        assert done and self.rules(lab, "worker-1") != before, said
        done, said = module("worker-1", state="rolled_back")
        assert done, said
        assert (self.rules(lab, "worker-1"), remains(lab, "worker-1")) == (before, [])

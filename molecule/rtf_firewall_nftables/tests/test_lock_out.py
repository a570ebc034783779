# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node rolls back what was not confirmed: without the controller, over a reboot, and when SSH is cut.

A healthy node does not, whatever the other nodes of the play do meanwhile; and one change is made at a time.
"""

import concurrent.futures

import yaml

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.interrupted import (
    HOLD,
    KILL,
    exists,
    in_front_of_systemd_run,
    is_pending,
    module,
    wait_until,
    wait_until_settled,
)
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.scenario import PREPARE, internal_networks
from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site

TIMEOUT = 10  # seconds until a node takes an unconfirmed change back
# What the file of a firewall holds that was switched off.
CUTS_SSH = """
flush ruleset
table inet leftover {
    chain early {
        type filter hook prerouting priority raw;
        tcp dport 22 tcp flags & (syn | ack) == syn drop
    }
}
"""


FOOTPRINT = """
find /etc/systemd/system /etc/nftables.d /usr/local/sbin -printf '%p %l\\n' | sort
systemctl list-units --failed --plain --no-legend '*fabric*'
"""


def ruleset(lab, node):
    """The rules of a node, without what changes by itself."""
    lines = lab.exec(node, "nft", "list", "ruleset").stdout.decode().splitlines()
    return sorted(line.split(" expires ")[0].split("counter packets")[0].split(" timeout ")[0] for line in lines)


def footprint(lab, node):
    """Files, links and directories that the role makes or uses, and units of ours that have failed."""
    return lab.exec(node, "sh", "-c", FOOTPRINT).stdout.decode().splitlines()


def test_ssh_answers_before(host):
    assert host.socket("tcp://0.0.0.0:22").is_listening


def test_turns_of_other_nodes_roll_no_healthy_node_back_and_a_second_change_is_refused(lab, tmp_path):
    site = Site(tmp_path)
    variables = {
        "rtf_internal_networks": internal_networks(lab),
        "rtf_firewall_rollback_timeout": 20,
        "rtf_firewall_install_ports_expire": "23h",
    }
    (site.directory / "extra.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
    with in_front_of_systemd_run(lab, "worker-2", HOLD), concurrent.futures.ThreadPoolExecutor() as pool:
        play = pool.submit(site.play, *PREPARE, "--forks", "1", "-e", "@extra.yml")
        try:
            wait_until(lambda: play.done() or exists(lab, "worker-2", "/run/held"), "worker-2 has no turn")
            done, said = module("worker-2", state="absent", wait_timeout=0)
            assert not done and "is changing the firewall of this host right now" in said and "over SSH from" in said
            # With the confirmation in a task of its own, the first node now waits for the last one.
            wait_until_settled(lab, "controller-1")
        finally:
            lab.exec("worker-2", "touch", "/run/go")
        done = play.result()
    assert done.code == 0, done.output
    assert {done.changed[node] for node in lab.nodes} == {1}, done.output


def test_a_change_whose_controller_dies_is_rolled_back_with_its_links(lab):
    before, placed = ruleset(lab, "worker-1"), footprint(lab, "worker-1")
    done, said = module("worker-1", state="absent", rollback_timeout=TIMEOUT)
    assert done, said
    assert footprint(lab, "worker-1") != placed
    wait_until_settled(lab, "worker-1")
    assert ruleset(lab, "worker-1") == before
    assert footprint(lab, "worker-1") == placed
    lab.exec("worker-1", "systemctl", "restart", "nftables")
    wait_until(lambda: ruleset(lab, "worker-1") == before, "our rules do not follow those of the site")
    done, said = module("worker-1", state="confirmed")
    assert not done and "the host has rolled it back" in said


def test_a_process_that_is_killed_before_its_change_leaves_nothing_to_roll_back(lab):
    before, placed = ruleset(lab, "worker-1"), footprint(lab, "worker-1")
    with in_front_of_systemd_run(lab, "worker-1", KILL):
        assert not module("worker-1", state="absent", rollback_timeout=3600)[0]
    assert not is_pending(lab, "worker-1")
    lab.exec("worker-1", "systemctl", "disable", "nftables")  # by an admin
    try:
        done, said = module("worker-1", state="absent", rollback_timeout=3600)
        assert done, said
        done, said = module("worker-1", state="rolled_back")
        assert done, said
        assert lab.exec("worker-1", "systemctl", "is-enabled", "nftables", check=False).returncode != 0
    finally:
        lab.exec("worker-1", "systemctl", "enable", "nftables")
    assert footprint(lab, "worker-1") == placed and ruleset(lab, "worker-1") == before


def test_a_reboot_takes_back_a_change_that_nobody_confirmed(lab):
    before = ruleset(lab, "controller-1")
    done, said = module("controller-1", state="absent", rollback_timeout=3600)
    assert done and is_pending(lab, "controller-1"), said
    assert ruleset(lab, "controller-1") != before
    lab.restart("controller-1")
    wait_until_settled(lab, "controller-1")
    assert ruleset(lab, "controller-1") == before


def test_the_connection_of_the_change_proves_nothing(lab):
    before = ruleset(lab, "worker-1")
    done, said = module("worker-1", state="absent", rollback_timeout=600)
    assert done, said
    done, said = module("worker-1", state="confirmed")
    assert not done and "only a new connection proves" in said
    done, said = module("worker-1", state="absent", wait_timeout=0)
    assert not done and "another change of the firewall, made over SSH from" in said and is_pending(lab, "worker-1")
    done, said = module("worker-1", state="rolled_back")
    assert done, said
    assert ruleset(lab, "worker-1") == before


def test_a_firewall_that_cuts_ssh_when_it_is_started_is_stopped_again(lab, tmp_path):
    site = Site(tmp_path)
    variables = {
        "rtf_internal_networks": internal_networks(lab),
        "rtf_firewall_backend": "nftables",
        "rtf_firewall_rollback_timeout": TIMEOUT,
    }
    (site.directory / "extra.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
    lab.exec("worker-2", "systemctl", "disable", "--now", "nftables")
    lab.exec(
        "worker-2", "sh", "-c", f"cp /etc/nftables.conf /root/site.nft; cat >/etc/nftables.conf <<'END'{CUTS_SSH}END"
    )
    try:
        done = site.play(*PREPARE, "--limit", "localhost,worker-2", "-e", "@extra.yml")
        assert done.code != 0
        said = " ".join(done.output.split())
        assert "worker-2 could not be reached over a new connection after its firewall was changed" in said, done.output
        assert lab.ssh("worker-2", "id", "-un").stdout == b"ops\n"
        for question in ("is-active", "is-enabled"):
            assert lab.exec("worker-2", "systemctl", question, "--quiet", "nftables", check=False).returncode != 0
        assert not is_pending(lab, "worker-2")
    finally:
        lab.exec("worker-2", "cp", "/root/site.nft", "/etc/nftables.conf")
        lab.exec("worker-2", "systemctl", "enable", "--now", "nftables")

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node takes back what nobody confirmed: without the controller, over a reboot, and when SSH is cut."""

import json
import os
import subprocess
import time

import pytest
import yaml

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.scenario import PREPARE, internal_networks
from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

TIMEOUT = 10  # seconds until a node takes an unconfirmed change back
# What somebody left in the file of a firewall that was switched off.
CUTS_SSH = """
flush ruleset
table inet leftover {
    chain early {
        type filter hook prerouting priority raw;
        tcp dport 22 tcp flags & (syn | ack) == syn drop
    }
}
"""


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


def ruleset(lab, node):
    """The rules of a node, without what changes by itself."""
    lines = lab.exec(node, "nft", "list", "ruleset").stdout.decode().splitlines()
    return sorted(line.split(" expires ")[0].split("counter packets")[0].split(" timeout ")[0] for line in lines)


def is_pending(lab, node):
    return lab.exec(node, "test", "-e", "/var/lib/hostprep-runtime-fabric/firewall/pending", check=False).returncode == 0


def module(node, **options):
    """Call firewall_rules as a controller that dies afterwards; return (whether it went well, what it printed)."""
    words = ["ansible", node, "-i", os.environ["LAB_INVENTORY"], "-b", "-m", "hostprep.runtime_fabric.firewall_rules"]
    words += ["-a", json.dumps({"label": "runtime_fabric", **options})]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode == 0, done.stdout


def wait_until_settled(lab, node):
    """Wait until no change is pending, for as long as a busy machine may take."""
    deadline = time.monotonic() + 90
    while is_pending(lab, node):
        assert time.monotonic() < deadline, "the change is still there"
        time.sleep(1)
    time.sleep(2)


def test_ssh_answers_before(host):
    assert host.socket("tcp://0.0.0.0:22").is_listening


def test_a_change_whose_controller_dies_is_taken_back(lab):
    before = ruleset(lab, "worker-1")
    done, said = module("worker-1", state="absent", rollback_timeout=TIMEOUT)
    assert done, said
    wait_until_settled(lab, "worker-1")
    assert ruleset(lab, "worker-1") == before
    done, said = module("worker-1", state="confirmed")
    assert not done and "the host has taken it back" in said


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
    assert not done and "only a new one proves" in said
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
    lab.exec("worker-2", "sh", "-c", f"cp /etc/nftables.conf /root/site.nft; cat >/etc/nftables.conf <<'END'{CUTS_SSH}END")
    try:
        done = site.play(*PREPARE, "--limit", "localhost,worker-2", "-e", "@extra.yml")
        assert done.code != 0
        said = " ".join(done.output.split())
        assert "worker-2 could not be reached over a new connection after the change of its firewall" in said, done.output
        assert lab.ssh("worker-2", "id", "-un").stdout == b"ops\n"
        for question in ("is-active", "is-enabled"):
            assert lab.exec("worker-2", "systemctl", question, "--quiet", "nftables", check=False).returncode != 0
        assert not is_pending(lab, "worker-2")
    finally:
        lab.exec("worker-2", "cp", "/root/site.nft", "/etc/nftables.conf")
        lab.exec("worker-2", "systemctl", "enable", "--now", "nftables")

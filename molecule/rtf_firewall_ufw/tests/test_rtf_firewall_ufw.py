# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rtf_firewall on ufw, judged by packets from other nodes and from outside."""

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.front_end_tests import FrontEndTests
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.interrupted import (
    KILL,
    in_front_of_systemd_run,
    is_pending,
    module,
)
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab


def test_an_administrator_sees_what_is_ours(host):
    status = [line.split() for line in host.check_output("ufw status").splitlines()]
    serf = [line for line in status if line[:2] == ["runtime_fabric-serf-tcp", "ALLOW"]]
    assert len(serf) == 3
    assert all(line[-3:] == ["#", "runtime_fabric", "serf-tcp"] for line in serf)
    assert "  7496/tcp" in host.check_output("ufw app info runtime_fabric-serf-tcp")


def test_ufw_would_write_its_files_just_so(host):
    """What we write is what ufw makes of it: when it writes its files anew for another reason, nothing of ours differs."""
    before = host.file("/etc/ufw/user.rules").content_string
    host.check_output("ufw allow 9191/tcp && ufw --force delete allow 9191/tcp")
    assert host.file("/etc/ufw/user.rules").content_string == before


def test_a_change_that_was_killed_takes_no_rule_of_an_administrator_back():
    lab = Lab.named()
    with in_front_of_systemd_run(lab, "worker-1", KILL):
        assert not module("worker-1", state="absent", rollback_timeout=3600)[0]
    assert not is_pending(lab, "worker-1")
    lab.exec("worker-1", "ufw", "allow", "9191/tcp")
    for state in ("absent", "rolled_back"):
        done, said = module("worker-1", state=state, rollback_timeout=3600)
        assert done, said
        assert "9191" in lab.exec("worker-1", "ufw", "status").stdout.decode()
    lab.exec("worker-1", "ufw", "delete", "allow", "9191/tcp")


class TestUfw(FrontEndTests):
    """The tests of a front end, on ufw."""

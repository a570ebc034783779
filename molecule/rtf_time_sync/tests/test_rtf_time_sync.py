# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""chrony follows the lab's NTP server, and does so again after a restart."""

import time

import pytest

from ansible_collections.hostprep.runtime_fabric.molecule.plays import Site
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

SERVERS = "/etc/chrony/conf.d/runtime-fabric.conf"
PLAYBOOK = """---
- name: Keep the clock
  hosts: worker-1
  become: true
  gather_facts: false
  roles:
    - role: hostprep.runtime_fabric.rtf_time_sync
"""


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    (site.directory / "clock.yml").write_text(PLAYBOOK)
    return site


def selected(host):
    """The lines of the sources that chrony follows."""
    lines = host.check_output("chronyc -n -c sources").splitlines()
    return [line.split(",")[2] for line in lines if line.startswith("^,*")]


def test_chrony_follows_the_sites_server_now_and_after_a_restart(host, lab):
    server = host.check_output("getent ahostsv4 ntp.lab.example | awk '{ print $1; exit }'")
    assert selected(host) == [server]
    lab.restart(host.check_output("hostname"))
    deadline = time.monotonic() + 60
    while not selected(host) and time.monotonic() < deadline:
        time.sleep(1)
    assert selected(host) == [server]
    assert "Leap status     : Normal" in host.check_output("chronyc tracking")


def test_a_server_that_does_not_answer_is_named_with_the_time_waited(site):
    outcome = site.play("clock.yml", "-e", '{"rtf_ntp_servers": ["packages.lab.example"], "rtf_time_sync_wait": 6}')
    assert outcome.code != 0
    assert "no answer from" in outcome.output and "after 6 s of waiting" in outcome.output
    assert "open UDP 123" in outcome.output


def test_a_server_whose_name_does_not_resolve_is_told_apart(site):
    outcome = site.play("clock.yml", "-e", '{"rtf_ntp_servers": ["nowhere.lab.example"], "rtf_time_sync_wait": 6}')
    assert outcome.code != 0
    assert "none of the names resolves" in outcome.output and "nowhere.lab.example" in outcome.output


def test_servers_that_are_unset_are_taken_away_again(site, lab):
    assert site.play("clock.yml").code == 0
    assert lab.exec("worker-1", "test", "-e", SERVERS, check=False).returncode == 0
    site.play("clock.yml", "-e", '{"rtf_ntp_servers": [], "rtf_time_sync_wait": 0}')
    assert lab.exec("worker-1", "test", "-e", SERVERS, check=False).returncode != 0
    again = site.play("clock.yml")
    assert again.code == 0 and again.changed["worker-1"] > 0

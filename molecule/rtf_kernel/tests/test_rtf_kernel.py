# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forwarding as packets show it, and what is left of it after a restart."""

import pytest

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.internet import DNS_ADDRESS
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab

SYSCTLS = ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables")
CONNECT = f"import socket; socket.create_connection(('{DNS_ADDRESS}', 53), timeout=2)"


@pytest.fixture(scope="module")
def lab():
    return Lab.named()


def test_parameters_are_set_now_and_after_a_restart(host, lab):
    name = host.check_output("hostname")
    assert {key: host.sysctl(key) for key in SYSCTLS} == dict.fromkeys(SYSCTLS, 1)
    lab.restart(name)
    assert {key: host.sysctl(key) for key in SYSCTLS} == dict.fromkeys(SYSCTLS, 1)


def test_a_node_passes_packets_on_and_would_not_without_the_role(lab):
    """worker-2 reaches the DNS server by way of worker-1."""
    lab.exec("worker-2", "ip", "route", "replace", f"{DNS_ADDRESS}/32", "via", lab.nodes["worker-1"])
    try:
        lab.exec("worker-2", "python3", "-c", CONNECT)
        with faults.sysctl_set(lab, "worker-1", "net.ipv4.ip_forward", 0):
            assert lab.exec("worker-2", "python3", "-c", CONNECT, check=False).returncode != 0
    finally:
        lab.exec("worker-2", "ip", "route", "delete", f"{DNS_ADDRESS}/32")


def test_files_are_roots_and_say_who_wrote_them(host):
    for path in ("/etc/sysctl.d/zz-runtime-fabric.conf", "/etc/modules-load.d/runtime-fabric.conf"):
        found = host.file(path)
        assert (found.user, found.group, found.mode) == ("root", "root", 0o644)
        assert "Ansible managed" in found.content_string

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rtf_firewall on firewalld 0.9, 1.3 and 2.3, judged by packets from other nodes and from outside."""

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.promises import Promises


def test_nothing_was_loaded_anew(host):
    """A reload would drop what the site, or a container runtime, has set at runtime."""
    assert host.run("journalctl --unit firewalld | grep -i reload").rc == 1


def test_an_administrator_sees_what_is_ours(host):
    services = host.check_output("firewall-cmd --permanent --get-services").split()
    assert {"runtime_fabric-serf-tcp", "runtime_fabric-node-ports-udp"} <= set(services)
    about = host.check_output("firewall-cmd --permanent --info-service=runtime_fabric-serf-tcp")
    assert "7496/tcp" in about
    assert "serf-tcp" in host.check_output(
        "firewall-cmd --permanent --service=runtime_fabric-serf-tcp --get-description"
    )
    nodes = host.check_output("firewall-cmd --permanent --ipset=runtime_fabric-nodes --get-entries").split()
    assert len(nodes) == 3


class TestFirewalld(Promises):
    """The promises, on firewalld."""

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rtf_firewall on firewalld 0.9, 1.3 and 2.3, judged by packets from other nodes and from outside."""

from ansible_collections.hostprep.runtime_fabric.molecule.firewall.foreign_tables import NODE, as_replayed, replayed
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.front_end_tests import FrontEndTests
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.scenario import internal_networks, with_site_port
from ansible_collections.hostprep.runtime_fabric.molecule.packets import View
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.lab import Lab


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


POLICY = """
firewall-cmd --permanent --new-policy=shut
firewall-cmd --permanent --policy=shut --add-ingress-zone=ANY
firewall-cmd --permanent --policy=shut --add-egress-zone=HOST
firewall-cmd --permanent --policy=shut --set-target=DROP
firewall-cmd --permanent --policy=shut --set-priority=-10
firewall-cmd --permanent --policy=shut --add-port=22/tcp
firewall-cmd --permanent --policy=shut --add-port=9090/tcp
firewall-cmd --reload
"""
NO_POLICY = """
firewall-cmd --permanent --delete-policy=shut
rm -f /etc/firewalld/policies/shut.xml*
firewall-cmd --reload
"""


def test_a_policy_that_comes_before_the_zones_is_named_and_the_remedy_opens_the_port():
    lab = Lab.named()
    view = View.of(lab, internal=internal_networks(lab))
    cells = with_site_port(view.wanted("install"))
    of_a_node = [("controller-1", NODE)]
    lab.exec(NODE, "sh", "-ec", POLICY)
    try:
        packets = replayed(lab)
        assert {answer["where"] for answer in packets["answers"]} == {"inet firewalld filter_IN_policy_shut"}
        assert view.differences(as_replayed(lab, cells, packets)) == {}
        lab.exec(NODE, "firewall-cmd", "--policy=shut", "--add-port=7496/tcp")
        packets = replayed(lab)
        left = as_replayed(lab, cells, packets)
        assert 7496 in left["controller-1", NODE]["tcp"]
        assert view.differences(left, of_a_node) == {}
    finally:
        lab.exec(NODE, "sh", "-ec", NO_POLICY)
    assert view.differences(as_replayed(lab, cells, replayed(lab))) == {}


class TestFirewalld(FrontEndTests):
    """The tests of a front end, on firewalld."""

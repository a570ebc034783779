# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of hosts as people reported them, set up with the real iptables 1.8.9 and nft 1.0.6 and recorded from there.

For each: which firewall of the site is active, and what packets of the port table find.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.firewall_evidence import (
    forward_policies,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.packet_evidence import (
    ANYBODY,
    packet_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import (
    backend_selection,
    kernel_rules,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.firewall.recorded_hosts import (
    APPLIED,
    ReportedHost,
    text,
)


def seen(name):
    """(the active firewalls, {(verdict, owner): (sources, ports)}, the rules that drop what pods send)."""
    host = ReportedHost(f"report-{name}")
    rules = kernel_rules.read(host)
    packets = packet_evidence(host, rules, APPLIED, "runtime_fabric", 1)
    assert packets["hidden"] == []
    answers = {
        (answer["verdict"], answer["owner"]): (answer["sources"], answer["ports"]) for answer in packets["answers"]
    }
    active = backend_selection.active(backend_selection.all_backends(host, "runtime_fabric"))
    return list(active), answers, [(answer["where"], answer["owner"]) for answer in packets["forward"]]


def test_a_default_of_centos_rejects_at_the_end_of_input():
    """kubernetes/kubernetes#18802, k3s-io/k3s#977: the rules of iptables-services let in nothing but SSH."""
    active, answers, forward = seen("centos")
    assert active == ["iptables"]
    assert answers["drop", ""][1] in (["443", "8080"], ["2379"], ["32009"], ["53"])
    assert forward == [("iptables-legacy filter FORWARD", "")]


def test_docker_drops_what_pods_send_and_is_no_firewall_of_the_site():
    """moby/moby#49518, moby/moby#50566: the policy of FORWARD, with chains of Docker 28; one port is published."""
    active, answers, forward = seen("docker")
    assert active == []
    assert answers == {("unknown", "Docker"): ([ANYBODY[False]], ["8080"])}
    assert forward == [("ip filter FORWARD", "Docker")]
    host = ReportedHost("report-docker")
    assert forward_policies(kernel_rules.read(host).chains, "runtime_fabric") == (
        {"ip filter FORWARD": False},
        {"ip filter FORWARD": "Docker"},
    )


@pytest.mark.parametrize("name", ["tailscale", "nodelocaldns"])
def test_rules_that_a_program_puts_into_input_let_the_table_in(name):
    """k3s-io/k3s#4847 shows those of Tailscale; those of NodeLocal DNSCache are of kubernetes/dns. DNS is not tracked there."""
    assert seen(name) == ([], {}, [])


def test_a_set_of_nft_in_the_table_of_iptables_belongs_to_its_program():
    """netbirdio/netbird#2725: iptables-save prints the rule with the set as `-A INPUT -i wt0 -j ACCEPT`."""
    assert "-A INPUT -i wt0 -j ACCEPT" in text("report-netbird.save")
    assert kernel_rules.beyond_iptables(ReportedHost("report-netbird")) == {("ip", "filter")}
    assert seen("netbird") == ([], {}, [])


def test_sshguard_bans_a_node():
    """The table of SSHGuard/sshguard src/fw/sshg-fw-nft-sets.sh, made by that program."""
    active, answers, dummy = seen("sshguard")
    assert active == []
    assert answers == {("drop", "SSHGuard"): (["192.0.2.21"], ["53"])}


def test_a_chain_before_input_drops_private_addresses():
    """Such lists of rules against floods are in many a guide: what opens a connection is not hit by those of flags and sizes.

    No firewall of the host is active by INPUT, and none could let the packets in again.
    """
    active, answers, forward = seen("mangle")
    assert active == []
    assert answers == {("drop", ""): (["10.0.0.1"], ["32009"])}
    assert forward == [("ip mangle PREROUTING", "")]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signs by which programs are known, held against the rules that these programs wrote themselves.

Recorded on nodes of Debian 12, 13 and sid without any other firewall, with the names and versions of the packages in the
names of the files: Docker with its bridge (20.10 and 26.1 with a second network), libvirt, LXD and Incus with their default
network, the bouncer of CrowdSec after `cscli decisions add --ip 192.0.2.21`, netavark with one published port. The files
called -iptables are of the same program without nft. For libvirt 11.3 the program tc was replaced: the kernel lacks an action.

Those of FROM_SOURCE were not recorded from the program: no package of it could be had. Its source says which tables, chains
and rules it makes; they were written in the syntax of nft, loaded by nft 1.1.3 and recorded from there.
"""

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.firewall_evidence import (
    forward_policies,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.network.packet_evidence import (
    packet_evidence,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import (
    backend_selection,
    kernel_rules,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.rule_owners import owner_of_place
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils.firewall.recorded_hosts import (
    APPLIED,
    ReportedHost,
    text,
)

LABEL = "runtime_fabric"
# {recorded files: the program}
RECORDED = {
    "docker-20.10": "Docker",
    "docker-26.1": "Docker",
    "docker-28.5": "Docker",
    "libvirt-9.0": "libvirt",
    "libvirt-11.3": "libvirt",
    "libvirt-11.3-iptables": "libvirt",
    "lxd-5.0": "LXD",
    "lxd-5.0-iptables": "LXD",
    "incus-6.0": "Incus",
    "netavark-1.17": "Podman",
    "crowdsec-bouncer-0.0.25": "CrowdSec",
    "crowdsec-bouncer-0.0.25-iptables": "CrowdSec",
    "cni": "CNI plugins",
    "fail2ban": "fail2ban",
}
# Likewise, by the source of the program.
FROM_SOURCE = {
    # moby/moby daemon/libnetwork/drivers/bridge/internal/nftabler and .../overlay/encryption_nft_linux.go, with the setting
    # firewall-backend: docker0 with a port for everybody and one of loopback, an internal network, an encrypted overlay
    "docker-29-nftables": "Docker",
    # tailscale/tailscale util/linuxfw/nftables_runner.go as wgengine/router calls it, for a subnet router that is stateful
    "tailscale-nftables": "Tailscale",
}
BANNED = "192.0.2.21"


@pytest.fixture(params=[*RECORDED, *FROM_SOURCE])
def recorded(request):
    """(the host, the program)."""
    return ReportedHost(request.param), {**RECORDED, **FROM_SOURCE}[request.param]


def rules_of(chain, seen):
    """Yield (place, text, texts of the chain) of the rules of a chain and of those that it leads to."""
    beside = tuple(rule.text for rule in chain.rules)
    for rule in chain.rules:
        yield chain.where, rule.text, beside
        for kind, verdict in rule.steps:
            target = chain.targets.get(getattr(verdict, "target", "")) if kind == "verdict" else None
            if target is not None and target.where not in seen:
                seen.add(target.where)
                yield from rules_of(target, seen)


def test_each_rule_that_filters_is_known_to_be_the_programs(recorded):
    host, program = recorded
    filtering = [chain for chain in kernel_rules.read(host).chains if chain.hook in ("input", "forward")]
    found = {rule for chain in filtering for rule in rules_of(chain, set())}
    assert found and {rule: owner_of_place(*rule, LABEL) for rule in found} == dict.fromkeys(found, program)


def test_it_is_no_firewall_of_the_site_and_named_where_a_service_would_flush_it(recorded):
    host, program = recorded
    backends = backend_selection.all_backends(host, LABEL)
    assert backend_selection.active(backends) == {}
    assert backends["nftables"].programs() | backends["iptables"].programs() == {program}


def test_what_it_drops_is_named_with_it_and_nothing_else_is_shut(recorded):
    host, program = recorded
    packets = packet_evidence(host, kernel_rules.read(host), APPLIED, LABEL, 1)
    assert packets["hidden"] == []
    dropped = {(one["owner"], *one["sources"]) for one in packets["answers"] if one["verdict"] == "drop"}
    assert dropped == ({(program, BANNED)} if program in ("CrowdSec", "fail2ban") else set())
    assert {one["owner"] for one in packets["answers"] + packets["forward"]} <= {program}


def test_the_policy_of_forward_is_that_of_docker(recorded):
    """Docker with iptables alone drops by policy what no rule accepts; each of the others leaves that to the site."""
    host, program = recorded
    by_policy = forward_policies(kernel_rules.read(host).chains, LABEL)
    shut = {"ip filter FORWARD": program} if "DOCKER-USER" in host.listing else {}
    assert by_policy == (dict.fromkeys(shut, False), shut)


def test_a_match_of_ipset_is_one_of_iptables():
    """nft only names the match, `xt match set`; a table with one was taken for one of nft, and so for the site's."""
    host = ReportedHost("crowdsec-bouncer-0.0.25-iptables")
    assert "xt match set" in host.listing
    assert kernel_rules.beyond_iptables(host) == set()
    own = text("crowdsec-bouncer-0.0.25-iptables.json").replace(
        '{"xt": {"type": "match", "name": "set"}}', '{"log": {"prefix": "@set"}}'
    )
    host.rules["nft"] = own
    assert kernel_rules.beyond_iptables(host) == set()
    host.rules["nft"] = own.replace('{"log": {"prefix": "@set"}}', '{"ct": {"key": "state"}}')
    assert kernel_rules.beyond_iptables(host) == {("ip", "filter"), ("ip6", "filter")}


def test_a_node_in_the_range_of_tailscale_is_dropped_by_tailscale():
    """tailscale/tailscale#12829 and #12555: hosts in 100.64.0.0/10 that Tailscale does not manage."""
    host = ReportedHost("tailscale-nftables")
    there = {**APPLIED, "sets": {"nodes": ["100.64.0.7"]}}
    packets = packet_evidence(host, kernel_rules.read(host), there, LABEL, 1)
    found = {(one["verdict"], one["owner"], one["where"], *one["sources"]) for one in packets["answers"]}
    assert found == {("drop", "Tailscale", "ip filter ts-input", "100.64.0.7")}

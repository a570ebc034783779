# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that keep packet filter rules of their own besides those of a site, and how to recognise these rules.

A program may replace its tables and chains at any time, so we never write there, and its rules do not count as an active
firewall of the site. Pure functions of names and rules, in the syntax of nft or iptables.
"""

import re
from collections import namedtuple

# tables: nftables tables, as "FAMILY NAME". chains: chains, also in tables that are not the program's. rules: what stands
# in a rule that the program puts into a chain of the site itself. Each a pattern, None without; the first two match the
# whole name.
Program = namedtuple("Program", "name tables chains rules")

_IP = "(?:ip6? |inet )"
_BRIDGES = '(?<!! )(?:-[io] |[io]ifname )"?(?:{0})"?(?= |$)'  # not where the rule is about all other interfaces

# After each, where the names come from.
PROGRAMS = (
    # docs.docker.com/engine/network/firewall-nftables and .../packet-filtering-firewalls; the overlay: moby/moby drivers/overlay
    Program(
        "Docker",
        _IP + "docker-(?:bridges|overlay)",
        "DOCKER(?:-.*)?",
        _BRIDGES.format("docker0|br-[0-9a-f]{12}|docker_gwbridge"),
    ),
    # kubernetes/kubernetes pkg/proxy/{iptables,nftables}, pkg/util/iptables; issue 123162: base chains are made anew.
    # kube-router, KUBE-ROUTER-*, KUBE-NWPLCY-*, KUBE-POD-FW-*: cloudnativelabs/kube-router
    Program("Kubernetes", _IP + "kube-proxy", "KUBE-.*", None),
    # projectcalico/calico issue 8025 (chains), felix/nftables (table)
    Program("Calico", "(?:ip6?|arp) calico", "cali(?:-|fw-|tw-|fh-|th-|pi-|po-).*", '--comment "?cali:'),
    # cilium/cilium pkg/datapath/iptables
    Program("Cilium", None, "(?:OLD_)?CILIUM_.*", None),
    # flannel-io/flannel pkg/trafficmngr, pull request 1881
    Program("flannel", "ip6? flannel-ipv[46]", "FLANNEL-.*", None),
    # weaveworks/weave npc
    Program("Weave", None, "WEAVE(?:-.*)?", None),
    # containernetworking/plugins pkg/ip/ipmasq_nftables_linux.go, plugins/meta/portmap
    Program(
        "CNI plugins", "inet cni_(?:plugins_masquerade|hostport)", "CNI-.*", _BRIDGES.format("cni\\d+|cni-podman\\d+")
    ),
    # containers/netavark src/firewall/{nft,iptables}.rs
    Program("Podman", "inet netavark", "NETAVARK.*", _BRIDGES.format("podman\\d+")),
    # antrea-io/antrea pkg/agent/route
    Program("Antrea", _IP + "antrea.*", "ANTREA-.*", None),
    # ovn-org/ovn-kubernetes go-controller/pkg/node
    Program("OVN-Kubernetes", "inet ovn-kubernetes", "OVN-KUBE-.*", None),
    # istio/istio tools/istio-iptables
    Program("Istio", None, "ISTIO_.*", None),
    # libvirt/libvirt src/network/network_{iptables,nftables}.c; rules of INPUT before version 5.1: firewalld issue 397
    Program("libvirt", "ip6? libvirt_network", "LIBVIRT_.*", _BRIDGES.format("virbr\\d+")),
    # canonical/lxd internal/server/firewall/drivers, and the same in lxc/incus
    Program("LXD", "(?:ip6?|inet|bridge) lxd", None, "generated for LXD|" + _BRIDGES.format("lxdbr\\d+")),
    Program("Incus", "(?:ip6?|inet|bridge) incus", None, "generated for Incus|" + _BRIDGES.format("incusbr\\d+")),
    # fail2ban/fail2ban config/action.d/{nftables,iptables*}.conf; before version 0.9.2 fail2ban-*
    Program("fail2ban", _IP + "f2b-.*", "(?:f2b|fail2ban)-.*", "--match-set f2b-|@(?:addr6?-set|f2b)-"),
    # crowdsecurity/cs-firewall-bouncer, issue 210
    Program(
        "CrowdSec",
        _IP + "crowdsec6?",
        "CROWDSEC_CHAIN|crowdsec6?-chain.*",
        "--match-set crowdsec6?-|@crowdsec6?-blacklists",
    ),
    # kubernetes/dns cmd/node-cache/app: rules of INPUT
    Program("NodeLocal DNSCache", None, None, '--comment "?NodeLocal DNS Cache'),
    # kubernetes-sigs/kube-network-policies pkg/networkpolicy, of which kindnet is made
    Program("kube-network-policies", "inet (?:kube|kindnet)-network-policies", None, None),
    # kubeovn/kube-ovn pkg/util/const.go; its rules of INPUT in pkg/daemon
    Program("Kube-OVN", None, "OVN-(?:PREROUTING|POSTROUTING|OUTPUT|MASQUERADE|NAT-.*)", "--match-set ovn[46]0"),
    # aws/amazon-vpc-cni-k8s pkg/networkutils
    Program("Amazon VPC CNI", None, "AWS-(?:SNAT|CONNMARK)-CHAIN-.*", None),
    # squat/kilo pkg/encapsulation
    Program("Kilo", None, "KILO-.*", None),
    # netbirdio/netbird client/firewall/{nftables,iptables}
    Program("NetBird", _IP + "netbird", "NETBIRD-.*|netbird-.*", _BRIDGES.format("wt\\d+")),
    # gravitl/netclient firewall
    Program("Netmaker", None, "netmaker(?:filter|nat)", None),
    # lxc/lxc config/init/common/lxc-net.in
    Program("LXC", _IP + "lxc", None, _BRIDGES.format("lxcbr\\d+")),
    # SSHGuard/sshguard src/fw/sshg-fw-{nft-sets,iptables}.sh
    Program("SSHGuard", _IP + "sshguard", "sshguard", None),
    # tailscale/tailscale util/linuxfw; issue 15860 shows its rules on a host without iptables
    Program("Tailscale", None, "ts-(?:input|forward|postrouting)", _BRIDGES.format("tailscale\\d+")),
    # systemd/systemd src/shared/firewall-util-nft.c
    Program("systemd-networkd", "ip6? io\\.systemd\\.nat", None, None),
    # NetworkManager src/core/nm-firewall-utils.c
    Program("NetworkManager", _IP + "nm-shared-.*", "nm-sh-(?:in|fw)-.*", None),
    # WireGuard/wireguard-tools src/wg-quick/linux.bash
    Program("wg-quick", "ip6? wg-quick-.*", None, "wg-quick\\(8\\) rule"),
    # firewalld/firewalld src/firewall/core/nftables.py
    Program("firewalld", _IP + "firewalld(?:_policy_drop)?", None, None),
)

# Programs by which a site writes its own rules in the tables of iptables, by the names of their chains.
FRONT_ENDS = {
    "ufw": "ufw6?-.*",  # canonical/ufw src/backend_iptables.py
    # firewalld/firewalld src/firewall/core/ipXtables.py
    "firewalld": (
        "(?:IN|FWD[IO]?|OUT|POST|PRE)_.+_(?:pre|log|deny|allow|post)"
        "|(?:INPUT|FORWARD|PREROUTING|POSTROUTING|OUTPUT)_(?:direct|ZONES.*|POLICIES.*)"
    ),
}

_TARGET = re.compile(r"(?:^|\s)(?:-j|-g|jump|goto)\s+(\S+)")


def _whole(pattern, name):
    return pattern is not None and re.match(f"(?:{pattern})\\Z", name) is not None


def owner_of_table(family, name):
    """Return the program whose nftables table this is by its name, "" where it is not known."""
    found = [one.name for one in PROGRAMS if _whole(one.tables, f"{family} {name}")]
    return found[0] if found else ""


def owner_of_chain(name):
    """Return the program whose chain this is by its name, "" where it is not known."""
    found = [one.name for one in PROGRAMS if _whole(one.chains, name)]
    return found[0] if found else ""


def owner_of_jump(rule):
    """Return the program to whose chain a rule, as nft or iptables-save prints it, leads; "" without one."""
    target = _TARGET.search(rule)
    return owner_of_chain(target.group(1)) if target else ""


def owner_of_rule(rule):
    """Return the program that put a rule, as nft or iptables-save prints it, into a chain; "" where that is not known."""
    found = [one.name for one in PROGRAMS if one.rules is not None and re.search(one.rules, rule)]
    return owner_of_jump(rule) or (found[0] if found else "")


def owner_of_place(where, rule, beside, label):
    """Return who decides by a rule of a chain, "" for the site.

    where: the chain, as "FAMILY TABLE CHAIN" of nftables, or with the program iptables in the place of the family. rule: its text,
    "" for the policy of the chain. beside: the texts of all rules of the chain, by which it is known whose policy it is.
    label: as in wanted_rules.Wanted, and the answer for rules of our own.
    """
    first, table, chain = where.split(" ", 2)
    of_iptables = "tables" in first
    if (table == label and not of_iptables) or chain.startswith(label.upper() + "-"):
        return label
    found = "" if of_iptables else owner_of_table(first, table)
    found = found or owner_of_chain(chain) or _front_end(f"-j {chain}")
    if found or rule:
        return found or owner_of_rule(rule)
    ends = [name for name in map(_front_end, beside) if name] or [name for name in map(owner_of_jump, beside) if name]
    # A program sets the policy only where packets are forwarded; where they come in, it is the site's or a front end's.
    return ends[0] if ends and (chain == "FORWARD" or ends[0] in FRONT_ENDS) else ""


def _front_end(rule):
    """The front end to whose chain a rule leads, "" without."""
    target = _TARGET.search(rule)
    return next((name for name, chains in FRONT_ENDS.items() if target and _whole(chains, target.group(1))), "")

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is there room in the subnet, does nothing use the cluster's own networks, and does the node resolve names as it must?"""

import ipaddress
from urllib.parse import urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.advice import by_line
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import (
    FAIL,
    PASS,
    Finding,
    NoEvidence,
    part,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.net.addresses import (
    ipv4_addresses,
    own_network,
    the_default_route,
)

CLUSTER_DNS = "127.0.0.2"  # Gravity's, on every node
MOST_NAMESERVERS = 3  # what the C library reads


def subnet_headroom(subject, evidence):
    """Addresses of the subnet that no node has, nor any host that an ARP sweep found."""
    network = own_network(subject, evidence)
    cluster, route = part(evidence, "cluster"), the_default_route(evidence)
    used = {entry["address"]: node for node, entry in cluster.items() if entry.get("address")}
    used.update({entry["address"]: subject.node for entry in ipv4_addresses(evidence)})
    if route.get("gateway"):
        used[route["gateway"]] = "gateway"
    swept = part(evidence, "host", "network").get("neighbours")
    if isinstance(swept, dict) and "addresses" in swept:
        used.update({address: used.get(address, "another host") for address in swept["addresses"]})
    here = [address for address in used if ipaddress.ip_address(address) in network]
    size = network.num_addresses - (2 if network.prefixlen < 31 else 0)
    free = size - len(here)
    known = "by an ARP sweep" if swept else "as far as the inventory knows"
    expected = f"{subject.spare_addresses} or more free addresses"
    observed = f"{max(free, 0)} of {size} in {network} free, {known}"
    if free >= subject.spare_addresses:
        return Finding(PASS, expected, observed, evidence=sorted(here))
    remedy = f"Ask the network team for a larger subnet than {network}, or free addresses in it, before VMs are added."
    return Finding(FAIL, expected, observed, remedy, sorted(here))


def cluster_networks(subject, evidence):
    """Nothing that the node talks to lies in the networks of pods and services: it could not be reached any more."""
    clusters = {"pods": subject.pod_cidr, "services": subject.service_cidr}
    networks = {what: ipaddress.ip_network(cidr) for what, cidr in clusters.items()}
    expected = "the networks of pods and services are used by nothing else"
    lost = []
    if networks["pods"].overlaps(networks["services"]):
        lost.append(f"{networks['pods']} and {networks['services']} overlap")
    used_networks, gap = _used_networks(subject, evidence)
    for used, what in used_networks:
        for own, network in networks.items():
            if used.overlaps(network) and not (subject.phase == "operate" and used.subnet_of(network)):
                lost.append(
                    f"{used} ({what}) is in the {own}' {network}"
                    if used.subnet_of(network)
                    else f"{used} ({what}) holds the {own}' {network}"
                )
    if gap and not lost:
        raise gap
    if not lost:
        return Finding(PASS, expected, f"{networks['pods']} and {networks['services']} are free")
    remedy = (
        "Choose other networks in rtf_pod_cidr and rtf_service_cidr, and the same ones as POD_NETWORK_CIDR and "
        "SERVICE_CIDR of the installer."
    )
    return Finding(FAIL, expected, "; ".join(dict.fromkeys(lost)), remedy, lost)


def _used_networks(subject, evidence):
    """Return ([(network, what it is)], the first NoEvidence of a source that could not be read, or None)."""
    found, gap = [], None
    for source in (_routed, _own, _named_in_resolv_conf, _named_by_the_site, _gateway):
        try:
            found += [(network, what) for network, what in source(subject, evidence) if network is not None]
        except NoEvidence as problem:
            gap = gap or problem
    return found, gap


def _routed(dummy_subject, evidence):
    routes = [
        (_network(route["destination"]), route["interface"]) for route in part(evidence, "host", "network", "routes")
    ]
    return [
        (network, f"route by {interface}") for network, interface in routes if network is not None and network.prefixlen
    ]


def _own(dummy_subject, evidence):
    return [
        (ipaddress.ip_network(entry["address"]), f"address of {entry['interface']}")
        for entry in ipv4_addresses(evidence)
    ]


def _named_in_resolv_conf(dummy_subject, evidence):
    return [
        (_network(address), "nameserver") for address in part(evidence, "host", "network", "resolvers")["nameservers"]
    ]


def _named_by_the_site(subject, evidence):
    named = [(server, "NTP server") for server in subject.ntp_servers]
    named += [(entry["address"], f"node {node}") for node, entry in part(evidence, "cluster").items()]
    named += [(urlsplit(url).hostname, "proxy") for url in (subject.proxy.http, subject.proxy.monitoring) if url]
    return [(_network(address), what) for address, what in named]


def _gateway(dummy_subject, evidence):
    return [(_network(the_default_route(evidence).get("gateway")), "gateway")]


def _network(text):
    """An IPv4 network, None for a name, IPv6 and nothing."""
    try:
        return ipaddress.IPv4Network(text or "", strict=False)
    except ValueError:
        return None


def docker_network(subject, evidence):
    """Docker takes 172.17.0.0/16 for its bridge unless told otherwise: what is behind it cannot be reached any more."""
    bridge = ipaddress.ip_network(subject.platform["docker_bridge"])
    expected = f"nothing else uses {bridge}"
    used_networks, gap = _used_networks(subject, evidence)
    lost = [f"{used} ({what})" for used, what in used_networks if used.overlaps(bridge) and "docker0" not in what]
    if gap and not lost:
        raise gap
    if not lost:
        return Finding(PASS, expected, "free")
    remedy = (
        f"Ask the vendor's support before you install: addresses in {bridge} will not be reached from {subject.node}."
    )
    return Finding(FAIL, expected, "; ".join(dict.fromkeys(lost)), remedy, lost)


def dns_port(subject, evidence):
    """The cluster's own DNS listens on 127.0.0.2:53; whoever listens on every address is in its way."""
    expected = f"nobody listens on port 53 of {CLUSTER_DNS}"
    found = part(evidence, "host", "network", "dns_listeners")
    if not found:
        return Finding(PASS, expected, "nobody")
    observed = ", ".join(
        f"{row['process'] or 'a process'}{' (pid {})'.format(row['pid']) if row['pid'] else ''} on {row['address']}:53/{row['transport']}"
        for row in found
    )
    remedy = "Stop it, or bind it to other addresses: `listen-address=` and `bind-interfaces` of dnsmasq, `listen-on` of named."
    return Finding(FAIL, expected, observed, remedy, found)


def resolvers(subject, evidence):
    """Pods inherit resolv.conf: a resolver on loopback is theirs, not the node's, and a fourth is never asked."""
    found = part(evidence, "host", "network", "resolvers")
    servers, expected = found["nameservers"], f"one to {MOST_NAMESERVERS} nameservers that pods reach, too"
    # Once the platform runs, its own DNS is there, for the node and its pods alike.
    own = (CLUSTER_DNS,) if subject.phase == "operate" else ()
    loopback = [server for server in servers if _is_loopback(server) and server not in own]
    wrong = []
    if not servers:
        wrong.append("; ".join(["no nameserver", *filter(None, [found["dangling"]])]))
    if loopback:
        wrong.append(f"{', '.join(loopback)} is on the node itself")
    if len(servers) > MOST_NAMESERVERS:
        wrong.append(f"{len(servers)} nameservers, of which {', '.join(servers[MOST_NAMESERVERS:])} are never asked")
    if not wrong:
        return Finding(PASS, expected, ", ".join(servers))
    remedy = by_line(
        subject,
        appliance="Let /etc/resolv.conf name the site's own servers; with systemd-resolved: "
        "`ln -sf /run/systemd/resolve/resolv.conf /etc/resolv.conf`.",
        self_managed="See that resolvConf of the kubelet's configuration names a file with the site's own servers; with "
        "systemd-resolved that is /run/systemd/resolve/resolv.conf. If it does, waive this.",
    )
    return Finding(FAIL, expected, "; ".join(wrong), remedy, found)


def _is_loopback(text):
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


CHECKS = {
    "net.subnet_headroom": subnet_headroom,
    "net.cluster_networks": cluster_networks,
    "net.docker_network": docker_network,
    "net.dns_port": dns_port,
    "net.resolvers": resolvers,
}

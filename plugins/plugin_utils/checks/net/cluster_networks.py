# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""net.cluster_networks and docker_network: nothing else uses the networks of pods, services and docker."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.catalog.rows import Row
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.finding import Finding
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.registry import check
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.checks.subject import Subject
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.own_address import (
    ipv4_addresses,
    the_default_route,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.evidence.parts import Evidence, NoEvidence, part
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.text.statuses import FAIL, PASS

Used = tuple[ipaddress.IPv4Network, str]  # a network, and what uses it
Candidate = tuple[ipaddress.IPv4Network | None, str]


@check("net.cluster_networks")
def cluster_networks(subject: Subject, evidence: Evidence) -> Finding:
    """Nothing that the node connects to lies in the networks of pods and services: it would become unreachable."""
    clusters = {"pods": subject.pod_cidr, "services": subject.service_cidr}
    networks = {what: ipaddress.IPv4Network(cidr) for what, cidr in clusters.items()}
    expected = "nothing else uses the networks of pods and services"
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
                    else f"{used} ({what}) contains the {own}' {network}"
                )
    if gap and not lost:
        raise gap
    if not lost:
        return Finding(PASS, expected, f"{networks['pods']} and {networks['services']} are free")
    remedy = (
        "Choose other networks in rtf_pod_cidr and rtf_service_cidr, and set POD_NETWORK_CIDR and SERVICE_CIDR of "
        "the installer to the same ones."
    )
    return Finding(FAIL, expected, "; ".join(dict.fromkeys(lost)), remedy, lost)


def _used_networks(subject: Subject, evidence: Evidence) -> tuple[list[Used], NoEvidence | None]:
    """Return ([(network, what it is)], the first NoEvidence of a source that could not be read, or None)."""
    found: list[Used] = []
    gap = None
    for source in (_routed, _own, _named_in_resolv_conf, _named_by_the_site, _gateway):
        try:
            found += [(network, what) for network, what in source(subject, evidence) if network is not None]
        except NoEvidence as problem:
            gap = gap or problem
    return found, gap


def _routed(dummy_subject: Subject, evidence: Evidence) -> list[Candidate]:
    routes = [
        (
            _network(route["destination"]),
            f"route via {route['interface']}" if route["interface"] else _discarding(route),
        )
        for route in part(evidence, "host", "network", "routes")
    ]
    return [(network, what) for network, what in routes if network is not None and network.prefixlen]


def _discarding(route: Row) -> str:
    """A route without an interface: it discards packets, also those to addresses of services, which are translated later."""
    return f"{route.get('type', 'unreachable')} route"


def _own(dummy_subject: Subject, evidence: Evidence) -> list[Candidate]:
    return [
        (ipaddress.IPv4Network(entry["address"]), f"address of {entry['interface']}")
        for entry in ipv4_addresses(evidence)
    ]


def _named_in_resolv_conf(dummy_subject: Subject, evidence: Evidence) -> list[Candidate]:
    return [
        (_network(address), "nameserver") for address in part(evidence, "host", "network", "resolvers")["nameservers"]
    ]


def _named_by_the_site(subject: Subject, evidence: Evidence) -> list[Candidate]:
    named: list[tuple[str | None, str]] = [(server, "NTP server") for server in subject.ntp_servers]
    named += [(entry["address"], f"node {node}") for node, entry in part(evidence, "cluster").items()]
    named += [(urlsplit(url).hostname, "proxy") for url in (subject.proxy.http, subject.proxy.monitoring) if url]
    return [(_network(address), what) for address, what in named]


def _gateway(dummy_subject: Subject, evidence: Evidence) -> list[Candidate]:
    return [(_network(the_default_route(evidence).get("gateway")), "gateway")]


def _network(text: str | None) -> ipaddress.IPv4Network | None:
    """An IPv4 network, None for a name, IPv6 and nothing."""
    try:
        return ipaddress.IPv4Network(text or "", strict=False)
    except ValueError:
        return None


@check("net.docker_network")
def docker_network(subject: Subject, evidence: Evidence) -> Finding:
    """Docker uses 172.17.0.0/16 for its bridge by default: hosts in that network become unreachable."""
    bridge = ipaddress.ip_network(subject.installer["docker_bridge"])
    expected = f"nothing else uses {bridge}"
    used_networks, gap = _used_networks(subject, evidence)
    lost = [f"{used} ({what})" for used, what in used_networks if used.overlaps(bridge) and "docker0" not in what]
    if gap and not lost:
        raise gap
    if not lost:
        return Finding(PASS, expected, "free")
    remedy = (
        f"Ask the vendor's support before you install: addresses in {bridge} will not be reachable from {subject.node}."
    )
    return Finding(FAIL, expected, "; ".join(dict.fromkeys(lost)), remedy, lost)

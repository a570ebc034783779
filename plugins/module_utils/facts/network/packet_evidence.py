# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rules of the kernel do with the packets that a host is to accept, whoever wrote the rules. Read-only."""

from collections import OrderedDict, namedtuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import packet_replay, port_conditions
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.rule_owners import owner_of_place
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.wanted_rules import (
    from_parameters,
    is_ipv6,
    lasting,
)

# Stand for everybody: addresses of the Internet that no rule singles out as private or reserved. Nothing is sent there.
ANYBODY = {False: "192.0.32.8", True: "2620:0:2d0::8"}
EVERYBODY_NETWORKS = ("0.0.0.0/0", "::/0")
MOST_SOURCES = 64
INTERFACES = "/sys/class/net"

# How packets of a source come in. interface, address: the host's, that they arrive at.
Route = namedtuple("Route", "interface address")


def packet_evidence(host, rules, applied, label, now):
    """Return `{"hidden", "asked", "answers", "forward"}`.

    rules: the KernelRules of the host. applied: the options of firewall_rules that were applied last, {} before the first
    time: then it is asked for all ports, from anybody. hidden: why rules may be missing from what was replayed, as
    sentences. asked: `applied` or `everything`. answers: for each packet to the host that is not certainly accepted
    `{"verdict": "drop" | "unknown", "transport", "ports", "sources", "where", "rule", "owner"}`: the chain and the rule
    that decide it ("" for the chain's policy), and the program that wrote it, "" for the site. forward: likewise, for what
    comes from the trusted networks and goes on to a source.
    """
    wanted = from_parameters(applied, applied["expires_at"], now) if applied else None
    asked = _asked(wanted) if wanted else _everything()
    sources = list(OrderedDict.fromkeys(source for source, dummy in asked))
    routes = {source: _route(host, source) for source in sources[:MOST_SOURCES]}
    found, forward = _Answers(rules.chains, label), _Answers(rules.chains, label)
    hidden, seen = list(rules.hidden), {}
    for route in filter(None, routes.values()):
        if route.interface not in seen:
            seen[route.interface], unseen = _met(host, rules.chains, route.interface)
            hidden += unseen
    for (source, transport), ports in asked.items():
        route = routes.get(source)
        if route is not None:
            packet = packet_replay.Packet(source, route.address, transport, route.interface, "")
            found.add(seen[route.interface], packet, ports)
    for packet in _forwarded(wanted, routes) if wanted else []:
        forward.add(rules.chains, packet, port_conditions.between(1, 65535))
    if not seen:
        hidden.append("the host has no route to any address from which packets are accepted")
    if len(sources) > MOST_SOURCES:
        hidden.append(f"only packets of the first {MOST_SOURCES} of {len(sources)} sources were replayed")
    return {
        "hidden": hidden,
        "asked": "applied" if wanted else "everything",
        "answers": found.entries(),
        "forward": forward.entries(),
    }


def _met(host, chains, interface):
    """Return (the chains that packets by an interface meet, why some of their rules are not replayed, as sentences)."""
    below = _below(host, interface)
    met = [chain._replace(device=None) if chain.device and chain.device in below else chain for chain in chains]
    hidden = []
    if host.is_directory(f"{INTERFACES}/{interface}/bridge"):
        hidden = [
            f"the chain {chain.where} sees packets before {interface} does, and is not replayed"
            for chain in chains
            if chain.family == "bridge" and chain.rules
        ]
    return [chain for chain in met if chain.family != "bridge"], hidden


def _below(host, interface):
    """The interfaces of which an interface is made, as a bond or a VLAN is."""
    found, left = set(), [interface]
    while left:
        names = [
            name[len("lower_") :] for name in host.names(f"{INTERFACES}/{left.pop()}") if name.startswith("lower_")
        ]
        left += [name for name in names if name not in found]
        found.update(names)
    return found


def _everything():
    """Return {(source, transport): ports} of all packets, from anybody."""
    every_port = port_conditions.between(1, 65535)
    return OrderedDict(
        ((ANYBODY[ipv6], transport), every_port) for ipv6 in (False, True) for transport in ("tcp", "udp")
    )


def _asked(wanted):
    """Return {(source, transport): ports} of the packets that the wanted rules let in."""
    found = OrderedDict()
    for rule in wanted.rules:
        if rule.expires and rule not in lasting(wanted):
            continue
        ports = 0
        for first, last in rule.ports:
            ports |= port_conditions.between(first, last)
        for source in _sources(rule, wanted):
            found[source, rule.transport] = found.get((source, rule.transport), 0) | ports
    return found


def _sources(rule, wanted):
    if rule.from_set is not None:
        return wanted.sets[rule.from_set]
    networks = rule.networks or EVERYBODY_NETWORKS
    return [ANYBODY[is_ipv6(one)] if one in EVERYBODY_NETWORKS else member(one) for one in networks]


def member(network):
    """Return an address of a network to stand for all of it: the first that a host can have."""
    address, dummy_slash, prefix = network.partition("/")
    alone = prefix in ("", "128" if is_ipv6(network) else "32")
    if alone:
        return address
    if is_ipv6(address):
        return address + "1" if address.endswith("::") else address
    *front, last = address.split(".")
    return ".".join(front + [str(int(last) | 1)])


def _forwarded(wanted, routes):
    """Yield Packets from each trusted network to one source that is not the host itself."""
    for ipv6 in (False, True):
        beyond = [(source, route) for source, route in routes.items() if route and is_ipv6(source) == ipv6]
        for network in wanted.trusted:
            if beyond and is_ipv6(network) == ipv6:
                source, route = beyond[0]
                yield packet_replay.Packet(member(network), source, "tcp", None, route.interface)


def _route(host, source):
    """Return the Route of packets from a source; None for the host's own addresses and those that it has no route to."""
    code, text, dummy = host.try_run(["ip", "-o", "route", "get", source])
    words = text.split()
    if code != 0 or not words or words[0] == "local":
        return None
    about = dict(zip(words, words[1:]))
    return Route(about.get("dev"), about.get("src")) if about.get("dev") != "lo" else None


class _Answers:
    """Collects what is not accepted, with all sources that find the same in one entry."""

    def __init__(self, chains, label):
        self.chains, self.label, self.found = chains, label, OrderedDict()

    def add(self, chains, packet, ports):
        """Replay the rules of chains for a packet to each of these ports."""
        for answer in packet_replay.replay(chains, packet, ports):
            if answer.verdict != "accept":
                key = (answer.verdict, packet.transport, answer.ports, answer.where, answer.rule)
                self.found.setdefault(key, []).append(packet.source)

    def entries(self):
        """Return the entries of packet_evidence()."""
        return [
            {
                "verdict": verdict,
                "transport": transport,
                "ports": [_range(pair) for pair in port_conditions.ranges(ports)],
                "sources": sources,
                "where": where,
                "rule": rule,
                "owner": self._owner(where, rule),
            }
            for (verdict, transport, ports, where, rule), sources in self.found.items()
        ]

    def _owner(self, where, rule):
        beside = [one.text for chain in self.chains if chain.where == where for one in chain.rules]
        return owner_of_place(where, rule, beside, self.label)


def _range(pair):
    return str(pair[0]) if pair[0] == pair[1] else "{}-{}".format(*pair)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be open and shut between the hosts of a lab by the vendor's table.

It is read from the catalogue's YAML here, with nothing of the collection's own code between.
"""

import ipaddress
from pathlib import Path
from typing import NamedTuple

import yaml

PORTS = Path(__file__).resolve().parent.parent / "catalog" / "ports.yml"
TRANSPORTS = ("tcp", "udp")
RELEASE = "1.4"
SSH = 22
ANYWHERE = "0.0.0.0/0"
LOOPBACK = "127.0.0.1"
LONG = 100  # from so many ports on, the ends of a range stand for it in a sample
# Ports of nobody, beside those next to the table's ranges.
OF_NOBODY = {"tcp": {80, 9090, 10251}, "udp": {137, 5353}}


class Row(NamedTuple):
    """A row of the table: source and destination are the sides that the catalogue names, ports numbers."""

    id: str
    transport: str
    ports: frozenset
    source: str
    destination: str
    phase: str


class Host(NamedTuple):
    """Who sends or receives: the container's name, the address (of the sender), role: controller | worker | None."""

    name: str
    container: str
    address: str
    role: str = None


def expand(ranges):
    """["2379", "3008-3010"] -> {2379, 3008, 3009, 3010}."""
    found = set()
    for text in ranges:
        first, dummy, last = text.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def compress(ports):
    """{2379, 3008, 3009} -> "2379, 3008-3009"."""
    runs = []
    for port in sorted(ports):
        if runs and port == runs[-1][1] + 1:
            runs[-1][1] = port
        else:
            runs.append([port, port])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def table(text):
    """The rows of a catalogue file (its text) as the specification has them, whatever later releases changed."""
    return [
        Row(row["id"], row["transport"], expand(row["ports"]), row["from"], row["to"], row["phase"])
        for row in yaml.safe_load(text)["ports"]
        if row["since"] == RELEASE
    ]


def examined(rows, whole=True):
    """{transport: ports} that are tried at a node: those of the table, their neighbours, and some of nobody.

    whole: every port of long ranges, or only their ends.
    """
    found = {"tcp": {SSH} | OF_NOBODY["tcp"], "udp": set(OF_NOBODY["udp"])}
    for row in rows:
        if row.destination != "internet":
            ends = {min(row.ports), max(row.ports)}
            ports = row.ports if whole or len(row.ports) < LONG else ends
            found[row.transport] |= ports | {port + step for port in ports for step in (-1, 1)}
    return found


class Cluster(NamedTuple):
    """nodes: Hosts with a role. internal, ingress: networks, as the site's variables of these names say."""

    nodes: list
    internal: list = []
    ingress: list = [ANYWHERE]

    def networks(self, side):
        """The networks that a side of a row stands for."""
        if side in ("nodes", "controllers"):
            return [node.address for node in self.nodes if side == "nodes" or node.role == "controller"]
        return {"internet": self.ingress, "internal_network": self.internal, "localhost": ["127.0.0.0/8"]}[side]

    def asks(self, row, source, destination):
        """Whether a row lets a Host send to another."""
        if source.address == LOOPBACK:
            return row.source == "localhost"
        if destination.role is None:
            receives = row.destination == "internet"
        else:
            receives = row.destination == "nodes" or (row.destination, destination.role) == (
                "controllers",
                "controller",
            )
        sender = ipaddress.ip_address(source.address)
        return receives and any(sender in ipaddress.ip_network(network) for network in self.networks(row.source))


def wanted(rows, phase, cluster, pairs):
    """{(source, destination): {transport: ports that must be open}} by name, for pairs of Hosts in a phase."""
    found = {}
    for source, destination in pairs:
        open_ports = {"tcp": {SSH} if destination.role and source.address != LOOPBACK else set(), "udp": set()}
        for row in rows:
            if (phase == "install" or row.phase == phase) and cluster.asks(row, source, destination):
                open_ports[row.transport] |= row.ports
        found[source.name, destination.name] = open_ports
    return found


def differences(rows, expected, observed):
    """{(source, destination): ["tcp 2379 shut (etcd)", "udp 137 open"]} of what is not as it should be."""
    found = {}
    for pair, open_ports in expected.items():
        lines = []
        for transport in TRANSPORTS:
            want, got = open_ports[transport], observed[pair][transport]
            for ports, state in ((want - got, "shut"), (got - want, "open")):
                named = sorted({row.id for row in rows if row.transport == transport and row.ports & ports})
                if ports:
                    lines.append(f"{transport} {compress(ports)} {state}" + (f" ({', '.join(named)})" if named else ""))
        if lines:
            found[pair] = lines
    return found

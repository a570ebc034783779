# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real packets find between the hosts of a lab.

    view = View.of(lab)
    assert view.differences(view.wanted("install")) == {}

What they should find is in expected_ports.py.
"""

import concurrent.futures
import contextlib
import itertools
import json
import subprocess
import sys
from pathlib import Path

from ansible_collections.hostprep.runtime_fabric.molecule.expected_ports import (
    LOOPBACK,
    PORTS,
    TRANSPORTS,
    Cluster,
    Host,
    differences,
    examined,
    table,
    wanted,
)
from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab.machine import as_root, podman, run

AGENT = Path(__file__).with_name("packet_agent.py")
# Addresses of the simulated Internet that are no node's.
OUTSIDE, INTERNAL = "198.51.100.53", "198.51.100.80"
# Seconds without news before a port counts as shut; the second look has to convince also on a busy machine.
PATIENCE, MORE_PATIENCE = 1.3, 3.5
AGENT_SECONDS = 60


class View:
    """A lab seen through packets."""

    def __init__(self, lab, cluster, services):
        """services: {transport: {port: address on the Internet that serves it}}."""
        self.lab = lab
        self.cluster = cluster
        self.services = services
        self.rows = table(PORTS.read_text(encoding="utf-8"))
        self.everything, self.sample = examined(self.rows), examined(self.rows, whole=False)

    @classmethod
    def of(cls, lab, **networks):
        """A View of a lab; networks: `internal` and `ingress` of Cluster."""
        nodes = [
            Host(node.name, node.name, lab.nodes[node.name], node.group[len("rtf_") : -1])
            for node in lab.instance.nodes
        ]
        services = {
            "tcp": {
                443: lab.endpoint_address("anypoint.mulesoft.com"),
                5044: lab.endpoint_address("dias-ingestor-nginx.prod.cloudhub.io"),
            },
            "udp": {123: lab.endpoint_address("ntp.lab.example")},
        }
        return cls(lab, Cluster(nodes, **networks), services)

    @property
    def outsiders(self):
        """Who is no node: an address far away, one that the tests may call internal, and one in the nodes' own subnet."""
        addresses = {"outside": OUTSIDE, "internal": INTERNAL, "neighbour": self.lab.instance.internet_address}
        return [Host(name, "internet", address) for name, address in addresses.items()]

    def examined(self, source):
        """{transport: ports} that a Host tries at a node: all between nodes and from far away, a sample by the others."""
        return self.everything if source.role or source.name == "outside" else self.sample

    def pairs(self):
        """[(source, destination)]: from every Host to every node, from every node to the Internet and to itself."""
        nodes = self.cluster.nodes
        between = [pair for pair in itertools.product(nodes + self.outsiders, nodes) if pair[0] is not pair[1]]
        out = [(node, Host("internet", "internet", "")) for node in nodes]
        within = [(Host(f"{node.name} itself", node.container, LOOPBACK), node) for node in nodes]
        return between + out + within

    def wanted(self, phase):
        """What the table asks for, as `wanted` returns it. A test adds and takes away what its site does besides."""
        return wanted(self.rows, phase, self.cluster, self.pairs())

    def differences(self, expected, pairs=None):
        """What packets find otherwise than expected: {} is well. pairs: those of (source, destination) names to look at.

        What is wrong at first sight is looked at again, with more patience.
        """
        chosen = [
            (source, destination)
            for source, destination in self.pairs()
            if (source.name, destination.name) in (expected if pairs is None else pairs)
        ]
        expected = {
            (pair[0].name, pair[1].name): self._limited(expected[pair[0].name, pair[1].name], pair) for pair in chosen
        }
        with self._listening({destination.container for dummy, destination in chosen if destination.role}):
            observed = self._observe(chosen, PATIENCE)
            wrong = [
                pair for pair in chosen if observed[pair[0].name, pair[1].name] != expected[pair[0].name, pair[1].name]
            ]
            observed.update(self._observe(wrong, MORE_PATIENCE))
        return differences(self.rows, expected, observed)

    def _limited(self, cell, pair):
        """Of the ports of a cell those that its source tries."""
        dummy, *tried = zip(*self._targets(*pair))
        return {transport: cell[transport] & set().union(*ports) for transport, ports in zip(TRANSPORTS, tried)}

    @contextlib.contextmanager
    def _listening(self, containers):
        with contextlib.ExitStack() as stack:
            agents = [stack.enter_context(agent(self.lab, name, "listen")) for name in sorted(containers)]
            ask_all(
                [
                    (listener, {transport: sorted(self.everything[transport]) for transport in TRANSPORTS})
                    for listener in agents
                ]
            )
            yield

    def _observe(self, pairs, patience):
        """{(source, destination): {transport: open ports}}."""
        found = {}
        with contextlib.ExitStack() as stack:
            senders, questions = [], []
            for address, group in itertools.groupby(sorted(pairs, key=_sender), key=_sender):
                group = list(group)
                targets = [target for source, destination in group for target in self._targets(source, destination)]
                senders.append(group)
                questions.append(
                    (
                        stack.enter_context(agent(self.lab, address[0], "probe")),
                        {"source": address[1], "patience": patience, "targets": targets},
                    )
                )
            for group, answers in zip(senders, ask_all(questions)):
                answers = iter(answers)
                for source, destination in group:
                    cell = {transport: set() for transport in TRANSPORTS}
                    for _dummy in self._targets(source, destination):
                        for transport, ports in zip(TRANSPORTS, next(answers)):
                            cell[transport].update(ports)
                    found[source.name, destination.name] = cell
        return found

    def _targets(self, source, destination):
        """[[address, TCP ports, UDP ports]] that a pair stands for."""
        if destination.role is None:
            return [
                [address, [port] if transport == "tcp" else [], [port] if transport == "udp" else []]
                for transport in TRANSPORTS
                for port, address in self.services[transport].items()
            ]
        if source.address == LOOPBACK:
            local = [row for row in self.rows if row.source == "localhost"]
            return [
                [
                    LOOPBACK,
                    *(
                        sorted(set().union(*(row.ports for row in local if row.transport == transport)))
                        for transport in TRANSPORTS
                    ),
                ]
            ]
        return [[destination.address, *(sorted(self.examined(source)[transport]) for transport in TRANSPORTS)]]


def _sender(pair):
    return pair[0].container, pair[0].address


class Agent:
    """The program in a container, at work."""

    def __init__(self, process):
        self.process = process

    def ask(self, request):
        """Send a request and return the answer; raises AssertionError with what the program said in its stead."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            said = self.process.communicate(timeout=AGENT_SECONDS)[1]
            raise AssertionError(f"{self.process.args[-3:]} ended with {self.process.returncode}: {said}")
        return json.loads(answer)


@contextlib.contextmanager
def agent(lab, name, mode):
    """An Agent in the network namespace of a container. It ends with the block."""
    pid = run([*podman(), "inspect", "--format", "{{.State.Pid}}", lab.container(name)]).stdout.decode().strip()
    words = [*as_root(), "nsenter", "--target", pid, "--net", sys.executable, str(AGENT), mode]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        yield Agent(process)
        process.communicate(timeout=AGENT_SECONDS)


def ask_all(questions):
    """Ask [(Agent, request)] at the same time and return the answers in that order."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(len(questions), 1)) as pool:
        return list(pool.map(lambda question: question[0].ask(question[1]), questions))


class Stream:
    """A TCP connection between two hosts that the agents of both ends hold."""

    def __init__(self, server, client):
        self.server, self.client = server, client
        self.count = itertools.count()

    def connect(self, address, port):
        """Make the connection."""
        self.server.ask({"port": port})
        self.client.ask({"address": address, "port": port})
        return self

    def __call__(self):
        """Whether data passes both ways."""
        text = f"message {next(self.count)}\n"
        return self.client.ask({"text": text})["text"] == text


@contextlib.contextmanager
def stream(lab, source, destination, port):
    """A TCP connection between two containers, by name; yields a function that says whether data passes both ways."""
    address = lab.nodes.get(destination, lab.instance.internet_address)
    with contextlib.ExitStack() as stack:
        ends = [
            stack.enter_context(agent(lab, name, mode)) for name, mode in ((destination, "serve"), (source, "hold"))
        ]
        yield Stream(*ends).connect(address, port)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a lab with IPv6 addresses besides, and who of them gets through to whom over these."""

import contextlib

import yaml

from ansible_collections.hostprep.runtime_fabric.molecule.expected_ports import SSH
from ansible_collections.hostprep.runtime_fabric.molecule.firewall.scenario import PREPARE, SITE_PORT

NETWORK = "fd00:7066::"
NODE, PEERS = "worker-1", ("controller-1", "worker-2")
STRANGER = "internet"  # the host of the lab that is no node
KUBELET = 10250  # of the table: from all nodes to all nodes
ETCD = 2379  # of the table, but not for a worker
# Who gets through to which port of NODE.
WANTED = {SSH: {*PEERS, STRANGER}, SITE_PORT: {*PEERS, STRANGER}, KUBELET: {*PEERS}, ETCD: set()}
# That nobody listens is the answer of a host that has let the packet in.
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[2], int(sys.argv[3])), 3, (sys.argv[1], 0))
except ConnectionRefusedError:
    pass
"""


def addresses(lab):
    """{name of a host: its IPv6 address}, which ends as its IPv4 address does."""
    ipv4 = {**lab.nodes, STRANGER: lab.instance.internet_address}
    return {name: NETWORK + address.rpartition(".")[2] for name, address in ipv4.items()}


def through_over_ipv6(lab, play, directory):
    """{port: who gets through to it on NODE}, after a run there with an inventory of IPv6 addresses, a file in directory."""
    given = addresses(lab)
    inventory = directory / "ipv6.yml"
    hosts = {name: {"rtf_node_ipv6_address": given[name]} for name in lab.nodes}
    inventory.write_text(yaml.safe_dump({"rtf_nodes": {"hosts": hosts}}), encoding="utf-8")
    with contextlib.ExitStack() as stack:
        for name, address in given.items():
            lab.exec(name, "ip", "address", "add", f"{address}/64", "dev", "eth0", "nodad")
            stack.callback(lab.exec, name, "ip", "address", "del", f"{address}/64", "dev", "eth0")
        play(*PREPARE, "--limit", f"localhost,{NODE}", inventory=inventory)
        return {
            port: {source for source in (*PEERS, STRANGER) if _reaches(lab, given, source, port)} for port in WANTED
        }


def _reaches(lab, given, source, port):
    words = ("python3", "-c", CONNECT, given[source], given[NODE], str(port))
    return lab.exec(source, *words, check=False).returncode == 0

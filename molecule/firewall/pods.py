# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pod, as far as a firewall sees one: a network namespace behind a node that forwards its packets."""

import contextlib
import ipaddress

from ansible_collections.hostprep.runtime_fabric.tests.lab.rtf_lab import faults

POD, FOREIGN = "10.244.0.2", "10.99.0.2"  # within rtf_pod_cidr as it comes, and without
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 22), 3)"


@contextlib.contextmanager
def pod(lab, node, address, other):
    """A pod on a node; yields a function that says whether it gets a connection to SSH of another node."""
    network = ipaddress.ip_network(f"{address}/24", strict=False)
    gateway = network[1]
    steps = (
        "ip netns add pod",
        "ip link add pod0 type veth peer name eth0 netns pod",
        f"ip addr add {gateway}/24 dev pod0",
        "ip link set pod0 up",
        f"ip -n pod addr add {address}/24 dev eth0",
        "ip -n pod link set eth0 up",
        f"ip -n pod route add default via {gateway}",
    )

    def reaches():
        words = ("ip", "netns", "exec", "pod", "python3", "-c", CONNECT, lab.nodes[other])
        return lab.exec(node, *words, check=False).returncode == 0

    with faults.sysctl_set(lab, node, "net.ipv4.ip_forward", 1), contextlib.ExitStack() as stack:
        stack.callback(lab.exec, node, "sh", "-c", "ip link del pod0; ip netns del pod")
        lab.exec(node, "sh", "-ec", "; ".join(steps))
        lab.exec(other, "ip", "route", "add", str(network), "via", lab.nodes[node])
        stack.callback(lab.exec, other, "ip", "route", "del", str(network))
        yield reaches


def pods_get_through(lab, node, other):
    """{address: whether something on a node that has it gets a connection to another node} for POD and FOREIGN."""
    found = {}
    for address in (POD, FOREIGN):
        with pod(lab, node, address, other) as reaches:
            found[address] = reaches()
    return found

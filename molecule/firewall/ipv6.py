# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a lab with IPv6 addresses besides, and who of them gets through to whom over these."""

import contextlib

NETWORK = "fd00:7066::"
STRANGER = "internet"  # the host of the lab that is no node
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


@contextlib.contextmanager
def ipv6(lab):
    """Within the block the hosts have their addresses; yields reaches(source, destination, port)."""
    given = addresses(lab)

    def reaches(source, destination, port):
        words = ("python3", "-c", CONNECT, given[source], given[destination], str(port))
        return lab.exec(source, *words, check=False).returncode == 0

    with contextlib.ExitStack() as stack:
        for name, address in given.items():
            lab.exec(name, "ip", "address", "add", f"{address}/64", "dev", "eth0", "nodad")
            stack.callback(lab.exec, name, "ip", "address", "del", f"{address}/64", "dev", "eth0")
        yield reaches

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send an ARP request for every address of a subnet, and listen for a second. The kernel's own tables do not change."""

import ipaddress
import socket
import struct
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.host_files import Unreadable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.facts.fact import Fact

LARGEST = 22  # prefix length: about a thousand requests
LISTEN = 1.0  # seconds after the last request
_ARP = 0x0806
_HEADER = struct.Struct("!6s6sHHHBBH6s4s6s4s")
_ANYBODY = b"\xff" * 6


def sweep_subnet(addresses, default_route):
    """Return `{"network", "addresses"}`: the addresses that answered in the subnet of the interface of the default route.

    addresses, default_route: as address_evidence returns them. Raises Unreadable for a subnet that is too large.
    """
    if not isinstance(addresses, list) or not isinstance(default_route, dict) or not default_route.get("interface"):
        raise Unreadable("there is no subnet to sweep: the node has no address or no default route")
    name = default_route["interface"]
    own = next((row for row in addresses if row["interface"] == name and row["family"] == "ipv4"), None)
    if own is None:
        raise Unreadable(f"{name} has no IPv4 address")
    network = ipaddress.IPv4Interface("{}/{}".format(own["address"], own["prefix"])).network
    if network.prefixlen < LARGEST:
        raise Unreadable(f"{network} is larger than /{LARGEST}, the largest network that is swept")
    return {"network": str(network), "addresses": sweep(name, own["address"], network)}


def sweep(interface, address, network):
    """Return the addresses of the network (IPv4Network) that answered, as sorted texts."""
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP))
    try:
        packets.bind((interface, _ARP))
        hardware = packets.getsockname()[4]
        found = set()
        for target in network.hosts():
            packets.send(request(hardware, address, str(target)))
            found.update(_heard(packets, 0.0))
        end = time.monotonic() + LISTEN
        while time.monotonic() < end:
            found.update(_heard(packets, max(0.0, end - time.monotonic())))
    finally:
        packets.close()
    inside = [ipaddress.IPv4Address(text) for text in found - {address}]
    return [str(each) for each in sorted(inside) if each in network]


def request(hardware, address, target):
    """Return the ARP request for `target`. hardware: six bytes; address, target: texts."""
    return _HEADER.pack(
        _ANYBODY,
        hardware,
        _ARP,
        1,
        0x0800,
        6,
        4,
        1,
        hardware,
        socket.inet_aton(address),
        b"\0" * 6,
        socket.inet_aton(target),
    )


def answer(frame):
    """Return the sender's address of an ARP frame (bytes), or None."""
    if len(frame) < _HEADER.size:
        return None
    fields = _HEADER.unpack(frame[: _HEADER.size])
    sender = socket.inet_ntoa(fields[9])
    return sender if fields[2] == _ARP and fields[4] == 0x0800 and sender != "0.0.0.0" else None


def _heard(packets, patience):
    while readable([packets], patience):
        sender = answer(packets.recv(2048))
        if sender:
            yield sender
        patience = 0.0


FACTS = (
    Fact(
        "network",
        "neighbours",
        lambda reading: sweep_subnet(reading.part("network", "addresses"), reading.part("network", "default_route")),
        """
        description: The RV(ignore:network) that was swept with ARP requests, and the
          RV(ignore:addresses) that answered.
        type: dict
        sample:
          network: 192.168.230.0/24
          addresses: [192.168.230.1]
        """,
        option="arp_sweep",
    ),
)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packets that open connections, as they are seen on the interfaces of a node."""

import socket
import struct

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import syn_capture
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.syn_capture import Opening

POD, NODE, TARGET = "10.244.1.2", "192.0.2.21", "198.51.100.130"


def packet(source=POD, target=TARGET, port=443, sequence=7, flags=0x02, protocol=6, options=b""):
    header = 5 + len(options) // 4
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x40 | header, 0, 40, 0, 0, 64, protocol, 0, *map(socket.inet_aton, (source, target))
    )
    return ip + options + struct.pack("!HHIIBBHHH", 40000, port, sequence, 0, 0x50, flags, 65535, 0, 0)


def test_a_packet_that_opens_a_connection_is_read():
    wanted = Opening("cni0", False, POD, TARGET, 443, 7)
    assert syn_capture.parse(packet(), "cni0", False) == wanted
    assert syn_capture.parse(packet(options=b"\x01" * 8), "cni0", False) == wanted


@pytest.mark.parametrize(
    "data",
    [b"", packet()[:30], packet(flags=0x12), packet(flags=0x10), packet(protocol=17), b"\x60" + packet()[1:]],
    ids=["empty", "short", "answer", "data", "udp", "ipv6"],
)
def test_others_are_not(data):
    assert syn_capture.parse(data, "cni0", False) is None


def openings(*seen):
    return [
        syn_capture.parse(packet(source=source, sequence=sequence), interface, outgoing)
        for interface, outgoing, source, sequence in seen
    ]


def test_a_packet_is_known_again_after_its_source_was_translated():
    seen = openings(
        ("veth1", False, POD, 7), ("cni0", False, POD, 7), ("eth0", True, NODE, 7), ("eth0", True, NODE, 99)
    )
    found = syn_capture.of_source(seen, POD, TARGET, 443)
    assert found == syn_capture.Departure(["veth1", "cni0"], [("eth0", NODE)])


def test_a_packet_that_is_not_forwarded_leaves_by_no_interface():
    seen = openings(("cni0", False, POD, 7), ("cni0", False, POD, 7), ("eth0", True, NODE, 99))
    assert syn_capture.of_source(seen, POD, TARGET, 443) == syn_capture.Departure(["cni0"], [])
    assert syn_capture.of_source(seen, POD, TARGET, 5044) == syn_capture.Departure([], [])

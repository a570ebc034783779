# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datagrams shaped like VXLAN, past devices that treat them otherwise than plain ones."""

import socket
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    keyed_proof,
    port_verdicts,
    vxlan_frames,
    vxlan_probes,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

KEY = b"k" * 32
MTU = 1500


def test_a_frame_is_what_the_rfc_says():
    """RFC 7348, 5: flags with the I bit, 24 bits of VNI; then Ethernet, IPv4 with a checksum that is right, UDP."""
    frame = vxlan_frames.wrap(b"payload")
    flags, vni = struct.unpack_from("!B3xI", frame)
    assert (flags, vni >> 8, vni & 0xFF) == (0x08, 1, 0)
    assert frame[20:22] == b"\x08\x00" and not (frame[8] | frame[14]) & 1
    header = frame[22:42]
    words = sum(struct.unpack("!10H", header))
    assert (words & 0xFFFF) + (words >> 16) == 0xFFFF
    assert struct.unpack_from("!H", header, 2)[0] == len(frame) - 22
    assert struct.unpack_from("!H", frame, 46)[0] == len(b"payload") + 8
    assert len(frame) == vxlan_frames.OVERHEAD + len(b"payload")


@given(st.binary(max_size=1500))
def test_what_is_wrapped_is_unwrapped(payload):
    assert vxlan_frames.unwrap(vxlan_frames.wrap(payload)) == payload
    assert vxlan_frames.unwrap(vxlan_frames.wrap(payload) + b"\0\0") == payload


@given(st.binary(max_size=120), st.integers(0, 80), st.binary(max_size=4))
def test_no_bytes_whatever_raise(data, at, damage):
    frame = vxlan_frames.wrap(b"payload")
    for each in (data, frame[:at] + damage + frame[at + len(damage) :], frame[:at]):
        found = vxlan_frames.unwrap(each)
        assert found is None or found in each


def reach(passes, back=lambda data: True, answering=True):
    """The verdict of a port behind a device that lets `passes` through there, and `back` back."""

    def answer(data):
        if not passes(data) or not answering:
            return None
        inner = vxlan_frames.unwrap(data)
        request = data if inner is None else inner
        asked = keyed_proof.read_ask(KEY, request)
        now = time.time()
        reply = keyed_proof.answer(KEY, asked[1], keyed_proof.Answer("n2", place[0], "127.0.0.1", 1, now, now))
        if asked[0] == keyed_proof.ECHO:
            reply += b"\0" * (len(request) - len(reply))
        reply = reply if inner is None else vxlan_frames.wrap(reply)
        return reply if back(reply) else None

    place = []
    with loopback.udp_server(answer) as port:
        place.append(port)
        target = port_verdicts.Target(0, "127.0.0.1", port, "n2", True)
        prober = vxlan_probes.VxlanProber(KEY, [target], 0.6, deadlines.Deadline(20), lambda dummy: ("lo", MTU))
        prober.run()
    return prober.outcomes[0, port]


def shaped(data):
    return data[:1] == b"\x08"


def fits(size):
    return lambda data: len(data) + 28 <= size


@pytest.mark.parametrize(
    "passes, back, verdict",
    [
        (lambda data: True, lambda data: True, ("open", None)),
        # NSX takes UDP 8472 for its own overlay: flannel-io/flannel#2388.
        (
            lambda data: not shaped(data),
            lambda data: True,
            ("shape_lost", "plain datagrams pass, but VXLAN datagrams do not"),
        ),
        (
            lambda data: True,
            lambda data: not shaped(data),
            ("shape_lost", "plain datagrams pass, but VXLAN datagrams do not"),
        ),
        # Clouds with a smaller MTU than the interface says, one direction only: flannel-io/flannel#463.
        (fits(1450), lambda data: True, ("length_lost", "VXLAN packets of 1500 bytes are lost, but short ones pass")),
        (lambda data: True, fits(1499), ("length_lost", "VXLAN packets of 1500 bytes are lost, but short ones pass")),
        # A device that lets only the shape through is what the port is for.
        (shaped, lambda data: True, ("open", None)),
        (lambda data: False, lambda data: True, ("dropped", "no answer within 0.6 s")),
    ],
)
def test_devices_on_the_path(passes, back, verdict):
    assert reach(passes, back) == verdict


def test_a_closed_port_refuses():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        target = port_verdicts.Target(0, "127.0.0.1", sock.getsockname()[1], "n2", True)
    prober = vxlan_probes.VxlanProber(KEY, [target], 0.6, deadlines.Deadline(20), lambda dummy: (None, None))
    prober.run()
    assert list(prober.outcomes.values()) == [("refused", "Connection refused")]


def test_the_longest_datagram_has_the_length_of_the_interface():
    seen = []
    reach(lambda data: seen.append(len(data) + 28) or True)
    assert max(seen) == MTU and min(seen) < 200


@given(st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=3), st.booleans())
def test_no_damaged_answer_opens_a_port(damages, in_shape):
    request = keyed_proof.ask(KEY, b"n" * 16, keyed_proof.ECHO)
    reply = keyed_proof.answer(KEY, b"n" * 16, keyed_proof.Answer("n2", 8472, "127.0.0.1", 1, 1.0, 1.0))
    reply += b"\0" * (len(request) - len(reply))
    data = whole = vxlan_frames.wrap(reply) if in_shape else reply
    for at, damage in damages:
        data = data[:at] + damage + data[at + len(damage) :]
    found = vxlan_frames.unwrap(data)
    proof = None if found is None else keyed_proof.read_answer(KEY, b"n" * 16, found)
    assert proof is None or (in_shape and proof == keyed_proof.read_answer(KEY, b"n" * 16, vxlan_frames.unwrap(whole)))

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import keyed_proof, latency, path_mtu
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

KEY = b"k" * 32
MILLI = 0.001


def answering(port, ahead=0.0, there=0.0, back=0.0, thinking=0.0, lose_every=0, longest=65535):
    """The answers of a listener at `port()` with a clock `ahead` seconds, at the end of a way that takes its time."""
    count = itertools.count(1)

    def answer(data):
        asked = keyed_proof.read_ask(KEY, data)
        if asked is None or len(data) + path_mtu.HEADERS > longest or (lose_every and next(count) % lose_every == 0):
            return None
        time.sleep(there)
        received = time.time() + ahead
        time.sleep(thinking)
        said = keyed_proof.Answer("n2", port(), "127.0.0.1", 1, received, time.time() + ahead)
        time.sleep(back)
        reply = keyed_proof.answer(KEY, asked[1], said)
        return reply + b"\0" * (len(data) - len(reply)) if asked[0] == keyed_proof.ECHO else reply

    return answer


def measure(count=20, interval=0.002, **how):
    ports = []
    with loopback.udp_server(answering(lambda: ports[0], **how)) as port:
        ports.append(port)
        peer = {"name": "n2", "address": "127.0.0.1", "port": port}
        # The way of the test is one way at a time, so every request has to wait for its turn.
        return latency.measure_all(KEY, [peer], count, interval, 2.0, 20.0)[0]


@pytest.mark.parametrize("ahead", [0.5, -0.5])
def test_a_clock_that_is_off_is_seen_within_the_error_bar(ahead):
    clock = measure(ahead=ahead, there=0.01, count=10, interval=0.05)["clock"]
    assert abs(clock["offset_ms"] - ahead * 1000) <= clock["error_ms"] < 400


def test_a_way_that_is_slower_in_one_direction_stays_within_the_error_bar():
    found = measure(there=0.02, count=10, interval=0.05)
    assert found["rtt_ms"]["min"] >= 20
    assert abs(found["clock"]["offset_ms"]) <= found["clock"]["error_ms"] + 0.1


def test_what_the_listener_takes_to_answer_is_not_the_networks():
    sample = latency.sample_of(100.0, keyed_proof.Answer("n2", 1, "127.0.0.1", 1, 105.010, 105.510), 100.530)
    assert sample.round_trip == pytest.approx(0.030) and sample.offset == pytest.approx(4.995)


def test_loss_is_counted():
    found = measure(lose_every=4)
    assert (found["sent"], found["received"], found["loss_percent"]) == (20, 15, 25.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(-1, 1))
def test_whatever_the_noise_the_offset_is_within_the_error(delays, ahead):
    samples = []
    for number, there in enumerate(delays):
        back = delays[-1 - number]
        said = keyed_proof.Answer("n2", 1, "127.0.0.1", 1, 10 + there + ahead, 10.1 + there + ahead)
        samples.append(latency.sample_of(10.0, said, 10.1 + there + back))
    found = latency.summary(samples, len(samples))
    assert abs(found["clock"]["offset_ms"] - ahead * 1000) <= found["clock"]["error_ms"] + 0.01
    trips = found["rtt_ms"]
    assert trips["min"] <= trips["p50"] <= trips["p95"] <= trips["max"]


@pytest.mark.parametrize("longest", [576, 1399, 1400, 8999])
def test_the_longest_packet_is_found_to_the_byte(longest):
    with loopback.udp_server(answering(lambda: 1, longest=longest)) as port:
        found = path_mtu.find(KEY, "127.0.0.1", port, 9000, deadlines.Deadline(20))
        assert found == {"mtu": longest, "arrives": False, "icmp": False}


def test_a_way_back_that_swallows_long_packets_is_told_from_the_way_there():
    answer = answering(lambda: 1)

    def short_ones(data):
        reply = answer(data)
        return reply if reply and len(reply) < 3000 else None

    with loopback.udp_server(short_ones) as port:
        found = path_mtu.find(KEY, "127.0.0.1", port, 9000, deadlines.Deadline(20))
        assert found == {"mtu": 2999 + path_mtu.HEADERS, "arrives": True, "icmp": False}


def test_of_a_listener_that_falls_silent_no_length_is_known():
    with loopback.udp_server(lambda data: None) as port:
        assert path_mtu.find(KEY, "127.0.0.1", port, 9000, deadlines.Deadline(20)) == {
            "mtu": None,
            "arrives": None,
            "icmp": False,
        }

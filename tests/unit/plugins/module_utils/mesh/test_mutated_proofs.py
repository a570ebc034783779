# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages between nodes, damaged in transit: none raises, and none proves what it did not prove before."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    bandwidth_measurement,
    keyed_proof,
    load_balancer_probe,
    path_mtu,
    port_verdicts,
    tcp_probes,
    udp_probes,
    vxlan_frames,
    vxlan_probes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh.request_framing import (
    UNFINISHED,
    read,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

KEY = b"k" * 32
NAME = "worker-1"
NONCE = b"n" * keyed_proof.NONCE_SIZE
ASK = keyed_proof.ask(KEY, NONCE)
VERDICTS = {value for name, value in vars(port_verdicts).items() if name.isupper() and isinstance(value, str)}
DAMAGES = st.lists(
    st.tuples(st.sampled_from(["overwritten", "inserted", "cut"]), st.integers(0, 120), st.binary(max_size=5)),
    min_size=1,
    max_size=3,
)


def damaged(data, damages):
    for kind, at, bytes_ in damages:
        rest = {"overwritten": data[at + len(bytes_) :], "inserted": data[at:], "cut": b""}[kind]
        data = data[:at] + (b"" if kind == "cut" else bytes_) + rest
    return data


def statement(port, name=NAME):
    return keyed_proof.Answer(name, port, "127.0.0.1", 1, 1.0, 1.0)


@given(DAMAGES)
def test_a_damaged_question_is_none_or_the_same(damages):
    found = read(KEY, damaged(ASK, damages) or b"?")
    assert found in (None, UNFINISHED) or found.nonce == NONCE


@given(DAMAGES)
def test_a_damaged_answer_proves_nothing_else(damages):
    reply = keyed_proof.answer(KEY, NONCE, statement(32009))
    assert keyed_proof.read_answer(KEY, NONCE, damaged(reply, damages)) in (None, statement(32009))


@given(DAMAGES, st.lists(st.integers(0, 2**40), max_size=5))
def test_a_damaged_order_or_count_is_none_or_the_same(damages, numbers):
    reply = keyed_proof.answer(KEY, NONCE, statement(32009))
    order, count = keyed_proof.order(KEY, reply, 4711), keyed_proof.count(KEY, NONCE, numbers)
    assert keyed_proof.read_order(KEY, reply, damaged(order, damages)) in (None, 4711)
    assert keyed_proof.read_count(KEY, NONCE, damaged(count, damages)) in (None, numbers)


@pytest.fixture(scope="module")
def listener():
    """What a listener answers to a nonce, as a function that a test sets, and its port."""
    said = []

    def handle(sock):
        data = sock.recv(65536)
        asked = keyed_proof.read_ask(KEY, data)
        sock.sendall(said[-1](asked[1] if asked else NONCE))

    with loopback.tcp_server(handle) as port:
        yield said, port


@settings(max_examples=40)
@given(DAMAGES, st.sampled_from([NAME, "worker-2"]))
def test_a_port_is_open_only_by_a_whole_proof_of_the_node_that_is_asked(listener, damages, name):
    said, port = listener
    sent = []

    def reply(nonce):
        whole = keyed_proof.answer(KEY, nonce, statement(port, name))
        sent.append((whole, damaged(whole, damages)))
        return sent[-1][1]

    said.append(reply)
    target = port_verdicts.Target(0, "127.0.0.1", port, NAME, True)
    prober = tcp_probes.TcpProber(KEY, [target], 5, 1, deadlines.Deadline(loopback.PATIENCE))
    prober.run()
    outcomes = list(prober.outcomes.values())
    assert len(outcomes) == 1
    verdict, reason = outcomes[0]
    assert verdict in VERDICTS and (reason is None or reason.isprintable())
    if verdict == port_verdicts.OPEN:
        assert name == NAME and any(actual.startswith(whole) for whole, actual in sent)


@pytest.fixture(scope="module")
def datagrams():
    """What a listener answers to a datagram, as a function that a test sets, and its port."""
    said = []

    def newest(data):
        return said[-1](data)

    with loopback.udp_server(newest) as port:
        yield said, port


@pytest.mark.parametrize("shape", [None, vxlan_probes.Shape({})], ids=["plain", "vxlan"])
@settings(max_examples=40)
@given(st.lists(DAMAGES, max_size=4))
def test_a_port_is_open_only_by_a_whole_datagram_of_the_node_that_is_asked(datagrams, shape, damages):
    said, port = datagrams
    sent = []

    def reply(data):
        dummy_purpose, nonce = keyed_proof.read_ask(KEY, data if shape is None else shape.unwrap(data))
        whole, last = (keyed_proof.answer(KEY, nonce, statement(port, name)) for name in (NAME, "worker-2"))
        dressed = [answer if shape is None else vxlan_frames.wrap(answer) for answer in (whole, last)]
        sent.extend((whole, damaged(dressed[0], each)) for each in damages)
        # The answer of another node ends it.
        return [*(actual for _whole, actual in sent), dressed[1]]

    said.append(reply)
    target = port_verdicts.Target(0, "127.0.0.1", port, NAME, True)
    prober = udp_probes.UdpProber(KEY, [target], 5, deadlines.Deadline(loopback.PATIENCE), shape)
    prober.run()
    outcomes = list(prober.outcomes.values())
    assert len(outcomes) == 1
    verdict, reason = outcomes[0]
    if verdict == port_verdicts.OPEN:
        inner = [(whole, actual if shape is None else shape.unwrap(actual)) for whole, actual in sent]
        assert any(actual is not None and actual.startswith(whole) for whole, actual in inner)
    else:
        assert verdict in VERDICTS and reason.isprintable() and "worker-2" in reason


@settings(max_examples=25)
@given(DAMAGES)
def test_no_packet_passes_that_is_not_answered_whole(datagrams, damages):
    said, port = datagrams
    whole_ones = []

    def reply(data):
        purpose, nonce = keyed_proof.read_ask(KEY, data)
        answer = keyed_proof.answer(KEY, nonce, statement(port))
        padding = b"\0" * (len(data) - len(answer)) if purpose == keyed_proof.ECHO else b""
        actual = damaged(answer + padding, damages)
        if actual.startswith(answer) and (len(actual) == len(data) or purpose == keyed_proof.PROVE):
            whole_ones.append(len(data) + path_mtu.HEADERS)
        return actual

    said.append(reply)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(path_mtu, "_PAUSE", 0.02)
        patched.setattr(path_mtu, "_ATTEMPTS", 1)
        found = path_mtu.find(KEY, "127.0.0.1", port, 1500, deadlines.Deadline(loopback.PATIENCE))
    assert found["mtu"] in (None, *whole_ones)
    assert not found["arrives"] or 1500 in whole_ones


@settings(max_examples=25)
@given(DAMAGES)
def test_nothing_is_measured_with_a_peer_that_proves_nothing(listener, damages):
    said, port = listener
    said.append(lambda nonce: damaged(keyed_proof.answer(b"another key", nonce, statement(port)), damages))
    peer = {"name": NAME, "address": "127.0.0.1", "port": port}
    found = bandwidth_measurement.measure(KEY, peer, 0.1, 1000, 5)
    for direction in ("send", "receive"):
        assert set(found[direction]) == {"error"} and found[direction]["error"].isprintable()


@settings(max_examples=25)
@given(DAMAGES)
def test_a_load_balancer_that_answers_by_itself_leads_to_no_node(listener, damages):
    said, port = listener
    said.append(lambda nonce: damaged(keyed_proof.answer(b"another key", nonce, statement(port)), damages))
    found = load_balancer_probe.probe(KEY, "127.0.0.1", port, 1, 5, loopback.PATIENCE)
    assert found["reached"] == [] and all(each["reason"].isprintable() for each in found["failures"])

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import keyed_proof

KEY, NONCE = b"k" * 32, b"n" * keyed_proof.NONCE_SIZE
SAID = keyed_proof.Answer("worker-1", 32009, "192.0.2.11", 40000, 1700000000.25, 1700000000.5)


def changed(data, place):
    return data[:place] + bytes(bytearray([data[place] ^ 1])) + data[place + 1 :]


def test_a_question_is_understood():
    assert keyed_proof.read_ask(KEY, keyed_proof.ask(KEY, NONCE)) == (keyed_proof.PROVE, NONCE)
    assert keyed_proof.read_ask(KEY, keyed_proof.ask(KEY, NONCE) + b"padding") == (keyed_proof.PROVE, NONCE)


def test_any_changed_byte_of_a_question_is_noticed():
    request = keyed_proof.ask(KEY, NONCE)
    assert len(request) == keyed_proof.ASK_SIZE
    assert [keyed_proof.read_ask(KEY, changed(request, place)) for place in range(len(request))] == [None] * len(
        request
    )


def test_an_answer_is_understood():
    assert keyed_proof.read_answer(KEY, NONCE, keyed_proof.answer(KEY, NONCE, SAID)) == SAID


def test_any_changed_byte_of_an_answer_is_noticed():
    reply = keyed_proof.answer(KEY, NONCE, SAID)
    found = [keyed_proof.read_answer(KEY, NONCE, changed(reply, place)) for place in range(len(reply))]
    assert found == [None] * len(reply)


@pytest.mark.parametrize("data", [b"", b"x", b"hpA1", keyed_proof.ask(KEY, NONCE)])
def test_other_data_proves_nothing(data):
    assert keyed_proof.read_answer(KEY, NONCE, data) is None


def test_an_old_answer_and_one_of_another_run_prove_nothing():
    other = b"m" * keyed_proof.NONCE_SIZE
    assert keyed_proof.read_answer(KEY, NONCE, keyed_proof.answer(KEY, other, SAID)) is None
    assert keyed_proof.read_answer(KEY, NONCE, keyed_proof.answer(b"other" * 6, NONCE, SAID)) is None


def test_a_question_does_not_pass_as_an_answer_nor_the_reverse():
    assert keyed_proof.read_ask(KEY, keyed_proof.answer(KEY, NONCE, SAID)) is None


def test_the_longest_answer_fits_any_datagram():
    reply = keyed_proof.answer(KEY, NONCE, SAID._replace(name="n" * 300))
    assert len(reply) == keyed_proof.ANSWER_LIMIT <= 508
    assert keyed_proof.read_answer(KEY, NONCE, reply).name == "n" * 255


def test_an_order_is_good_for_the_answer_that_it_follows():
    reply = keyed_proof.answer(KEY, NONCE, SAID)
    order = keyed_proof.order(KEY, reply, 5000000000)
    assert len(order) == keyed_proof.ORDER_SIZE
    assert keyed_proof.read_order(KEY, reply, order + b"stream") == 5000000000
    assert keyed_proof.read_order(b"other" * 6, reply, order) is None


@pytest.mark.parametrize(
    "change",
    [
        {"received": SAID.received + 1e-6},
        {"sent": SAID.sent + 1e-6},
        {"source": "192.0.2.12"},
        {"source_port": 40001},
        {"port": 1},
    ],
)
def test_an_order_is_good_once_for_one_peer(change):
    order = keyed_proof.order(KEY, keyed_proof.answer(KEY, NONCE, SAID), 1)
    assert keyed_proof.read_order(KEY, keyed_proof.answer(KEY, NONCE, SAID._replace(**change)), order) is None


def test_any_changed_byte_of_an_order_is_noticed():
    reply = keyed_proof.answer(KEY, NONCE, SAID)
    order = keyed_proof.order(KEY, reply, 1)
    assert {keyed_proof.read_order(KEY, reply, changed(order, place)) for place in range(len(order))} == {None}
    assert keyed_proof.read_order(KEY, reply, order[:-1]) is None

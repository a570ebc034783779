# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import socket
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import ntp_client
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.verdicts import LayerFailed
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback


def test_a_time_server():
    with loopback.udp_server(loopback.time_server(ahead=60)) as port:
        reply, address = ntp_client.ask(["127.0.0.1"], port, 5)
    assert address == "127.0.0.1"
    assert reply.stratum == 2
    assert reply.offset == pytest.approx(60, abs=0.5)


def test_a_lost_question_is_repeated():
    answer = loopback.time_server()
    questions = []

    def answer_the_second(question):
        questions.append(question)
        return answer(question) if len(questions) == 2 else None

    with loopback.udp_server(answer_the_second) as port:
        assert ntp_client.ask(["127.0.0.1"], port, 5)[0].stratum == 2


def test_one_deaf_address_does_not_spoil_the_other():
    with loopback.udp_server(loopback.time_server()) as port:
        assert ntp_client.ask(["::1", "127.0.0.1"], port, 5)[1] == "127.0.0.1"


def failure(port, seconds=0.5):
    with pytest.raises(LayerFailed) as caught:
        ntp_client.ask(["127.0.0.1"], port, seconds)
    return caught.value


def test_silence():
    with loopback.udp_server(lambda question: None) as port:
        begun = time.monotonic()
        found = failure(port)
    assert 0.4 < time.monotonic() - begun < loopback.PATIENCE
    assert (found.verdict, "no answer within 0.5 s" in found.detail) == ("no_reply", True)


def test_nobody_there():
    assert failure(loopback.closed_port(socket.SOCK_DGRAM)).verdict == "refused"


def test_an_answer_that_is_not_ntp():
    with loopback.udp_server(lambda question: b"hello") as port:
        found = failure(port)
    assert found.verdict == "no_reply"
    assert "5 bytes are too short" in found.detail


def test_a_forged_answer_does_not_count():
    with loopback.udp_server(lambda question: loopback.time_server()(b"\0" * 48)) as port:
        assert "does not match the query" in failure(port).detail

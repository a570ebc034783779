# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import ntp_packet

NOW = 1800000000.0
COOKIE = b"\x01\x02\x03\x04\x05\x06\x07\x08"


def stamp(seconds):
    since_1900 = seconds + 2208988800
    return struct.pack("!II", int(since_1900) & 0xFFFFFFFF, int(since_1900 % 1 * 2**32))


def answer(first=0x24, stratum=2, refid=b"\x7f\0\0\1", cookie=COOKIE, arrived=NOW, left=NOW):
    header = struct.pack("!BBbbII", first, stratum, 6, -20, 0, 0)
    return header + refid + stamp(NOW) + cookie + stamp(arrived) + stamp(left)


def test_the_question_is_a_client_packet_that_says_nothing_of_the_host():
    packet, cookie = ntp_packet.request()
    assert len(packet) == 48
    assert packet[0] == 0x23
    assert packet[1:40] == b"\0" * 39
    assert packet[40:] == cookie
    assert ntp_packet.request()[1] != cookie


def test_offset_and_delay():
    # The server is 100 s ahead, the way takes 0.2 s in all and the server 0.1 s.
    reply = ntp_packet.parse(answer(arrived=NOW + 100.1, left=NOW + 100.2), {COOKIE: NOW}, NOW + 0.3)
    assert reply.offset == pytest.approx(100.0, abs=1e-3)
    assert reply.delay == pytest.approx(0.2, abs=1e-3)
    assert (reply.stratum, reply.synchronised, reply.kiss) == (2, True, None)


def test_after_the_counter_turned_over_in_2036():
    late = 2085978496.0 + 1000
    reply = ntp_packet.parse(answer(arrived=late, left=late), {COOKIE: late}, late)
    assert reply.offset == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("first, stratum", [(0xE4, 2), (0x24, 16)])
def test_a_server_that_is_not_synchronised_itself(first, stratum):
    assert not ntp_packet.parse(answer(first=first, stratum=stratum), {COOKIE: NOW}, NOW).synchronised


def test_a_refusal():
    reply = ntp_packet.parse(answer(stratum=0, refid=b"RATE"), {COOKIE: NOW}, NOW)
    assert (reply.kiss, reply.offset) == ("RATE", None)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x24" * 47,
        answer(first=0x23),  # a client's packet
        answer(first=0x3C),  # version 7
        answer(cookie=b"somebody"),
    ],
)
def test_what_is_no_answer(packet):
    with pytest.raises(ntp_packet.NtpError):
        ntp_packet.parse(packet, {COOKIE: NOW}, NOW)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_an_error_of_ours(packet):
    try:
        ntp_packet.parse(packet, {packet[24:32]: NOW}, NOW)
    except ntp_packet.NtpError:
        assert True


@given(st.binary(min_size=40, max_size=40))
def test_any_content_of_a_true_answer_can_be_read(rest):
    reply = ntp_packet.parse(b"\x24\x02" + rest[:22] + COOKIE + rest[22:38], {COOKIE: NOW}, NOW)
    assert isinstance(reply.offset, float)

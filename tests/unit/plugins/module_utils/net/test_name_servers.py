# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import dns_survey
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    dns_client,
    dns_messages,
    resolv_conf,
    verdicts,
)
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

NAME = "a.example.com"
ASKED = dns_messages.query(NAME, dns_messages.A, 7)


def record(kind, data, name=b"\xc0\x0c"):
    return name + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def answer(asked, *records, **fields):
    """An honest server's answer to a question."""
    flags = 0x8180 | fields.get("rcode", 0) | fields.get("flags", 0)
    return asked[:2] + struct.pack("!5H", flags, 1, len(records), 0, 0) + asked[12:] + b"".join(records)


def a_record(address):
    return record(1, socket.inet_aton(address))


def test_addresses_behind_an_alias():
    alias = record(5, b"\x01b\x07example\x03com\x00")
    data = answer(ASKED, alias, a_record("192.0.2.1"), a_record("192.0.2.2"))
    assert dns_messages.parse(data, ASKED) == (0, False, ["192.0.2.1", "192.0.2.2"])


def test_addresses_of_ipv6():
    asked = dns_messages.query(NAME, dns_messages.AAAA, 9)
    data = answer(asked, record(28, socket.inet_pton(socket.AF_INET6, "2001:db8::1")), a_record("192.0.2.1"))
    assert dns_messages.parse(data, asked).addresses == ["2001:db8::1"]


@pytest.mark.parametrize("rcode", [2, 3, 5])
def test_refusals(rcode):
    assert dns_messages.parse(answer(ASKED, rcode=rcode), ASKED) == (rcode, False, [])
    # Without the question, as some servers refuse.
    assert dns_messages.parse(ASKED[:2] + struct.pack("!5H", 0x8180 | rcode, 0, 0, 0, 0), ASKED).rcode == rcode


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "the answer is incomplete"),
        (b"\0\x08" + answer(ASKED)[2:], "not an answer to the query"),
        (ASKED, "not an answer to the query"),
        (answer(dns_messages.query("b.example.com", 1, 7)), "does not match the query"),
        (answer(ASKED, a_record("192.0.2.1"))[:-2], "longer than the answer"),
        (answer(ASKED, b"\x80\x01"), "unknown kind"),
        (answer(ASKED, b"\x3fabc"), "the answer is incomplete"),
        (ASKED[:2] + struct.pack("!5H", 0x8180, 0, 0, 0, 0), "repeats 0 questions"),
    ],
)
def test_what_is_no_answer(data, words):
    with pytest.raises(dns_messages.DnsError) as caught:
        dns_messages.parse(data, ASKED)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["", "a..b", "a" * 64 + ".com", ".".join(["a" * 60] * 5)])
def test_what_is_no_name(name):
    with pytest.raises(dns_messages.DnsError):
        dns_messages.query(name, 1, 1)


def test_a_name_beyond_ascii():
    assert b"xn--bcher-kva" in dns_messages.query("b\u00fccher.example", 1, 1)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=200).map(lambda tail: answer(ASKED) + tail),
        st.tuples(st.binary(max_size=200), st.integers(0, 65535)).map(
            lambda pair: ASKED[:2] + struct.pack("!5H", 0x8180, 1, pair[1], 0, 0) + ASKED[12:] + pair[0]
        ),
    )
)
def test_no_bytes_whatever_do_more_than_be_no_answer(data):
    try:
        found = dns_messages.parse(data, ASKED)
    except dns_messages.DnsError:
        return
    assert len(found.addresses) * 4 <= len(data)


@given(
    st.sampled_from([0, 2, 3, 5]),
    st.lists(st.tuples(st.integers(0, 90), st.binary(max_size=5), st.booleans()), max_size=3),
)
def test_no_damage_makes_up_an_address(rcode, damages):
    records = [record(5, b"\x01b\xc0\x0e"), a_record("192.0.2.1")] if rcode == 0 else []
    data = answer(ASKED, *records, rcode=rcode)
    for at, damage, cut in damages:
        data = data[:at] if cut else data[:at] + damage + data[at + len(damage) :]
    try:
        found = dns_messages.parse(data, ASKED)
    except dns_messages.DnsError as exc:
        assert str(exc).isprintable()
        return
    assert data[:2] == ASKED[:2] and found.rcode == data[3] & 15
    for address in found.addresses:
        assert b"\x00\x04" + socket.inet_aton(address) in data


def look_up(reply, seconds=3):
    with loopback.udp_server(reply) as port:
        return dns_client.look_up("127.0.0.1", NAME, seconds, port)


def test_a_server_over_udp():
    assert look_up(lambda asked: answer(asked, a_record("192.0.2.1"))) == ("ok", ["192.0.2.1"])
    assert look_up(answer) == ("nodata", [])
    assert look_up(lambda asked: answer(asked, rcode=3)) == ("nxdomain", [])
    assert look_up(lambda asked: answer(asked, rcode=9)) == ("rcode 9", [])


@pytest.mark.parametrize("rcode, status", [(2, "servfail"), (3, "nxdomain"), (5, "refused")])
def test_no_address_is_taken_from_an_answer_that_reports_an_error(rcode, status):
    assert look_up(lambda asked: answer(asked, a_record("192.0.2.1"), rcode=rcode)) == (status, [])


def test_a_lost_question_is_put_again():
    seen = []

    def reply(asked):
        seen.append(asked)
        return answer(asked, a_record("192.0.2.1")) if len(seen) > 1 else None

    assert look_up(reply) == ("ok", ["192.0.2.1"])


def test_silence_and_nonsense_are_no_reply():
    for reply, words in (
        (lambda asked: None, "no answer within 0.3 s"),
        (lambda asked: b"HTTP/1.1 200", "not an answer to the query"),
    ):
        with pytest.raises(verdicts.LayerFailed) as caught:
            look_up(reply, 0.3)
        assert (caught.value.verdict, words in caught.value.detail) == ("no_reply", True)


def test_nobody_listens():
    with pytest.raises(verdicts.LayerFailed) as caught:
        dns_client.look_up("127.0.0.1", NAME, 2, loopback.closed_port(socket.SOCK_DGRAM))
    assert caught.value.verdict == "refused"


@pytest.mark.parametrize(
    "over_tcp, expected",
    [
        (
            lambda asked: (
                struct.pack("!H", len(answer(asked, a_record("192.0.2.9")))) + answer(asked, a_record("192.0.2.9"))
            ),
            None,
        ),
        (lambda asked: b"\xff\xff" + b"x" * 100, "closed the connection in the middle"),
    ],
)
def test_a_truncated_answer_is_asked_for_over_tcp(over_tcp, expected):
    def handle(sock):
        sock.sendall(over_tcp(sock.recv(512)[2:]))

    with loopback.tcp_server(handle) as tcp_port:
        # The same number for UDP is free nearly always; the test binds it itself to be sure.
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", tcp_port))
        sock.settimeout(10)

        def once():
            asked, peer = sock.recvfrom(512)
            sock.sendto(answer(asked, flags=0x0200), peer)

        loopback.in_background(once)
        with sock:
            if expected is None:
                assert dns_client.look_up("127.0.0.1", NAME, 3, tcp_port) == ("ok", ["192.0.2.9"])
            else:
                with pytest.raises(verdicts.LayerFailed) as caught:
                    dns_client.look_up("127.0.0.1", NAME, 3, tcp_port)
                assert expected in caught.value.detail


def test_where_tcp_is_closed_a_truncated_answer_says_so():
    """Firewalls that know DNS over UDP only: kubernetes/minikube#2617, coredns/coredns#844."""
    truncated = loopback.udp_server(lambda asked: answer(asked, flags=0x0200))
    with truncated as port, pytest.raises(verdicts.LayerFailed) as caught:
        dns_client.look_up("127.0.0.1", NAME, 2, port)
    assert caught.value.verdict == "no_tcp"
    assert caught.value.detail == (
        f"the answer over UDP is truncated, and TCP does not work: 127.0.0.1 port {port}: Connection refused"
    )


def test_resolv_conf():
    text = (
        "# nameserver 192.0.2.9\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nnameserver nonsense\nnameserver 192.0.2.1\n"
        "nameserver 192.0.2.2 # last\nnameserver 192.0.2.3\ndomain old.example\nsearch a.example b.example.\n"
        "options rotate ndots:99 timeout:1\nnameserver\n"
    )
    assert resolv_conf.parse(text) == (["192.0.2.1", "fe80::1%eth0", "192.0.2.2"], ["a.example", "b.example"], 15)
    assert resolv_conf.parse("") == ([], [], 1)


def test_who_is_behind_a_stub_on_this_host():
    files = {
        "/etc/resolv.conf": "nameserver 127.0.0.53\n",
        "/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.1\nnameserver 127.0.0.53\n",
    }
    assert resolv_conf.configured(files.get).servers == [
        ("127.0.0.53", "/etc/resolv.conf"),
        ("192.0.2.1", "/run/systemd/resolve/resolv.conf"),
    ]
    assert resolv_conf.configured({"/etc/resolv.conf": "nameserver 192.0.2.7\n", **files}.get).servers[1:] != []
    assert resolv_conf.configured({}.get) == ([], [], 1)


def survey(answers, names=(NAME,), search=("site.example",)):
    """The survey of servers that are functions from a name to what look_up() returns."""
    resolvers = resolv_conf.Resolvers([(address, "/etc/resolv.conf") for address in sorted(answers)], list(search), 1)
    return dns_survey.survey(
        resolvers, list(names), 2, deadlines.Deadline(5), lambda server, name, dummy_seconds: answers[server](name)
    )


def test_each_server_is_asked_for_names_and_for_what_nobody_registered():
    def liar(dummy_name):
        return "ok", ["192.0.2.40"]

    def honest(name):
        return ("ok", ["192.0.2.1"]) if name == NAME else ("nxdomain", [])

    told = survey({"192.0.2.53": honest, "192.0.2.54": liar})
    first, second = told["servers"]
    assert [each["status"] for each in first["names"] + first["invented"]] == ["ok", "nxdomain", "nxdomain"]
    assert [each["addresses"] for each in second["invented"]] == [["192.0.2.40"]] * 2
    invented = [each["name"] for each in first["invented"]]
    assert invented[0].endswith(".com") and invented[1].endswith(".site.example")
    assert dns_survey.differing(told) == [("192.0.2.54", NAME, ["192.0.2.40"])]


def test_servers_that_share_an_address_do_not_differ():
    told = survey(
        {
            "192.0.2.53": lambda name: ("ok", ["192.0.2.1", "192.0.2.2"]),
            "192.0.2.54": lambda name: ("ok", ["192.0.2.3", "192.0.2.2"]),
        }
    )
    assert dns_survey.differing(told) == []


def test_a_server_that_fails_has_a_reason():
    def refused(dummy_name):
        raise verdicts.LayerFailed("refused", "Connection refused")

    def broken(dummy_name):
        raise KeyError("x")

    told = survey({"192.0.2.53": refused, "192.0.2.54": broken})
    assert [each["names"][0]["status"] for each in told["servers"]] == ["rejected", "error"]
    assert told["servers"][0]["names"][0]["detail"] == "Connection refused"


def test_addresses_that_only_one_server_gives_are_tried_out():
    told = survey({"192.0.2.53": lambda name: ("ok", ["192.0.2.1"]), "192.0.2.54": lambda name: ("ok", ["192.0.2.40"])})

    class Prober:
        def __init__(self, lookup):
            self.lookup = lookup

        def probe_all(self, endpoints, *dummy):
            assert [endpoint.host for endpoint in endpoints] == [NAME]
            return [{"verdict": "tls_untrusted", "detail": self.lookup(NAME)[0][4][0]}]

    dns_survey.probe_differing(told, [loopback.endpoint(443, host=NAME)], Prober, deadlines.Deadline(5))
    assert told["servers"][0]["names"][0]["verdict"] is None
    odd = told["servers"][1]["names"][0]
    assert (odd["verdict"], odd["detail"]) == ("tls_untrusted", "192.0.2.40")

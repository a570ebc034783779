# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import select
import ssl
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import smtp_replies
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

AUTHORITY = loopback.Authority()
PLAIN = b"250-mail.example.com\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
SECURE = b"250-mail.example.com\r\n250-AUTH PLAIN LOGIN\r\n250-AUTH=PLAIN\r\n250 HELP\r\n"


def lines_of(sock):
    data = b""
    while True:
        more = sock.recv(4096)
        if not more:
            return
        data += more
        while b"\n" in data:
            line, dummy_end, data = data.partition(b"\n")
            yield line.strip()


def mail_server(
    greeting=b"220 mail.example.com ESMTP\r\n",
    plain=PLAIN,
    secure=SECURE,
    ready=b"220 go ahead\r\n",
    authority=AUTHORITY,
    name=loopback.NAME,
    at_once=False,
):
    """(handle, list of the commands it got)."""
    heard = []

    def talk(sock, said):
        for line in lines_of(sock):
            heard.append(line.split()[0])
            if line.startswith(b"EHLO"):
                sock.sendall(said)
            elif line == b"STARTTLS":
                sock.sendall(ready)
                return True
            else:
                return False
        return False

    def secured(sock):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.certificate(name).configure_cert(context)
        return context.wrap_socket(sock, server_side=True)

    def handle(sock):
        if at_once:
            with secured(sock) as channel:
                channel.sendall(greeting)
                talk(channel, secure)
            return
        sock.sendall(greeting)
        if talk(sock, plain):
            with secured(sock) as channel:
                talk(channel, secure)

    return handle, heard


def assert_heard(heard, commands):
    """The server gets exactly these; the last of them when the client is gone already."""
    for _dummy in range(200):
        if len(heard) >= len(commands):
            break
        time.sleep(0.05)
    assert heard == commands


def probe(handle, timeout=2, **fields):
    with loopback.tcp_server(handle) as port:
        fields.setdefault("protocol", "smtp")
        prober = Prober(timeout, AUTHORITY.contexts())
        (row,) = prober.probe_all([loopback.endpoint(port, **fields)], 4, 10, deadlines.Deadline(10))
    return row


def test_starttls_and_what_is_offered_after_it():
    handle, heard = mail_server()
    row = probe(handle)
    assert (row["verdict"], row["detail"]) == ("reachable", None)
    assert [layer["layer"] for layer in row["layers"]] == ["dns", "tcp", "smtp", "tls", "smtp"]
    assert row["smtp"] == {
        "banner": "mail.example.com ESMTP",
        "extensions": ["AUTH", "AUTH=PLAIN", "HELP"],
        "auth": ["PLAIN", "LOGIN"],
    }
    assert row["tls"]["names"] == [loopback.NAME]
    assert_heard(heard, [b"EHLO", b"STARTTLS", b"EHLO", b"QUIT"])


def test_tls_from_the_start():
    row = probe(mail_server(at_once=True)[0], protocol="smtps")
    assert (row["verdict"], row["smtp"]["auth"]) == ("reachable", ["PLAIN", "LOGIN"])


def test_a_server_in_clear_is_left_with_a_good_bye():
    handle, heard = mail_server(plain=b"250 mail.example.com\r\n")
    row = probe(handle, starttls=False)
    assert (row["verdict"], row["tls"], row["smtp"]["extensions"]) == ("reachable", None, [])
    assert_heard(heard, [b"EHLO", b"QUIT"])


def test_a_certificate_of_a_stranger_is_shown():
    row = probe(mail_server(authority=loopback.Authority("Somebody"))[0])
    assert (row["verdict"], row["layer"], row["tls"]["issuer_organisation"]) == ("tls_untrusted", "tls", "Somebody")


def test_a_certificate_for_another_name():
    assert probe(mail_server(name="other.example.com")[0])["verdict"] == "tls_name_mismatch"


@pytest.mark.parametrize(
    "words, verdict, said",
    [
        ({"plain": b"250 mail.example.com\r\n"}, "starttls_missing", "the server does not offer STARTTLS"),
        ({"greeting": b"554 go away\r\n"}, "smtp_failed", "the server greeted with 554 go away"),
        ({"greeting": b"421-busy\r\n421 try later\r\n"}, "smtp_failed", "the server greeted with 421 busy try later"),
        (
            {"greeting": b"HTTP/1.1 400 Bad Request\r\n"},
            "smtp_failed",
            "the answer is not SMTP but HTTP/1.1 400 Bad Request",
        ),
        ({"greeting": b"SSH-2.0"}, "smtp_failed", "the answer is not SMTP but starts with SSH-2.0"),
        ({"plain": b"502 what\r\n"}, "smtp_failed", "the server answered EHLO with 502 what"),
        ({"ready": b"454 not today\r\n"}, "smtp_failed", "the server answered STARTTLS with 454 not today"),
        ({"ready": b"220 go\r\n250 injected\r\n"}, "smtp_failed", "the server sent more than one reply"),
        ({"greeting": b"220-x\r\n" * 5000}, "smtp_failed", "the answer is longer than 16384 bytes"),
        ({"greeting": b"220 " + b"x" * 20000}, "smtp_failed", "the answer is longer than 16384 bytes"),
    ],
)
def test_servers_that_do_not_do_it(words, verdict, said):
    row = probe(mail_server(**words)[0])
    assert (row["verdict"], row["layer"], row["detail"]) == (verdict, "smtp", said)


@pytest.mark.parametrize(
    "greeting, verdict, detail",
    [
        # Clients that read one line of it: microsoft/referencesource#123, Notifuse/notifuse#183.
        (b"220-mail.example.com\r\n220 mail.example.com ESMTP\r\n", "reachable", None),
        # Without a text in the last line: nim-lang/smtp#24.
        (b"220-protected by\r\n220\r\n", "reachable", None),
        # The last line counts: vert-x3/vertx-mail-client#81.
        (
            b"220-mail ESMTP\r\n521 5.7.1 blocked\r\n",
            "smtp_failed",
            "the server greeted with 521 mail ESMTP 5.7.1 blocked",
        ),
    ],
)
def test_a_greeting_of_several_lines_is_read_to_its_end(greeting, verdict, detail):
    row = probe(mail_server(greeting=greeting)[0])
    assert (row["verdict"], row["detail"]) == (verdict, detail)


def test_a_greeting_may_take_longer_than_a_connection():
    """postscreen of Postfix waits 6 s on purpose, Exim and sendmail likewise; RFC 5321, 4.5.3.2.1 allows five minutes."""
    handle, _heard = mail_server()

    def late(sock):
        # Nobody may speak before the greeting, so that only the time ends this.
        assert not select.select([sock], [], [], 1.5)[0]
        handle(sock)

    assert probe(late, timeout=1)["verdict"] == "reachable"


def test_a_server_that_says_nothing_and_one_that_hangs_up():
    assert probe(loopback.linger, timeout=0.5)["detail"] == "no reply of an SMTP server within 2 s"
    assert probe(lambda sock: None)["verdict"] == "smtp_failed"


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from([b"250-", b"250 ", b"\r\n", b"AUTH PLAIN", b"220"])),
        max_size=12,
    )
)
def test_no_bytes_whatever_do_more_than_be_no_reply(pieces):
    reader = smtp_replies.ReplyReader()
    try:
        for piece in pieces:
            reply = reader.feed(piece)
            if reply is not None:
                assert 200 <= reply.code < 600
                assert all(line.isprintable() for line in reply.lines)
                smtp_replies.offer(reply)
                return
    except smtp_replies.SmtpError:
        return

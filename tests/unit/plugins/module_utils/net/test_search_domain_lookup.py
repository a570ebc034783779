# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names are completed and name servers are asked in the order of glibc."""

import socket

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import search_domain_lookup, verdicts

SEARCH = ("ns.svc.cluster.local", "svc.cluster.local")


class Servers:
    """Answers of name servers: {(server, name): answer}; what is not there is nxdomain."""

    def __init__(self, **of_server):
        self.of_server, self.asked = of_server, []

    def look_up(self, server, name, seconds):
        self.asked.append((server, name))
        answers = self.of_server.get(server, {})
        answer = answers if isinstance(answers, str) else answers.get(name, "nxdomain")
        if answer in ("no_reply", "refused_port"):
            raise verdicts.LayerFailed(verdicts.NO_REPLY, "no answer")
        return ("ok", [answer]) if answer[0].isdigit() else (answer, [])

    def lookup(self, host, servers=("a",), search=SEARCH, ndots=5):
        found = search_domain_lookup.lookup(list(servers), list(search), ndots, 4, self.look_up)(
            host, None, 0, socket.SOCK_STREAM
        )
        return [sockaddr[0] for *dummy, sockaddr in found]

    def names(self):
        return [name for dummy, name in self.asked]


def test_names_with_few_dots_are_completed_first():
    servers = Servers(a={"www.example.com": "192.0.2.1"})
    assert servers.lookup("www.example.com") == ["192.0.2.1"]
    assert servers.names() == [
        "www.example.com.ns.svc.cluster.local",
        "www.example.com.svc.cluster.local",
        "www.example.com",
    ]


def test_a_search_domain_that_resolves_every_name_wins():
    # openshift/origin#17316: with ndots 5 a wildcard of the search domain answers before the name itself is asked for.
    servers = Servers(a={"www.example.com.svc.cluster.local": "192.0.2.66", "www.example.com": "192.0.2.1"})
    assert servers.lookup("www.example.com") == ["192.0.2.66"]


def test_names_with_enough_dots_and_with_a_dot_at_the_end_are_asked_for_as_they_are():
    servers = Servers(a={"www.example.com": "192.0.2.1"})
    assert servers.lookup("www.example.com", ndots=2) == ["192.0.2.1"]
    assert servers.lookup("www.example.com.") == ["192.0.2.1"]
    assert servers.names() == ["www.example.com"] * 2


@pytest.mark.parametrize("answer", ["refused", "no_reply"])
def test_after_a_server_that_does_not_answer_the_name_itself_is_next(answer):
    servers = Servers(a={f"www.example.com.{SEARCH[0]}": answer, "www.example.com": "192.0.2.1"})
    assert servers.lookup("www.example.com") == ["192.0.2.1"]
    assert len(servers.asked) == 2


def test_a_silent_server_is_followed_by_the_next_and_an_answer_is_not():
    assert Servers(a="no_reply", b={"x.example": "192.0.2.1"}).lookup("x.example", "ab", [], 1) == ["192.0.2.1"]
    servers = Servers(a={}, b={"x.example": "192.0.2.1"})
    with pytest.raises(socket.gaierror) as caught:
        servers.lookup("x.example", "ab", [], 1)
    assert caught.value.errno == socket.EAI_NONAME
    assert servers.asked == [("a", "x.example")]


def test_a_failure_names_the_server():
    with pytest.raises(socket.gaierror, match="a: no answer") as caught:
        Servers(a="no_reply").lookup("x.example", "a", [], 1)
    assert caught.value.errno == socket.EAI_AGAIN
    with pytest.raises(socket.gaierror, match="no name server is configured"):
        Servers().lookup("x.example", "")


def test_addresses_are_asked_of_nobody():
    servers = Servers()
    assert servers.lookup("192.0.2.7") == ["192.0.2.7"]
    assert servers.lookup("2001:db8::1") == ["2001:db8::1"]
    assert servers.asked == []

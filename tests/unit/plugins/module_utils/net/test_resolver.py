# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import socket
import threading
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.resolver import Resolver, addresses_of
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.verdicts import LayerFailed
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback


def failing(error):
    def lookup(*dummy):
        raise error

    return lookup


def test_an_address_is_its_own_answer():
    assert Resolver().resolve("127.0.0.1", 5) == ["127.0.0.1"]
    assert Resolver().resolve("::1", 5) == ["::1"]


def test_addresses_keep_their_order_and_appear_once():
    v4, v6, stream = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM
    answers = [
        (v6, stream, 6, "", ("::1", 0, 0, 0)),
        (v4, stream, 6, "", ("192.0.2.1", 0)),
        (v6, stream, 6, "", ("::1", 0, 0, 0)),
        (socket.AF_UNIX, stream, 0, "", "/x"),
    ]
    assert addresses_of(answers) == ["::1", "192.0.2.1"]


@pytest.mark.parametrize(
    "host, words",
    [
        ("nothing.invalid", "nothing.invalid"),
        ("a" * 64 + ".example.com", "is not a host name"),
        ("double..dot", "double..dot"),
    ],
)
def test_a_name_without_address_is_unresolved(host, words):
    with pytest.raises(LayerFailed) as caught:
        Resolver().resolve(host, 10)
    assert caught.value.verdict == "unresolved"
    assert words in caught.value.detail


@pytest.mark.parametrize(
    "code, words",
    [
        (socket.EAI_NONAME, "does not exist"),
        (socket.EAI_AGAIN, "no name server answered"),
        (socket.EAI_FAIL, "failure"),
        (socket.EAI_FAMILY, "the lookup failed"),
    ],
)
def test_the_reasons_of_the_resolver_are_told_apart(code, words):
    with pytest.raises(LayerFailed) as caught:
        Resolver(failing(socket.gaierror(code, "as it says"))).resolve("x.example.com", 5)
    assert words in caught.value.detail
    assert "as it says" in caught.value.detail


def test_a_lookup_that_hangs_costs_its_time_and_no_more():
    release = threading.Event()
    begun = time.monotonic()
    with pytest.raises(LayerFailed) as caught:
        Resolver(lambda *dummy: release.wait()).resolve("x.example.com", 0.2)
    assert time.monotonic() - begun < loopback.PATIENCE
    assert caught.value.detail == "no answer for x.example.com within 0.2 s"
    release.set()


def test_rows_with_the_same_name_share_one_lookup():
    asked = []

    def lookup(host, *dummy):
        asked.append(host)
        time.sleep(0.1)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))]

    resolver = Resolver(lookup)
    threads = [threading.Thread(target=resolver.resolve, args=("x.example.com", 5)) for dummy in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert resolver.resolve("x.example.com", 5) == ["192.0.2.1"]
    assert asked == ["x.example.com"]

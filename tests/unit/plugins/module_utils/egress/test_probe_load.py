# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probes of egress_info are not the load that fails them: what proxies of limited strength see of them."""

import collections
import contextlib
import threading

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import proxy_concurrency, proxy_url, verdicts
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback, loopback_proxies

AUTHORITY = loopback.Authority()
HOSTS = [f"host-{number}.example.com" for number in range(13)]
NAMES = dict.fromkeys([*HOSTS, loopback.NAME], "127.0.0.1")
SCHEMES = {"http_proxy": "http", "socks5": "socks5"}
# A proxy notices that a connection has ended when the next one may have begun already.
MOST_SEEN = 2 * proxy_concurrency.A_FEW
KINDS = {"http_proxy": loopback_proxies.HttpProxy, "socks5": loopback_proxies.SocksProxy}


class Counting:
    """A proxy before which connections are counted. strength: how many it serves at a time; it drops the others."""

    def __init__(self, proxy, strength=None):
        self.proxy, self.most, self._strength = proxy, 0, strength
        self._open, self._lock = 0, threading.Lock()

    def __call__(self, sock):
        with self._lock:
            self._open += 1
            self.most = max(self.most, self._open)
            busy = self._strength is not None and self._open > self._strength
        try:
            (loopback.linger if busy else self.proxy)(sock)
        finally:
            with self._lock:
                self._open -= 1


class DeafAtFirst:
    """A peer that says nothing on the first `times` connections."""

    def __init__(self, handle, times=1):
        self._handle, self._left = handle, times
        self._lock = threading.Lock()

    def __call__(self, sock):
        with self._lock:
            self._left -= 1
            deaf = self._left >= 0
        (loopback.linger if deaf else self._handle)(sock)


def probe(endpoints, timeout=1, seconds=20, concurrency=64, **ports):
    """The rows of endpoints through proxies at ports: `http_proxy`, `socks5`."""
    known = {
        path: proxy_url.parse(f"{SCHEMES[path]}://127.0.0.1:{port}", SCHEMES[path]) for path, port in ports.items()
    }
    prober = Prober(timeout, AUTHORITY.contexts(), known)
    return prober.probe_all(endpoints, concurrency, seconds, deadlines.Deadline(seconds))


def endpoint(port, *paths, host=loopback.NAME):
    return loopback.endpoint(port, host=host, paths=list(paths), id=host)


@pytest.mark.parametrize("path", sorted(KINDS))
@pytest.mark.parametrize("concurrency", [64, 1])
def test_a_few_connections_at_a_time_go_through_one_proxy(path, concurrency):
    proxy = Counting(KINDS[path](NAMES))
    with AUTHORITY.server() as port, loopback.tcp_server(proxy) as proxy_port:
        rows = probe([endpoint(port, path, host=host) for host in HOSTS], concurrency=concurrency, **{path: proxy_port})
    assert 1 <= proxy.most <= MOST_SEEN < len(HOSTS)
    assert {row["layer"] for row in rows} == {"tls"} and {row["attempts"] for row in rows} == {1}


def test_what_decides_goes_before_what_is_told_beside():
    socks, http = loopback_proxies.SocksProxy(NAMES), loopback_proxies.HttpProxy(NAMES)
    busy = Counting(socks, strength=MOST_SEEN)
    endpoints = [endpoint(0, "http_proxy", "socks5", host=host) for host in HOSTS]
    with AUTHORITY.server() as port, loopback.tcp_server(busy) as socks_port, loopback.tcp_server(http) as http_port:
        endpoints = [one._replace(port=port) for one in endpoints] + [endpoint(port, "socks5")]
        rows = probe(endpoints, socks5=socks_port, http_proxy=http_port)
    assert (rows[-1]["verdict"], rows[-1]["attempts"]) == (verdicts.REACHABLE, 1)
    assert socks.asked[0] == (loopback.NAME, port)
    # A proxy that serves as many as are sent at a time serves them all.
    assert sorted(host for host, dummy in socks.asked[1:]) == sorted(HOSTS)


@pytest.mark.parametrize("path", sorted(KINDS))
def test_what_timed_out_is_tried_once_more(path):
    deaf = Counting(DeafAtFirst(KINDS[path](NAMES)))
    with AUTHORITY.server() as port, loopback.tcp_server(deaf) as proxy_port:
        (row,) = probe([endpoint(port, path)], **{path: proxy_port})
    assert (row["verdict"], row["layer"], row["attempts"]) == (verdicts.REACHABLE, "tls", 2)


def test_a_server_that_is_deaf_at_first_is_reachable():
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(loopback.tcp_server(DeafAtFirst(loopback.http_answer(b"HTTP/1.1 200 OK\r\n\r\n"))))
        (row,) = probe([loopback.endpoint(port, protocol="http")])
    assert (row["verdict"], row["attempts"]) == (verdicts.REACHABLE, 2)


def test_what_timed_out_twice_is_red():
    with loopback.tcp_server(DeafAtFirst(loopback_proxies.SocksProxy(NAMES), times=2)) as proxy_port:
        (row,) = probe([endpoint(443, "socks5")], timeout=0.5, socks5=proxy_port)
    assert (row["verdict"], row["attempts"]) == (verdicts.PROXY_BROKEN, 2)


def test_what_was_refused_is_not_tried_again():
    with loopback.tcp_server(loopback_proxies.SocksProxy(NAMES)) as proxy_port:
        rows = probe(
            [endpoint(loopback.closed_port(), "socks5"), endpoint(loopback.closed_port(), "direct", host="127.0.0.1")],
            socks5=proxy_port,
        )
    assert [(row["verdict"], row["attempts"]) for row in rows] == [(verdicts.PROXY_FAILED, 1), (verdicts.REFUSED, 1)]


def test_what_repeats_its_packets_by_itself_is_tried_once():
    with loopback.silent_port() as silent, loopback.udp_server(lambda dummy: None) as mute:
        rows = probe(
            [endpoint(silent, "direct", host="127.0.0.1"), loopback.endpoint(mute, protocol="ntp")], timeout=0.5
        )
    assert [(row["verdict"], row["attempts"]) for row in rows] == [(verdicts.DROPPED, 1), (verdicts.NO_REPLY, 1)]


def test_a_second_attempt_that_the_deadline_cuts_leaves_the_first():
    with loopback.tcp_server(loopback.linger) as mute:
        (row,) = probe([endpoint(mute, "direct", host="127.0.0.1")], timeout=1, seconds=1.5)
    assert (row["verdict"], row["attempts"]) == (verdicts.TLS_FAILED, 1)


def test_second_attempts_through_a_proxy_are_by_themselves():
    proxy = Counting(DeafAtFirst(loopback_proxies.SocksProxy(NAMES), times=3))
    with AUTHORITY.server() as port, loopback.tcp_server(proxy) as proxy_port:
        rows = probe([endpoint(port, "socks5", host=host) for host in HOSTS[:3]], socks5=proxy_port)
    assert [row["attempts"] for row in rows] == [2, 2, 2]
    assert len(proxy.proxy._handle.asked) == 3


def turns_of(paths, results):
    """How many attempts of each round began at a time, when they end with these results, the oldest first."""
    turns = proxy_concurrency.ProxyTurns(paths, 2, lambda result: result["verdict"] == "late")
    waiting, running, rounds = collections.deque(range(len(paths))), [], []
    while waiting or running:
        begun = [index for index in waiting if turns.take(index)]
        waiting = collections.deque(index for index in waiting if index not in begun)
        running += begun
        rounds.append(len(running))
        ended = thread_pool.Finished()
        ended.done, ended.value = True, {"verdict": results}
        turns.end(running.pop(0), ended)
    return max(rounds)


@pytest.mark.parametrize(
    "path, verdict, most",
    [
        ("direct", "reachable", 9),
        ("socks5", "reachable", 2),
        ("socks5", verdicts.PROXY_UNREACHABLE, 8),
        ("socks5", "late", 5),
    ],
)
def test_a_proxy_that_serves_nobody_has_no_load_to_be_spared(path, verdict, most):
    assert turns_of([path] * 9, verdict) == most


def test_an_attempt_that_only_holds_its_connection_gives_its_turn_to_another():
    turns = proxy_concurrency.ProxyTurns(["socks5"] * 2, 1, lambda result: False)
    assert (turns.take(0), turns.take(1)) == (True, False)
    turns.hold(0)
    assert turns.take(1)
    ended = thread_pool.Finished()
    ended.value = {"verdict": "reachable"}
    turns.end(0, ended)
    assert not turns.take(0)

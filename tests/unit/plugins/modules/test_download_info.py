# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import download
from ansible_collections.hostprep.runtime_fabric.plugins.modules import download_info
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback, loopback_proxies
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

AUTHORITY = loopback.Authority()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"


def endless(sock):
    """A file without an end."""
    sock.recv(4096)
    sock.sendall(HEAD)
    while True:
        sock.sendall(b"x" * 65536)


def run(port, scheme="http", host="127.0.0.1", **arguments):
    arguments.setdefault("seconds", 0.6)
    return module_process.run(download_info, dict(arguments, url=f"{scheme}://{host}:{port}/file"))


def test_what_comes_is_counted_and_no_more_is_taken():
    with loopback.tcp_server(endless) as port:
        result = run(port, seconds=30, max_bytes=3000000)
    told = result["download"]
    assert (told["verdict"], told["detail"], told["path"]) == ("reachable", None, "direct")
    assert 3000000 <= told["bytes"] < 3000000 + 4 * 65536
    assert told["mean_mbit"] > 0
    assert result["changed"] is False


def test_time_ends_it_too():
    with loopback.tcp_server(endless) as port:
        told = run(port, max_bytes=10**12, seconds=2)["download"]
    assert told["verdict"] == "reachable" and 0 < told["seconds"] < 10


def test_a_short_file_is_downloaded_again():
    seen = []

    def short(sock):
        seen.append(sock.recv(4096))
        sock.sendall(HEAD + b"x" * 50000)

    with loopback.tcp_server(short) as port:
        told = run(port, streams=1, max_bytes=150000, seconds=loopback.PATIENCE)["download"]
    assert told["verdict"] == "reachable" and len(seen) > 2


def test_over_tls_through_a_proxy():
    proxy = loopback_proxies.HttpProxy()
    server = AUTHORITY.server(AUTHORITY.certificate("127.0.0.1"), endless)
    with server as port, AUTHORITY.pem_file() as path, loopback.tcp_server(proxy) as proxy_port:
        proxy_url = f"http://127.0.0.1:{proxy_port}"
        told = run(
            port,
            "https",
            ca_path=path,
            path="http_proxy",
            http_proxy=proxy_url,
            max_bytes=10**5,
            seconds=loopback.PATIENCE,
        )["download"]
    assert (told["verdict"], told["path"]) == ("reachable", "http_proxy")
    assert ("CONNECT", f"127.0.0.1:{port}") in proxy.asked


@pytest.mark.parametrize(
    "answer, words",
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "the answer is 404 Not Found"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n", "the answer is 302 Found, to http://elsewhere/"),
        (b"nonsense", "the answer is not HTTP"),
        (HEAD, "only 0 bytes were received"),
    ],
)
def test_what_is_no_file(answer, words):
    with loopback.tcp_server(loopback.http_answer(answer)) as port:
        told = run(port, streams=1, seconds=loopback.PATIENCE)["download"]
    assert (told["verdict"], words in told["detail"], told["mean_mbit"]) == ("http_failed", True, None)


def test_nobody_there_and_a_stranger():
    assert run(loopback.closed_port())["download"]["verdict"] == "refused"
    with AUTHORITY.server(AUTHORITY.certificate("127.0.0.1"), endless) as port:
        assert run(port, "https", seconds=loopback.PATIENCE)["download"]["verdict"] == "tls_untrusted"


def test_a_server_that_stalls_costs_its_time():
    with loopback.tcp_server(loopback.linger) as port:
        told = run(port, seconds=0.3, timeout=0.5)["download"]
    assert told["verdict"] == "http_failed"


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"url": "ftp://example.com/"}, "url: must look like"),
        ({"url": "https://user:hunter2@example.com/"}, "url: must not contain a user name or password"),
        ({"url": "https://example.com:x/"}, "url: has no valid host"),
        ({"url": "https://example.com/a b"}, "url: contains spaces"),
        ({"url": "http://a/", "streams": 0}, "streams: must be greater than 0"),
        ({"url": "http://a/", "path": "socks5"}, "path: socks5 needs the option socks5_proxy"),
        ({"url": "http://a/", "path": "http_proxy", "http_proxy": "proxy:3128"}, "http_proxy: must start with http://"),
        ({"url": "http://a/", "ca_path": "/nonexistent"}, "ca_path: /nonexistent"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    result = module_process.run(download_info, arguments)
    assert result["failed"] is True and words in result["msg"]
    assert "hunter2" not in result["msg"]


@given(st.lists(st.tuples(st.floats(0.001, 2), st.integers(0, 10**7)), max_size=30))
def test_no_second_is_better_than_the_peak_and_none_is_all(steps):
    moment = [0.0]
    meter = download.Meter(10**12, lambda: moment[0])
    for pause, count in steps:
        moment[0] += pause
        meter.add(count)
    told = meter.reading()
    assert told["bytes"] == sum(count for dummy, count in steps[1:])
    if told["mean_mbit"] is not None:
        assert told["mean_mbit"] == pytest.approx(
            told["bytes"] * 8 / sum(pause for pause, dummy in steps[1:]) / 1e6, rel=0.01, abs=0.1
        )

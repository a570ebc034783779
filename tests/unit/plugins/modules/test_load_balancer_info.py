# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers of several kinds on the loopback interface, with a listener of the run behind them."""

import binascii
import contextlib
import itertools
import os
import socket
import struct
import threading

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener_process
from ansible_collections.hostprep.runtime_fabric.plugins.modules import load_balancer_info, port_listener
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

NUMBER = os.getpid() % 199 + 50
NODES = {"c1": f"127.0.{NUMBER}.11", "c2": f"127.0.{NUMBER}.12"}
BALANCER = f"127.0.{NUMBER}.13"
PORT = 30443


@pytest.fixture()
def key():
    """The key of a run whose listener answers at one of two addresses; of each test its own, as a test may be a process."""
    keys = binascii.hexlify(os.urandom(16)).decode("ascii")
    module_process.run(
        port_listener,
        {"key": keys, "name": "c1", "lifetime": 60, "listen": [{"address": NODES["c1"], "tcp": [str(PORT)]}]},
    )
    yield keys
    listener_process.find(keys.encode("ascii"), "stop")


def forward(one, other):
    with contextlib.suppress(OSError):
        while True:
            data = one.recv(65536)
            if not data:
                other.shutdown(socket.SHUT_WR)
                return
            other.sendall(data)


def passing_on(addresses, header=None):
    """A handler that connects each client with the next of some addresses; header: makes what is sent there first."""
    turns = itertools.cycle(addresses)

    def handle(client):
        with socket.create_connection((next(turns), PORT), 5, (BALANCER, 0)) as server:
            if header:
                server.sendall(header(*client.getpeername()))
            back = threading.Thread(target=forward, args=(server, client))
            back.start()
            forward(client, server)
            back.join(10)

    return handle


def through(key, port, connections=6):
    arguments = {"key": key, "host": BALANCER, "port": port, "connections": connections, "timeout": 2.0}
    return module_process.run(load_balancer_info, arguments)


def test_tcp_is_passed_on_and_one_server_is_down(key):
    with loopback.tcp_server(passing_on([NODES["c1"], NODES["c2"]]), BALANCER) as port:
        found = through(key, port)
    assert found["reached"] == [
        {"name": "c1", "tls": "passed_through", "source": "hidden", "seen": BALANCER, "count": 3}
    ]
    assert sum(failure["count"] for failure in found["failures"]) == 3


def version_1(host, port):
    return f"PROXY TCP4 {host} 192.0.2.1 {port} 443\r\n".encode("ascii")


def version_2(host, port):
    """As AWS sends it, with a field behind the addresses."""
    addresses = socket.inet_aton(host) + socket.inet_aton("192.0.2.1") + struct.pack(">HH", port, 443)
    fields = b"\xea\x00\x05\x01vpce"
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(">H", len(addresses + fields)) + addresses + fields


@pytest.mark.parametrize("version", [version_1, version_2])
def test_the_clients_address_is_announced(key, version):
    """kubernetes/ingress-nginx#9643 and 13188: version 2, as a load balancer of AWS sends it."""
    handle = passing_on([NODES["c1"]], version)
    with loopback.tcp_server(handle, BALANCER) as port:
        (way,) = through(key, port)["reached"]
    assert (way["source"], way["seen"], way["tls"]) == ("announced", "127.0.0.1", "passed_through")


def test_the_clients_address_is_kept(key):
    found = module_process.run(load_balancer_info, {"key": key, "host": NODES["c1"], "port": PORT, "connections": 2})
    assert [way["source"] for way in found["reached"]] == ["kept"] and found["failures"] == []


def test_tls_that_is_ended_is_noticed(key):
    authority = loopback.Authority()
    with authority.server(handle=passing_on([NODES["c1"]])) as port:
        found = module_process.run(
            load_balancer_info, {"key": key, "host": "127.0.0.1", "port": port, "connections": 2}
        )
    assert [(way["name"], way["tls"], way["count"]) for way in found["reached"]] == [("c1", "ended", 2)], found


def test_who_proves_nothing_is_a_failure_with_a_reason(key):
    def page(sock):
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")

    with loopback.tcp_server(page, BALANCER) as port:
        assert through(key, port, 2)["failures"] == [{"reason": "another program answers", "count": 2}]
    assert "refused" in through(key, 9, 1)["failures"][0]["reason"]
    arguments = {"key": key, "host": "balancer.invalid", "connections": 4}
    found = module_process.run(load_balancer_info, arguments)
    assert found["failures"][0]["count"] == 4 and "balancer.invalid does not resolve" in found["failures"][0]["reason"]


def test_a_load_balancer_that_takes_connections_without_a_server_behind_it_proves_nothing(key):
    """kubernetes-sigs/cloud-provider-kind#40, haproxy/haproxy#2375: the connection opens, and is closed at once."""
    with loopback.tcp_server(lambda sock: None, BALANCER) as port:
        failures = through(key, port, 3)["failures"]
    assert sum(failure["count"] for failure in failures) == 3
    reasons = ("the connection was closed without a proof", "the connection was cut")
    assert all(failure["reason"].startswith(reasons) for failure in failures), failures


def test_nonsense_is_refused(key):
    assert "port" in module_process.run(load_balancer_info, {"key": key, "host": "lb", "port": 70000})["msg"]

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Latency, bandwidth and what else is measured between hosts, by the modules as they are run, over the loopback."""

import binascii
import os
import socket
import threading

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import listener_process
from ansible_collections.hostprep.runtime_fabric.plugins.modules import bandwidth_info, link_info, port_listener
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.modules import module_process

HOST = f"127.0.{os.getpid() % 199 + 50}.9"
PORT = 30000


@pytest.fixture()
def key():
    """The key of a run whose listener has one port of each kind; of each test its own, since a test may be a process."""
    key = binascii.hexlify(os.urandom(16)).decode("ascii")
    module_process.run(
        port_listener,
        {
            "key": key,
            "name": "n2",
            "lifetime": 60,
            "listen": [{"address": HOST, "tcp": [str(PORT)], "udp": [str(PORT)]}],
        },
    )
    yield key
    listener_process.find(key.encode("ascii"), "stop")


def measure(module, key, name="n2", address=HOST, port=PORT, **arguments):
    peer = {"name": name, "address": address, "port": port}
    return module_process.run(module, dict(arguments, key=key, peers=[peer]))["peers"][0]


def test_a_link_in_order(key):
    found = measure(link_info, key, count=50, interval=0.002)
    assert (found["sent"], found["received"], found["loss_percent"]) == (50, 50, 0.0)
    trips = found["rtt_ms"]
    assert 0 <= trips["min"] <= trips["p50"] <= trips["p95"] <= trips["max"] < 1000
    assert abs(found["clock"]["offset_ms"]) <= found["clock"]["error_ms"]
    assert found["path"]["mtu"] == found["path"]["interface_mtu"] > 1500 and found["path"]["interface"] == "lo"


def test_what_answers_under_another_name_counts_as_lost(key):
    found = measure(link_info, key, name="n3", count=5, timeout=0.2)
    assert (found["received"], found["loss_percent"], found["rtt_ms"], found["clock"]) == (0, 100.0, None, None)


def test_silence_is_a_result_within_the_deadline(key):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        found = measure(link_info, key, port=silent.getsockname()[1], count=5, timeout=0.2, deadline=2.0)
    assert found["received"] == 0 and found["path"]["mtu"] is None


def test_both_directions_are_measured_by_bytes_that_arrived(key):
    found = measure(bandwidth_info, key, seconds=0.6, megabytes=100000)
    for direction in ("send", "receive"):
        assert found[direction]["bytes"] > 1000000
        assert 0 < found[direction]["mean_mbit"] <= found[direction]["peak_mbit"]


def test_the_limit_of_bytes_holds(key):
    found = measure(bandwidth_info, key, seconds=20.0, megabytes=3)
    assert found["send"]["bytes"] == 3000000
    assert 3000000 <= found["receive"]["bytes"] < 3000000 + 262144


def test_a_listener_serves_probes_while_it_swallows(key):
    results = []
    thread = threading.Thread(target=lambda: results.append(measure(bandwidth_info, key, seconds=0.6)))
    thread.start()
    found = measure(link_info, key, count=20)
    thread.join()
    assert found["received"] == 20 and results[0]["send"]["bytes"] > 0


def test_who_cannot_prove_itself_is_not_measured(key):
    assert measure(bandwidth_info, key, name="n3")["send"] == {"error": "n3 did not prove its identity on port 30000"}
    with loopback.tcp_server(loopback.linger, HOST) as port:
        found = measure(bandwidth_info, key, port=port, timeout=0.3)
    assert set(found["send"]) == {"error"}
    assert "refused" in measure(bandwidth_info, key, port=30009)["receive"]["error"]


@pytest.mark.parametrize("module", [link_info, bandwidth_info])
def test_nonsense_is_refused(key, module):
    peers = [{"name": "n2", "address": "n2.example.com", "port": 0}]
    msg = module_process.run(module, {"key": key, "peers": peers, "timeout": -1})["msg"]
    assert "peers[0].address" in msg and "peers[0].port" in msg and "timeout" in msg

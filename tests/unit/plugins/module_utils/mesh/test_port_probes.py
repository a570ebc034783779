# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UDP ports where nobody should answer: real sockets on loopback that do, that do not, and that are not there."""

import socket

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import port_probes
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

KEY = b"k" * 32


def verdict(port):
    peer = {
        "name": "n2",
        "address": "127.0.0.1",
        "tcp": [],
        "udp": [],
        "vxlan": [],
        "connect": [],
        "query": [str(port)],
    }
    (found,) = port_probes.probe_all(KEY, [peer], 10.0, 10, 30.0)
    return found["udp"]["ports"]


@pytest.mark.parametrize("answer", [lambda data: data[:2] + b"\x81\x80" + data[4:], lambda data: b"nonsense"])
def test_any_answer_to_a_dns_query_shows_an_open_port(answer):
    with loopback.udp_server(answer) as port:
        assert verdict(port) == {"live": [str(port)]}


def test_silence_shows_nothing():
    with loopback.udp_server(lambda data: None) as port:
        assert verdict(port) == {"dropped": [str(port)]}


def test_a_closed_port_refuses():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    assert verdict(port) == {"refused": [str(port)]}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import socket
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

AUTHORITY = loopback.Authority()


def probe(port, protocol="tls", idle=0.3):
    prober = Prober(1, AUTHORITY.contexts())
    (row,) = prober.probe_all([loopback.endpoint(port, protocol=protocol, idle=idle)], 4, 10, deadlines.Deadline(10))
    return row


def cuts(sock):
    time.sleep(0.1)


def resets(sock):
    time.sleep(0.1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def forgets(sock):
    """As when a firewall lost track: nothing is answered any more."""
    time.sleep(4)


def test_a_connection_that_outlives_silence():
    with AUTHORITY.server() as port, loopback.tcp_server(loopback.linger) as plain:
        for row in (probe(port), probe(plain, "tcp")):
            assert (row["verdict"], row["layer"], row["detail"]) == ("reachable", "idle", None)
            assert row["layers"][-1]["elapsed"] >= 0.3


def test_nothing_is_held_unless_asked_for():
    with AUTHORITY.server() as port:
        assert probe(port, idle=0)["layer"] == "tls"


@pytest.mark.parametrize(
    "handle, words",
    [(cuts, "closed after 0 s"), (resets, "after 0 s without traffic"), (forgets, "the peer does not answer")],
)
@pytest.mark.parametrize("protocol", ["tls", "tcp"])
def test_a_connection_that_does_not(protocol, handle, words):
    with AUTHORITY.server(handle=handle) if protocol == "tls" else loopback.tcp_server(handle) as port:
        row = probe(port, protocol)
    assert (row["verdict"], row["layer"]) == ("idle_cut", "idle")
    assert words in row["detail"]

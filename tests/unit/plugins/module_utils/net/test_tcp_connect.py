# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import errno
import time

import pytest

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import tcp_connect
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net.verdicts import LayerFailed
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback


def failure(addresses, port, seconds=1.0):
    with pytest.raises(LayerFailed) as caught:
        tcp_connect.dial(addresses, port, seconds)
    return caught.value


def test_the_first_address_that_accepts():
    with loopback.tcp_server(loopback.linger) as port:
        sock, address = tcp_connect.dial(["127.0.0.1"], port, 5)
        assert address == "127.0.0.1"
        assert sock.gettimeout() == 5
        sock.close()


def test_ipv6():
    with loopback.tcp_server(loopback.linger, "::1") as port:
        sock, address = tcp_connect.dial(["::1"], port, 5)
        assert address == "::1"
        sock.close()


def test_nobody_listens():
    found = failure(["127.0.0.1"], loopback.closed_port())
    assert found.verdict == "refused"
    assert "127.0.0.1 port" in found.detail and "refused" in found.detail.lower()


def test_no_answer_costs_the_timeout_once_however_many_addresses():
    with loopback.silent_port() as port:
        begun = time.monotonic()
        found = failure(["127.0.0.1"] * 4, port, 1.2)
        assert 1.1 < time.monotonic() - begun < 4 * 1.2
    assert found.verdict == "dropped"
    assert found.detail.count("no answer within 1.2 s") == 4


def test_a_refusal_does_not_delay_the_next_address(monkeypatch):
    monkeypatch.setattr(tcp_connect, "HEAD_START", loopback.PATIENCE)
    with loopback.tcp_server(loopback.linger, "::1") as port:
        begun = time.monotonic()
        sock, address = tcp_connect.dial(["127.0.0.1", "::1"], port, 2 * loopback.PATIENCE)
        sock.close()
    assert address == "::1"
    assert time.monotonic() - begun < loopback.PATIENCE


def test_an_address_that_swallows_packets_is_not_all_there_is():
    """Clients that try the first address alone: apache/trafficserver#3742, openbmc/bmcweb#81, xroche/httrack#418."""
    with loopback.silent_port() as port, loopback.tcp_server(loopback.linger, "::1", port):
        sock, address = tcp_connect.dial(["127.0.0.1", "::1"], port, loopback.PATIENCE)
        sock.close()
    assert address == "::1"


def test_silence_of_the_first_address_does_not_hide_the_second():
    with loopback.silent_port() as port, pytest.raises(LayerFailed) as caught:
        tcp_connect.dial(["127.0.0.1", "::1"], port, 1)
    # ::1 refuses at once; both are told, the verdict is of what was seen first.
    assert caught.value.verdict == "refused"
    assert "127.0.0.1" in caught.value.detail and "::1" in caught.value.detail


def test_a_family_that_the_host_cannot_reach_does_not_decide():
    # The kernel connects to no multicast address: "network is unreachable", without a packet.
    found = failure(["ff02::1", "127.0.0.1"], loopback.closed_port())
    assert found.verdict == "refused"
    assert failure(["ff02::1"], 443).verdict == "rejected"


@pytest.mark.parametrize(
    "code, verdict",
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.EHOSTUNREACH, "rejected"),
        (errno.ENETUNREACH, "rejected"),
        (errno.EACCES, "rejected"),
        (errno.EPERM, "rejected"),
        (errno.ETIMEDOUT, "dropped"),
        (errno.EMFILE, "error"),
    ],
)
def test_verdicts_by_errno(code, verdict):
    assert tcp_connect.verdict_of(code) == verdict

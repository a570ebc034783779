# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe every port of every peer over both transports at once, and summarise."""

import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import (
    deadlines,
    file_limit,
    port_ranges,
    thread_pool,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import port_verdicts, tcp_probes, udp_probes

_FILES_OF_THE_MODULE = 64
_LAST_CHANCE = 3.0  # seconds for unanswered UDP probes once the TCP probes are finished


def targets_of(peers):
    """Return (tcp targets, udp targets) of peers `{"name", "address", "tcp", "udp", "connect", "query"}` (ports as texts)."""
    tcp, udp = [], []
    for number, peer in enumerate(peers):
        proven = port_ranges.numbers(peer["tcp"])
        for ports, proof in ((proven, True), (sorted(set(port_ranges.numbers(peer["connect"])) - set(proven)), False)):
            tcp += [port_verdicts.Target(number, peer["address"], port, peer["name"], proof) for port in ports]
        proven = port_ranges.numbers(peer["udp"])
        for ports, proof in ((proven, True), (sorted(set(port_ranges.numbers(peer["query"])) - set(proven)), False)):
            udp += [port_verdicts.Target(number, peer["address"], port, peer["name"], proof) for port in ports]
    return tcp, udp


def probe_all(key, peers, timeout, concurrency, seconds):
    """Return `[{"name", "address", "source", "tcp", "udp"}]`, for each peer and transport a summary of the verdicts.

    source: the address from which this host reaches the peer, None without a route.
    """
    tcp, udp = targets_of(peers)
    deadline = deadlines.Deadline(seconds)
    most = file_limit.raise_file_limit(min(concurrency, len(tcp)) + _FILES_OF_THE_MODULE) - _FILES_OF_THE_MODULE
    probers = (
        tcp_probes.TcpProber(key, tcp, timeout, max(1, min(concurrency, most)), deadline),
        udp_probes.UdpProber(key, udp, timeout, deadline),
    )
    # The probers end by the deadline on their own; in the margin they report what they have not probed.
    for finished in thread_pool.run_all([prober.run for prober in probers], 2, deadlines.Deadline(seconds + 10)):
        if finished.error is not None:
            raise finished.error
    if any(verdict == port_verdicts.OPEN for verdict, dummy in probers[0].outcomes.values()):
        probers[1].run(_LAST_CHANCE)
    return [
        {
            "name": peer["name"],
            "address": peer["address"],
            "source": _source_towards(peer["address"]),
            "tcp": port_verdicts.summary(_of_peer(probers[0].outcomes, number)),
            "udp": port_verdicts.summary(_of_peer(probers[1].outcomes, number)),
        }
        for number, peer in enumerate(peers)
    ]


def _source_towards(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))  # of UDP, which sends nothing
        except OSError:
            return None
        return probe.getsockname()[0]


def _of_peer(outcomes, number):
    return {port: outcome for (peer, port), outcome in outcomes.items() if peer == number}

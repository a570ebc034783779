# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe every port of every peer over both transports at once, and summarise."""

import socket

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import (
    deadlines,
    open_file_limit,
    port_ranges,
    thread_pool,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    icmp_rate_limit,
    port_verdicts,
    tcp_probes,
    udp_probes,
    vxlan_probes,
)

_FILES_OF_THE_MODULE = 64
_MARGIN = 10.0  # seconds
_LAST_CHANCE = 3.0  # seconds for unanswered UDP probes once the TCP probes are finished


def targets_of(peers):
    """Return (tcp targets, udp targets, vxlan targets) of peers.

    peers: `{"name", "address", "tcp", "udp", "vxlan", "connect", "query"}`, ports as texts; those of vxlan are not in the others.
    """
    tcp, udp, vxlan = [], [], []
    for number, peer in enumerate(peers):
        proven = port_ranges.numbers(peer["tcp"])
        for ports, proof in ((proven, True), (sorted(set(port_ranges.numbers(peer["connect"])) - set(proven)), False)):
            tcp += [port_verdicts.Target(number, peer["address"], port, peer["name"], proof) for port in ports]
        shaped = set(port_ranges.numbers(peer.get("vxlan", ())))
        proven = [port for port in port_ranges.numbers(peer["udp"]) if port not in shaped]
        for ports, proof in (
            (proven, True),
            (sorted(set(port_ranges.numbers(peer["query"])) - set(proven) - shaped), False),
        ):
            udp += [port_verdicts.Target(number, peer["address"], port, peer["name"], proof) for port in ports]
        vxlan += [port_verdicts.Target(number, peer["address"], port, peer["name"], True) for port in sorted(shaped)]
    return tcp, udp, vxlan


def probe_all(key, peers, timeout, concurrency, seconds):
    """Return `[{"name", "address", "source", "tcp", "udp"}]`, for each peer and transport a summary of the verdicts.

    source: the address from which this host reaches the peer, None without a route.
    """
    tcp, udp, vxlan = targets_of(peers)
    deadline = deadlines.Deadline(seconds)
    most = open_file_limit.raise_file_limit(min(concurrency, len(tcp)) + _FILES_OF_THE_MODULE) - _FILES_OF_THE_MODULE
    probers = (
        tcp_probes.TcpProber(key, tcp, timeout, max(1, min(concurrency, most)), deadline),
        udp_probes.UdpProber(key, udp, timeout, deadline),
        vxlan_probes.VxlanProber(key, vxlan, timeout, deadline),
    )
    _run_all([prober.run for prober in probers], seconds)
    if any(verdict == port_verdicts.OPEN for verdict, dummy in probers[0].outcomes.values()):
        _run_all([lambda prober=prober: prober.run(_LAST_CHANCE) for prober in probers[1:]], seconds)
    slowly = [
        lambda: _ask_again(
            lambda some, wait: tcp_probes.TcpProber(key, some, wait, len(some), deadline), tcp, probers[0], deadline
        ),
        lambda: _ask_again(
            lambda some, wait: udp_probes.UdpProber(key, some, wait, deadline), udp, probers[1], deadline
        ),
    ]
    _run_all(slowly, seconds)
    over_udp = dict(probers[1].outcomes)
    over_udp.update(probers[2].outcomes)
    return [
        {
            "name": peer["name"],
            "address": peer["address"],
            "source": _source_towards(peer["address"]),
            "tcp": port_verdicts.summary(_of_peer(probers[0].outcomes, number)),
            "udp": port_verdicts.summary(_of_peer(over_udp, number)),
        }
        for number, peer in enumerate(peers)
    ]


def _ask_again(make_prober, targets, first, deadline):
    """Correct the outcomes of a prober. make_prober: makes another one for some targets, which waits for some seconds."""

    def probe(some, wait):
        prober = make_prober(some, wait)
        prober.run()
        return prober.outcomes

    icmp_rate_limit.ask_again([target for target in targets if target.proof], first.outcomes, probe, deadline)


def _run_all(jobs, seconds):
    """Run probers; they end by their deadline on their own, and in the margin they report what they have not probed."""
    for finished in thread_pool.run_all(jobs, len(jobs), deadlines.Deadline(seconds + _MARGIN)):
        if finished.error is not None:
            raise finished.error


def _source_towards(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))  # of UDP, which sends nothing
        except OSError:
            return None
        return probe.getsockname()[0]


def _of_peer(outcomes, number):
    return {port: outcome for (peer, port), outcome in outcomes.items() if peer == number}

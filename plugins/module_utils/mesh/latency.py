# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Latency, loss and clock offset between this host and listeners of a run, from one stream of keyed requests.

The kernels of both ends record when a datagram arrives, and the time that the listener took to answer is subtracted: the
rest is the network's, on busy hosts, too. As in NTP, the shortest round trip gives the best offset of the clocks.
"""

import collections
import socket
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.percentiles import percentile
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    keyed_proof,
    path_mtu,
    receive_timestamps,
    tcp_probes,
)

# round_trip, offset: seconds. offset: the listener's clock minus this host's.
Sample = collections.namedtuple("Sample", "round_trip offset")


def sample_of(sent, proof, arrived):
    """Return the Sample of a request and its Answer. sent, arrived: this host's clock."""
    round_trip = max(0.0, (arrived - sent) - (proof.sent - proof.received))
    return Sample(round_trip, ((proof.received - sent) + (proof.sent - arrived)) / 2)


def summary(samples, sent):
    """Return `{"sent", "received", "loss_percent", "rtt_ms", "clock"}`; the last two are None without any Sample.

    rtt_ms: `{"min", "p50", "p95", "max"}`. clock: `{"offset_ms", "error_ms"}`; the true offset differs from it by at most the error.
    """
    found = {
        "sent": sent,
        "received": len(samples),
        "loss_percent": round(100.0 * (sent - len(samples)) / sent, 1) if sent else None,
        "rtt_ms": None,
        "clock": None,
    }
    if samples:
        trips = sorted(sample.round_trip for sample in samples)
        best = min(samples)
        found["rtt_ms"] = {
            "min": _ms(trips[0]),
            "p50": _ms(percentile(trips, 50)),
            "p95": _ms(percentile(trips, 95)),
            "max": _ms(trips[-1]),
        }
        found["clock"] = {"offset_ms": _ms(best.offset), "error_ms": max(0.001, _ms(best.round_trip / 2))}
    return found


def _ms(seconds):
    return round(seconds * 1000.0, 3)


def measure_all(key, peers, count, interval, timeout, seconds):
    """Return for each peer `{"name", "address", "port"}` these and its summary and path, in the order of the peers.

    count: requests a peer, `interval` seconds apart; an answer may take `timeout` seconds. path: `{"mtu", "arrives",
    "icmp", "interface", "interface_mtu"}`, see path_mtu.find.
    """
    deadline = deadlines.Deadline(seconds)
    samples, sent = _Stream(key, peers, deadline).run(count, interval, timeout)
    jobs = [lambda peer=peer: _path(key, peer, deadline) for peer in peers]
    # The search ends by the deadline on its own.
    paths = thread_pool.run_all(jobs, 32, deadlines.Deadline(seconds + 10))
    found = []
    for number, peer in enumerate(peers):
        if paths[number].error is not None:
            raise paths[number].error
        found.append(dict(peer, path=paths[number].value, **summary(samples[number], sent[number])))
    return found


def _path(key, peer, deadline):
    name, most = path_mtu.interface_to(peer["address"])
    unknown = {"mtu": None, "arrives": None, "icmp": False}
    found = path_mtu.find(key, peer["address"], peer["port"], most, deadline) if most else unknown
    return dict(found, interface=name, interface_mtu=most)


class _Stream:
    """Requests to all peers in turn, over one socket."""

    def __init__(self, key, peers, deadline):
        self._key, self._peers, self._deadline = key, peers, deadline
        self._waiting = {}  # nonce -> (number of the peer, when it was sent)
        self._samples = [[] for dummy in peers]
        self._sent = [0] * len(peers)

    def run(self, count, interval, timeout):
        nonces = tcp_probes.new_nonces()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sock:
            sock.setblocking(False)
            receive_timestamps.stamp_arrivals(sock)
            due = time.monotonic()
            for _dummy in range(count):
                for number, peer in enumerate(self._peers):
                    self._ask(sock, number, peer, next(nonces))
                due += interval
                self._hear(sock, due)
                time.sleep(max(0.0, due - time.monotonic()))
                if self._deadline.expired():
                    break
            self._hear(sock, time.monotonic() + timeout)
        return self._samples, self._sent

    def _ask(self, sock, number, peer, nonce):
        request = keyed_proof.ask(self._key, nonce)
        self._sent[number] += 1
        self._waiting[nonce] = (number, time.time())
        try:
            sock.sendto(request, (peer["address"], peer["port"]))
        except OSError:
            return  # counts as lost

    def _hear(self, sock, until):
        while self._waiting:
            pause = min(until - time.monotonic(), self._deadline.remaining())
            if pause <= 0 or not readable([sock], pause):
                return
            try:
                data, ancillary, dummy_flags, dummy_peer = sock.recvmsg(2048, receive_timestamps.ROOM)
            except OSError:
                continue
            nonce = keyed_proof.nonce_of_answer(data)
            if nonce not in self._waiting:
                continue
            proof = keyed_proof.read_answer(self._key, nonce, data)
            number = self._waiting[nonce][0]
            if proof is not None and proof.name == self._peers[number]["name"]:
                dummy, sent = self._waiting.pop(nonce)
                self._samples[number].append(sample_of(sent, proof, receive_timestamps.arrived_at(ancillary)))

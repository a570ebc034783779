# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throughput of a TCP connection to a listener, one direction after the other.

Bytes are counted where they arrive. Bounded in time and in bytes.
"""

import errno
import socket
import struct
import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.file_readiness import readable, writable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    keyed_proof,
    listener_streams,
    tcp_probes,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import tcp_connect, verdicts

PEAK_SLICES = (
    5  # the peak is that of half a second, so that a buffer that is flushed does not count as network throughput
)
_BLOCK = 256 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class NotMeasured(Exception):
    """The peer did not prove its identity, or stopped during the measurement; the text says why."""


def rates(slices, seconds):
    """Return `{"bytes", "seconds", "mean_mbit", "peak_mbit"}` of bytes counted in slices of listener_streams.SLICE.

    seconds: how long the sender was sending. The last slice is rarely complete, so the peak may leave it out.
    """
    total, width = sum(slices), min(PEAK_SLICES, max(1, len(slices) - 1))
    best = max([sum(slices[start : start + width]) for start in range(len(slices) - width + 1)] or [0])
    mean = _mbit(total, seconds)
    peak = _mbit(best, width * listener_streams.SLICE)
    return {"bytes": total, "seconds": round(seconds, 2), "mean_mbit": mean, "peak_mbit": max(mean, peak)}


def _mbit(size, seconds):
    return round(size * 8 / seconds / 1e6, 1) if seconds > 0 else 0.0


def measure(key, peer, seconds, most_bytes, timeout):
    """Return `{"name", "address", "port", "send", "receive"}`: rates of both directions, or `{"error": why}` for one.

    peer: `{"name", "address", "port"}`. Each direction ends after `seconds` or `most_bytes`, whichever comes first.
    """
    found = dict(peer)
    for direction, run in (("send", _send), ("receive", _receive)):
        try:
            found[direction] = run(key, peer, seconds, most_bytes, timeout)
        except verdicts.LayerFailed as failure:
            found[direction] = {"error": failure.detail}
        except NotMeasured as problem:
            found[direction] = {"error": str(problem)}
        except OSError as problem:
            found[direction] = {"error": f"the connection broke: {problem}"}
    return found


def _open(key, peer, purpose, size, timeout):
    """Return (socket, nonce) of a connection whose listener has proved its identity and has the order for `size` bytes."""
    sock, dummy = tcp_connect.dial([peer["address"]], peer["port"], timeout)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        nonce = next(tcp_probes.new_nonces())
        sock.sendall(keyed_proof.ask(key, nonce, purpose))
        data = sock.recv(keyed_proof.ANSWER_LIMIT)
        proof = keyed_proof.read_answer(key, nonce, data)
        if proof is None or (proof.name, proof.port) != (peer["name"], peer["port"]):
            raise NotMeasured(f"{peer['name']} did not prove its identity on port {peer['port']}")
        sock.sendall(keyed_proof.order(key, data, size))
    except BaseException:
        sock.close()
        raise
    return sock, nonce


def _send(key, peer, seconds, most_bytes, timeout):
    sock, nonce = _open(key, peer, keyed_proof.SWALLOW, most_bytes, timeout)
    with sock:
        sock.setblocking(False)
        block, left = memoryview(b"\0" * _BLOCK), most_bytes
        deadline, begun = deadlines.Deadline(seconds), time.monotonic()
        while left > 0 and not deadline.expired():
            if writable([sock], deadline.remaining()):
                left -= _some(sock.send, block[:left]) or 0
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(seconds + timeout)  # what is in buffers has to arrive first
        slices = keyed_proof.read_count(key, nonce, _read_all(sock))
        if slices is None:
            raise NotMeasured("{} did not report what arrived".format(peer["name"]))
        # The receiver counts from its first byte to its last; the last slice is as long as the clock here says.
        return rates(slices, max(time.monotonic() - begun, listener_streams.SLICE))


def _receive(key, peer, seconds, most_bytes, timeout):
    sock, dummy = _open(key, peer, keyed_proof.POUR, most_bytes, timeout)
    with sock:
        sock.setblocking(False)
        meter, buffer, left = listener_streams.Meter(), bytearray(_BLOCK), most_bytes
        deadline, begun = deadlines.Deadline(seconds), time.monotonic()
        while left > 0 and not deadline.expired():
            if readable([sock], deadline.remaining()):
                size = _some(sock.recv_into, buffer)
                if size == 0:
                    raise NotMeasured("{} ended the connection".format(peer["name"]))
                if size:
                    meter.add(size)
                    left -= size
        return rates(meter.numbers(), time.monotonic() - begun)


def _some(transfer, data):
    """The bytes that one call moved; None when the socket was not ready after all."""
    try:
        return transfer(data)
    except OSError as problem:
        if problem.errno == errno.EAGAIN:
            return None
        raise


def _read_all(sock):
    chunks = []
    while True:
        chunk = sock.recv(65536)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)

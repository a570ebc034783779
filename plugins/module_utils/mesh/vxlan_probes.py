# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request proofs from UDP ports in datagrams shaped like VXLAN: short ones, and as long as the interface allows.

What the port is for gets through only if both do, there and back. Where they do not, plain datagrams tell a closed port from a
device that drops the shape, or what is long.
"""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines, thread_pool
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import (
    keyed_proof,
    path_mtu,
    port_verdicts,
    udp_probes,
    vxlan_frames,
)

# Seconds for plain datagrams, which decide nothing.
_DIAGNOSIS = 1.0


class Shape:
    """VXLAN, for udp_probes.UdpProber. sizes: {address: bytes of the whole IP packet}, 0 or nothing for as short as it can be."""

    unwrap = staticmethod(vxlan_frames.unwrap)

    def __init__(self, sizes):
        self._sizes = sizes

    def wrap(self, key, nonce, address):
        """A datagram whose answer is as long as it is, or the shortest there is."""
        room = self._sizes.get(address, 0) - path_mtu.HEADERS - vxlan_frames.OVERHEAD
        request = keyed_proof.ask(key, nonce, keyed_proof.ECHO)
        return vxlan_frames.wrap(request + b"\0" * (room - len(request)))


class VxlanProber:
    """Has the methods and `outcomes` of an udp_probes.UdpProber."""

    def __init__(self, key, targets, timeout, deadline, mtu_to=path_mtu.interface_to):
        self._key, self._targets, self._timeout, self._deadline = key, targets, timeout, deadline
        self._mtu_to = mtu_to
        self.outcomes = {}

    def run(self, timeout=None):
        """Another round for the targets that are not open."""
        waiting = [
            target
            for target in self._targets
            if self.outcomes.get((target.peer, target.port), ("",))[0] not in _SETTLED
        ]
        if not waiting:
            return
        seconds = timeout or self._timeout
        sizes = {address: self._mtu_to(address)[1] or 0 for address in {target.address for target in waiting}}
        short, long = self._ask(waiting, seconds, Shape({}), Shape(sizes))
        silent = [target for target in waiting if _verdict(short, target) == port_verdicts.DROPPED]
        (plain,) = self._ask(silent, min(seconds, _DIAGNOSIS), None) if silent else ({},)
        for target in waiting:
            place = target.peer, target.port
            self.outcomes[place] = _judged(short[place], long[place], plain.get(place), sizes[target.address])

    def _ask(self, targets, seconds, *shapes):
        """The outcomes of the targets for each shape, asked at the same time."""
        probers = [udp_probes.UdpProber(self._key, targets, seconds, self._deadline, shape) for shape in shapes]
        jobs = [prober.run for prober in probers]
        for finished in thread_pool.run_all(jobs, len(jobs), deadlines.Deadline(self._deadline.remaining() + seconds)):
            if finished.error is not None:
                raise finished.error
        return [prober.outcomes for prober in probers]


_SETTLED = (port_verdicts.OPEN, port_verdicts.REFUSED, port_verdicts.REJECTED)


def _verdict(outcomes, target):
    return outcomes[target.peer, target.port][0]


def _judged(short, long, plain, size):
    """(verdict, reason) of a port. short, long, plain: outcomes of its probes, plain None where there was none."""
    if short[0] == port_verdicts.DROPPED and plain is not None and plain[0] == port_verdicts.OPEN:
        return port_verdicts.SHAPE_LOST, "plain datagrams pass, but VXLAN datagrams do not"
    if short[0] == port_verdicts.OPEN and long[0] == port_verdicts.DROPPED:
        return port_verdicts.LENGTH_LOST, f"VXLAN packets of {size} bytes are lost, but short ones pass"
    return long if short[0] == port_verdicts.OPEN else short

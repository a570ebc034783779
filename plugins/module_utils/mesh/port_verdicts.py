# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict of a port probe, and a short summary of thousands of verdicts."""

import collections
import errno
import os

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import tcp_connect, verdicts

OPEN = "open"  # the listener of this run proved its identity
LIVE = "live"  # a connection was opened, or a UDP answer received, where no proof was requested
UNPROVEN = "unproven"  # a program other than the expected listener answers
SHAPE_LOST = "shape_lost"  # a plain datagram arrives, one shaped like what the port is for does not
LENGTH_LOST = "length_lost"  # likewise, but only short ones arrive
REFUSED = verdicts.REFUSED
REJECTED = verdicts.REJECTED
DROPPED = verdicts.DROPPED
UNTESTED = verdicts.UNTESTED
ERROR = verdicts.ERROR

# This host has run out of a resource, which is not a fact of the network.
_LOCAL = frozenset([errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EADDRINUSE])

# A port of a peer to try. peer: its place in the list of peers; proof: whether a keyed answer is requested.
Target = collections.namedtuple("Target", "peer address port name proof")


def verdict_of(error_number):
    """Return (verdict, reason) for the errno of a connection or datagram that failed."""
    verdict = ERROR if error_number in _LOCAL else tcp_connect.verdict_of(error_number)
    return verdict, os.strerror(error_number)


def summary(outcomes):
    """Return the summary of the probes of one peer over one transport.

    outcomes: `{port: (verdict, reason or None)}`. Returns `{"asked": number, "ports": {verdict: [range]},
    "reasons": {verdict: reason}}`; of several reasons for one verdict the most frequent one.
    """
    ports, reasons = {}, {}
    for port, (verdict, reason) in outcomes.items():
        ports.setdefault(verdict, []).append(port)
        if reason:
            reasons.setdefault(verdict, collections.Counter())[reason] += 1
    return {
        "asked": len(outcomes),
        "ports": {verdict: port_ranges.texts(numbers) for verdict, numbers in sorted(ports.items())},
        "reasons": {verdict: found.most_common(1)[0][0] for verdict, found in sorted(reasons.items())},
    }

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a listener may run: as long as its run shows signs of life.

A sign is a request with the key of the run, or a command from a module of the run on the same host. When such a module
loses its controller, the lease is shortened: modules on other hosts lose it at the same moment, and requests that they
still send before they notice do not count. Only later requests show that the run continues without this connection.
"""

import time

LONGEST = 3600  # seconds, even where its run shows signs of life
AFTER_HANGUP = 10.0  # seconds for the run to show a sign of life
_IGNORE_SECONDS = 5.0  # of these seconds, in which modules on other hosts may not have noticed yet


class Lease:
    """quiet: seconds without a sign after which it is over, or None for one that only a hangup ends."""

    def __init__(self, quiet, clock=time.monotonic):
        self._quiet, self._clock = quiet, clock
        self._last_sign = clock()
        self._end = self._regular_end()
        self._ignore_until = 0.0

    def _regular_end(self):
        return float("inf") if self._quiet is None else self._last_sign + self._quiet

    def sign(self):
        """Record a sign of life."""
        now = self._clock()
        if now >= self._ignore_until:
            self._last_sign = now
            self._end = self._regular_end()

    def hangup(self):
        """Record that a module of the run on this host lost its controller."""
        now = self._clock()
        self._ignore_until = now + _IGNORE_SECONDS
        self._end = min(self._end, now + AFTER_HANGUP)

    def over(self):
        """Whether it is over."""
        return self._clock() >= self._end

    def silent_for(self):
        """Seconds since the last sign."""
        return self._clock() - self._last_sign

    def remaining(self):
        """Seconds until it is over without another sign, or None where it has no such end."""
        return None if self._end == float("inf") else max(0.0, self._end - self._clock())

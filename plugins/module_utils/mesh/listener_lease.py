# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a listener may go on: as long as its run shows signs of life.

A sign is a question with the key of the run, or a word of a module of the run on the same host. When such a module
loses its controller, the rest is short: the modules on other hosts lose it at the same moment, and what they still send
before they notice is not a sign. Only what comes afterwards shows that the run goes on without this one connection.
"""

import time

AFTER_HANGUP = 10.0  # seconds for the run to show that it lives
_DEAF = 5.0  # seconds of these in which modules on other hosts may not have noticed yet


class Lease:
    """quiet: seconds without a sign after which it is over, or None for one that only a hangup ends."""

    def __init__(self, quiet, clock=time.monotonic):
        self._quiet, self._clock = quiet, clock
        self._heard = clock()
        self._end = self._regular_end()
        self._deaf_until = 0.0

    def _regular_end(self):
        return float("inf") if self._quiet is None else self._heard + self._quiet

    def sign(self):
        """The run lives."""
        now = self._clock()
        if now >= self._deaf_until:
            self._heard = now
            self._end = self._regular_end()

    def hangup(self):
        """A module of the run on this host lost its controller."""
        now = self._clock()
        self._deaf_until = now + _DEAF
        self._end = min(self._end, now + AFTER_HANGUP)

    def over(self):
        """Whether it is over."""
        return self._clock() >= self._end

    def silent_for(self):
        """Seconds since the last sign."""
        return self._clock() - self._heard

    def remaining(self):
        """Seconds until it is over without another sign, or None where there is no such end."""
        return None if self._end == float("inf") else max(0.0, self._end - self._clock())

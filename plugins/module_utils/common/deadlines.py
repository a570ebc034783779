# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deadlines on the monotonic clock."""

import time


class Deadline:
    """A point `seconds` from now on the monotonic clock."""

    def __init__(self, seconds):
        self._end = time.monotonic() + seconds

    def remaining(self):
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    def expired(self):
        return self.remaining() <= 0.0

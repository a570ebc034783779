# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark yields: how long one way took beside another one in the same run, or how many of something it took."""

from typing import NamedTuple


class Ratio(NamedTuple):
    """`ours` and `theirs` are (what, seconds). Ours may take `at_most` times theirs; None: for information only."""

    ours: tuple
    theirs: tuple
    at_most: float = None

    def holds(self):
        return self.at_most is None or self.ours[1] <= self.at_most * self.theirs[1]

    def sentence(self):
        """One line for a person."""
        (what, seconds), (other, other_seconds) = self.ours, self.theirs
        if seconds <= other_seconds:
            relation = "%.1f times as fast" % (other_seconds / seconds)
        else:
            relation = "%.2f times as long" % (seconds / other_seconds)
        line = f"  {what}: {seconds:.2f} s; {other}: {other_seconds:.2f} s; {relation}"
        if self.at_most is None:
            return line
        bound = (
            "at least %g times as fast" % (1 / self.at_most)
            if self.at_most < 1
            else f"at most {self.at_most:g} times as long"
        )
        return "{} (wanted: {}) {}".format(line, bound, "ok" if self.holds() else "FAILED")


class Count(NamedTuple):
    """How many of something there were, of at most so many."""

    what: str
    found: int
    at_most: int

    def holds(self):
        return self.found <= self.at_most

    def sentence(self):
        """One line for a person."""
        return f"  {self.what}: {self.found} (wanted: at most {self.at_most}) {'ok' if self.holds() else 'FAILED'}"

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was replaced in a bundle: of each kind, how many different texts, and how often."""

from __future__ import annotations


class Tally:
    """Counts without keeping what was replaced longer than the bundle is made."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, int]] = {}

    def count(self, kind: str, text: str) -> None:
        """Count a text that was replaced."""
        times = self._seen.setdefault(kind, {})
        times[text] = times.get(text, 0) + 1

    def found(self) -> dict[str, dict[str, int]]:
        """Return `{kind: {"different": how many, "replaced": how often}}`."""
        return {
            kind: {"different": len(times), "replaced": sum(times.values())}
            for kind, times in sorted(self._seen.items())
        }

    def sentence(self) -> str:
        """Return the same as a text."""
        return ", ".join(
            f"{kind}: {counts['different']} ({counts['replaced']} times)" for kind, counts in self.found().items()
        )

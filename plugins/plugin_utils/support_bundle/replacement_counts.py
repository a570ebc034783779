# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was replaced in a bundle: of each kind, how many different texts."""

from __future__ import annotations


class Tally:
    """Counts, and keeps what was replaced no longer than the bundle is made."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def count(self, kind: str, text: str) -> None:
        """Count a text that was replaced."""
        self._seen.setdefault(kind, set()).add(text)

    def found(self) -> dict[str, int]:
        """Return `{kind: how many different texts}`."""
        return {kind: len(texts) for kind, texts in sorted(self._seen.items())}

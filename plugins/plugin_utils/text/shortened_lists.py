# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many findings in one line."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 5


def joined_first(texts: Iterable[str], joint: str = "; ") -> str:
    """Return the first MOST of some texts in one line, and how many more there are."""
    texts = list(texts)
    more = [f"and {len(texts) - MOST} more"] if len(texts) > MOST else []
    return joint.join(texts[:MOST] + more)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations as text, such as 24h. Pure functions."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted

_DURATION = re.compile(r"([1-9][0-9]*)([smhd])\Z")


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: Any) -> int:
    """Return the seconds of a duration such as "24h", "90m" or "7d". Raises ValueError with a sentence."""
    match = _DURATION.match(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"{quoted(text)} is not a valid duration; write a number and s, m, h or d, such as 24h")
    return int(match[1]) * _SECONDS[match[2]]

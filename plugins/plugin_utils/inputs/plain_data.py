# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of Ansible as plain Python data, so that they can be judged, compared and written as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def plain(value: Any) -> Any:
    """Return a copy of `value` made of dict, list, str, int, float, bool and None only."""
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in value}
    if getattr(value, "__ENCRYPTED__", False):  # what `!vault` makes of a value before ansible-core 2.19
        return str(value)
    if isinstance(value, (str, bytes)):
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    if isinstance(value, Sequence):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person calls the types of YAML, for messages."""

from __future__ import annotations

from typing import Any


def kind(value: Any) -> str:
    """What a person calls the type of a value read from YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = ((str, "string"), (int, "number"), (float, "number"), (dict, "dictionary"), (list, "list"))
    return next((name for cls, name in names if isinstance(value, cls)), type(value).__name__)

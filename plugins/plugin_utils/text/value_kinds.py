# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a value is that a person wrote: its kind, and whether it names a host."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")


def is_host(text: str) -> bool:
    """True for an IPv4 or IPv6 address and for a host name as the DNS allows it."""
    try:
        ipaddress.ip_address(text)
        return True
    except ValueError:
        pass
    name = text[:-1] if text.endswith(".") else text
    labels = name.split(".")
    return 0 < len(name) <= 253 and all(LABEL.match(label) for label in labels) and not labels[-1].isdigit()


def kind(value: Any) -> str:
    """What a person calls the type of a value read from YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = ((str, "string"), (int, "number"), (float, "number"), (dict, "dictionary"), (list, "list"))
    return next((name for cls, name in names if isinstance(value, cls)), type(value).__name__)

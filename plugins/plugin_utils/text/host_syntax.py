# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a text is a host: an address, or a name as the DNS allows it."""

from __future__ import annotations

import ipaddress
import re

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

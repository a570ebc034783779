# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate entries of a NO_PROXY: names, suffixes, addresses and networks. Pure functions."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted

_NAME = re.compile(r"\.?(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*\Z")


def is_name(text: str) -> bool:
    """Return whether a text is a host name; an address is none."""
    return bool(_NAME.match(text)) and not text.rpartition(".")[2].isdigit()


def check_extra(value: Any) -> None:
    """Check a list of names, `.suffixes`, addresses and networks to reach without the proxy."""
    if not isinstance(value, list):
        raise ValueError("must be a list of names, addresses and networks")
    for entry in value:
        if isinstance(entry, str) and entry.startswith("*."):
            raise ValueError(f"{quoted(entry)}: write {quoted(entry[1:])}, most programs do not support the asterisk")
        if not isinstance(entry, str) or not (is_name(entry) or _is_network(entry)):
            raise ValueError(
                f"{quoted(entry)} is not a valid name, suffix such as .example.com, address, or network in CIDR notation"
                " (without a port, scheme, space or asterisk)"
            )


def _is_network(text: str) -> bool:
    try:
        ipaddress.IPv4Network(text)
        return True
    except ValueError:
        return False

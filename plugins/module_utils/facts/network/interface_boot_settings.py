# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one file does to an interface at the next boot, in words that all managers share."""

import ipaddress
from typing import List, NamedTuple, Sequence, Tuple

STATIC, DHCP, NONE = "static", "dhcp", "none"
NOT_AT_BOOT, IGNORED = "not at boot", "ignored"


class Settings(NamedTuple):
    """method: STATIC where the file sets addresses, DHCP, NONE, NOT_AT_BOOT, IGNORED or the manager's own term.

    leased: whether DHCP is asked, too. uncertain: why what happens cannot be known, or "". ignored: why the manager ignores
    the file. passed_over: `[(path, addresses)]` of files about the same interface that do not count.
    """

    path: str
    interface: str
    method: str
    addresses: Sequence[str] = ()
    files: Sequence[str] = ()
    leased: bool = False
    uncertain: str = ""
    ignored: str = ""
    passed_over: Sequence[Tuple[str, Sequence[str]]] = ()


def method_of(addresses, leased, otherwise=NONE):
    """Return the method of addresses that are set, and of DHCP."""
    return STATIC if addresses else DHCP if leased else otherwise


def hosts_of(texts):
    """Return the IPv4 addresses among texts such as `10.0.0.5/24`, without their prefix."""
    found: List[str] = []
    for text in texts:
        try:
            found.append(str(ipaddress.IPv4Interface(text.strip()).ip))
        except ValueError:
            continue
    return found

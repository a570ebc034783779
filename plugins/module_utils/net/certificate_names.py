# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a certificate is for the name of a server. Pure functions."""

import socket


def names_match(names, wanted):
    """Whether a certificate for `names` is one for `wanted`; `*` stands for one whole leftmost label."""
    wanted = _canonical(wanted.rstrip(".").lower())
    for name in names:
        name = name.lower()
        if name == wanted or (name[:2] == "*." and name[2:] == wanted.partition(".")[2]):
            return True
    return False


def _canonical(name):
    """An address as inet_ntop writes it, any other name as it is."""
    if ":" not in name:
        return name
    try:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, name))
    except OSError:
        return name

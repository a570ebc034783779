# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of kernel parameters."""


def key_path(key):
    """Return a sysctl name as the path below /proc/sys: `net.ipv4.ip_forward` -> `net/ipv4/ip_forward`.

    The first separator decides: a name written with slashes keeps its dots (`net/ipv4/conf/eth0.5/forwarding`),
    a dotted name may carry a slash that stands for a dot (`net.ipv4.conf.eth0/5.forwarding`).
    """
    for character in key:
        if character == "/":
            return key
        if character == ".":
            return key.translate({ord("."): "/", ord("/"): "."})
    return key

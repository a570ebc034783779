# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of kernel parameters."""


def key_path(key):
    """Return a sysctl name as the path below /proc/sys: `net.ipv4.ip_forward` -> `net/ipv4/ip_forward`.

    The first separator decides: a name written with slashes keeps its dots (`net/ipv4/conf/eth0.5/forwarding`),
    a dotted name may carry a slash that stands for a dot (`net.ipv4.conf.eth0/5.forwarding`). Separators in front, and
    those that follow another one, do not count, as for systemd-sysctl and sysctl.
    """
    separator = next((character for character in key if character in "./"), None)
    path = key.translate({ord("."): "/", ord("/"): "."}) if separator == "." else key
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def dotted_name(path):
    """Return the name of a path below /proc/sys, as key_path takes it: `net/ipv4/conf/eth0.5/x` -> `net.ipv4.conf.eth0/5.x`."""
    return path.translate({ord("."): "/", ord("/"): "."})

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of the IPv4 default route in the network namespace of this process."""

import fcntl
import socket
import struct

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import host_files

_ROUTES = "/proc/self/net/route"
_SIOCGIFADDR, _SIOCGIFMTU = 0x8915, 0x8921
_GATEWAY = 0x0002


def found():
    """{"interface", "address", "mtu", "gateway"}; each is None without a default route or an address."""
    try:
        interface, gateway = default_route(host_files.read_text(_ROUTES))
    except host_files.Unreadable:
        interface, gateway = None, None
    address = _asked(_SIOCGIFADDR, interface) if interface else None
    mtu = _asked(_SIOCGIFMTU, interface) if interface else None
    return {
        "interface": interface,
        "gateway": gateway,
        "address": socket.inet_ntoa(address[20:24]) if address else None,
        "mtu": struct.unpack_from("=i", mtu, 16)[0] if mtu else None,
    }


def default_route(text):
    """(interface, gateway or None) of the text of /proc/net/route, the one with the lowest metric; (None, None) without."""
    rows = [line.split() for line in text.splitlines()[1:]]
    defaults = [row for row in rows if len(row) > 7 and row[1] == row[7] == "00000000"]
    if not defaults:
        return None, None
    row = min(defaults, key=lambda each: int(each[6]))
    gateway = socket.inet_ntoa(struct.pack("=I", int(row[2], 16))) if int(row[3], 16) & _GATEWAY else None
    return row[0], gateway


def _asked(request, interface):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            return fcntl.ioctl(sock.fileno(), request, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            return None

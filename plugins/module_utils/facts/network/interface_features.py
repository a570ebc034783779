# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read driver and offload features of network interfaces, like ethtool but without it.

The requests are those of linux/ethtool.h, sent with the ioctl SIOCETHTOOL. An ordinary user may send them.
"""

import array
import fcntl
import os
import shutil
import socket
import struct

SIOCETHTOOL = 0x8946
GET_DRIVER, GET_STRINGS, GET_SET_INFO, GET_FEATURES = 0x03, 0x1B, 0x37, 0x3A
FEATURE_NAMES = 4  # the set of strings
STRING_LENGTH = 32
DRIVER_INFO = 196  # bytes of struct ethtool_drvinfo
BLOCK = struct.Struct("=IIII")  # available, requested, active, never_changed of 32 features
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
TUNNEL_FEATURES = ("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation")


def _ask(name, request):
    """Send a request (bytes, with room for the answer) for an interface; return the answer. Raises OSError."""
    buffer = array.array("B", request)
    packed = struct.pack("16sP", name.encode("utf-8")[:15], buffer.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        fcntl.ioctl(channel.fileno(), SIOCETHTOOL, packed.ljust(40, b"\0"))
    return buffer.tobytes()


def driver(name):
    """Return the name of an interface's driver, such as `vmxnet3`. Raises OSError where it has none."""
    answer = _ask(name, struct.pack("=I", GET_DRIVER).ljust(DRIVER_INFO, b"\0"))
    return answer[4:36].split(b"\0")[0].decode("utf-8", "replace")


def feature_names(name):
    """Return the kernel's names of all features, in the order of their numbers."""
    answer = _ask(name, struct.pack("=IIQI", GET_SET_INFO, 0, 1 << FEATURE_NAMES, 0))
    count = struct.unpack("=IIQI", answer)[3]
    answer = _ask(name, struct.pack("=III", GET_STRINGS, FEATURE_NAMES, count).ljust(12 + count * STRING_LENGTH, b"\0"))
    return [
        answer[12 + place * STRING_LENGTH :][:STRING_LENGTH].split(b"\0")[0].decode("ascii", "replace")
        for place in range(count)
    ]


def active_features(name, names):
    """Return `{feature: whether it is on}` for those of `names` (texts) that the kernel knows."""
    known = feature_names(name)
    blocks = (len(known) + 31) // 32
    answer = _ask(name, struct.pack("=II", GET_FEATURES, blocks).ljust(8 + blocks * BLOCK.size, b"\0"))
    active = [BLOCK.unpack_from(answer, 8 + number * BLOCK.size)[2] for number in range(blocks)]
    return {
        feature: bool(active[place // 32] >> place % 32 & 1) for place, feature in enumerate(known) if feature in names
    }


def tunnel_offload_evidence(directory="/sys/class/net"):
    """Return the tunnel_offload section of host_info; interfaces without a driver, such as lo, are left out."""
    interfaces = []
    for name in sorted(os.listdir(directory)):
        try:
            interfaces.append(
                {"name": name, "driver": driver(name), "features": active_features(name, TUNNEL_FEATURES)}
            )
        except OSError:
            continue
    return {"interfaces": interfaces, "ethtool": shutil.which("ethtool", path=PATH)}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel makes of a text that is written to a parameter.

The rules are those of kernel/sysctl.c. A parameter of numbers takes as many as it has and ignores what follows (`1 # x` is 1);
it refuses a text that does not begin with a number, and a number with anything but white space behind it (`1x`). A list of
ports is taken as a whole or refused.
"""

import re

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import port_ranges

RESERVED_PORTS, PORT_RANGE = "net/ipv4/ip_local_reserved_ports", "net/ipv4/ip_local_port_range"
BRIDGE = "net/bridge/bridge-nf-"
LARGEST, HIGHEST_PORT = 2**31 - 1, 65535
# How many numbers a parameter has that the running kernel may lack, and the least and the largest; by the end of its path.
SHAPES = (
    ("/forwarding", 1, -LARGEST - 1, LARGEST),
    ("net/ipv4/ip_forward", 1, -LARGEST - 1, LARGEST),
    ("fs/may_detach_mounts", 1, 0, 1),
    ("fs/inotify/max_user_watches", 1, 0, LARGEST),
    ("fs/inotify/max_user_instances", 1, 0, LARGEST),
    (PORT_RANGE, 2, 1, HIGHEST_PORT),
)
_SHOWN_NUMBERS = re.compile(r"-?[0-9]+(?: -?[0-9]+)*\Z")
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9]+)\Z")


def taken(key, text, live=None):
    """Return the value that a parameter has after a text was written to it, or None where the kernel refuses the text.

    key: the path below /proc/sys. live: the value that the parameter has, or None where there is none; what is not known
    of a parameter is taken from it.
    """
    if key == RESERVED_PORTS:
        return _ports(text)
    shape = _shape(key, live)
    if shape is None:
        return " ".join(text.split())
    count, least, most = shape
    found = _numbers(text, count)
    if not found or any(number < least or number > most for number in found if least is not None):
        return None
    if key.startswith(BRIDGE):
        return "1" if found[0] else "0"
    values = found + [int(number) for number in (live or "").split()[len(found) :]]
    if key == PORT_RANGE and values != sorted(values):
        return None
    return " ".join(map(str, values))


def _shape(key, live):
    """Return `(how many numbers, least, largest)` of a parameter, or None where it does not hold numbers."""
    for end, count, least, most in SHAPES:
        if key.endswith(end):
            return count, least, most
    if key.startswith(BRIDGE):
        return 1, -LARGEST - 1, LARGEST
    return (len(live.split()), None, None) if live is not None and _SHOWN_NUMBERS.match(live) else None


def _numbers(text, count):
    """Return up to `count` numbers with which a text begins, or an empty list where the kernel refuses the text."""
    found = [_number(word) for word in text.split()[:count]]
    return [] if None in found else found


def _number(word):
    """Return a number as C reads it: hexadecimal with 0x, octal with 0. None for anything else."""
    if not _NUMBER.match(word):
        return None
    digits = word.lstrip("-")
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10
    try:
        return int(word, base)
    except ValueError:
        return None


def _ports(text):
    """Return a list of ports as the kernel shows it, or None."""
    ports = set()
    words = text.strip().split(",")
    for position, word in enumerate(words):
        if not word and position == len(words) - 1:  # nothing at all, or a comma at the end
            continue
        first, last = (_number(part) for part in _ends(word))
        if first is None or last is None or not 0 <= first <= last <= HIGHEST_PORT:
            return None
        ports.update(range(first, last + 1))
    return ",".join(port_ranges.texts(ports))


def _ends(word):
    first, dash, last = word.partition("-")
    return first, last if dash else first

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of fields of packets, and how rules compare them. Pure functions.

A value is a number, a word, an Address, PORT, one of WITHIN or a list of these for fields that are compared together;
ABSENT where the packet has no such field, which no comparison holds for; None where it is not known.
"""

import functools
import socket
from collections import namedtuple

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall import port_conditions
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.port_conditions import (
    FALSE,
    TRUE,
    UNKNOWN,
)

# bits: 32 or 128. number: the address.
Address = namedtuple("Address", "bits number")

PORT, ABSENT = "<destination port>", "<absent>"
SENDING_PORT, SEGMENT_SIZE = "<source port>", "<maximum segment size>"
# Values of which only the range is known: a program that connects takes a source port from 1024 on, whatever its system, and
# no link carries smaller segments than 536 or larger ones than jumbo frames hold.
WITHIN = {SENDING_PORT: (1024, 65535), SEGMENT_SIZE: (536, 8960)}

PROTOCOLS = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "icmpv6": 58, "sctp": 132, "dccp": 33}
NUMBERS_OF_TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
SYN = NUMBERS_OF_TCP_FLAGS["syn"]
# Of connection tracking: bits of `ct state` and `ct status`.
STATES = {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}
STATUSES = {"expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "dying": 512}
# Targets of iptables that let a packet go on, by name; nft prints rules of iptables with them.
PASSING_TARGETS = frozenset(
    "LOG NFLOG ULOG TRACE AUDIT CHECKSUM CLASSIFY DSCP TOS TTL HL TCPMSS SECMARK CONNSECMARK SET LED RATEEST IDLETIMER".split()
)


@functools.lru_cache(maxsize=1024)
def address(text):
    """Return the Address of a text, None where it is none."""
    for family, bits in ((socket.AF_INET, 32), (socket.AF_INET6, 128)):
        try:
            packed = socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return Address(bits, int.from_bytes(packed, "big"))
    return None


def network(text, prefix=None):
    """Return (first, last) Address of a network such as 10.0.0.0/8 or 10.0.0.0/255.0.0.0, None where it is none."""
    host, dummy_slash, length = text.partition("/")
    base = address(host)
    if base is None:
        return None
    length = length if prefix is None else prefix
    mask = address(str(length)) if "." in str(length) or ":" in str(length) else None
    if mask is not None:
        free = (1 << base.bits) - 1 & ~mask.number
        if free & (free + 1):
            return None  # not a prefix
    else:
        try:
            free = (1 << base.bits - (int(length) if str(length) else base.bits)) - 1
        except ValueError:
            return None
    first = base.number & ~free
    return Address(base.bits, first), Address(base.bits, first | free)


def is_between(value, first, last):
    """Return the Truth of a value being in a range of numbers or Addresses."""
    if value is None or first is None or last is None:
        return UNKNOWN
    if value == PORT:
        return port_conditions.exactly(port_conditions.between(first, last))
    if isinstance(value, str) and value in WITHIN:
        lowest, highest = WITHIN[value]
        if first <= lowest and last >= highest:
            return TRUE
        return FALSE if last < lowest or first > highest else UNKNOWN
    if isinstance(value, Address):
        if not isinstance(first, Address) or not isinstance(last, Address):
            return UNKNOWN
        return port_conditions.known(value.bits == first.bits and first.number <= value.number <= last.number)
    if isinstance(value, int) and isinstance(first, int) and isinstance(last, int):
        return port_conditions.known(first <= value <= last)
    return UNKNOWN


def is_equal(value, other):
    """Return the Truth of a value being equal to another one, which may be the name of interfaces with a wildcard."""
    if value is None or other is None:
        return UNKNOWN
    if value == PORT or (isinstance(value, str) and value in WITHIN):
        return is_between(value, other, other) if isinstance(other, int) else UNKNOWN
    if isinstance(value, str) and isinstance(other, str) and other.endswith("*") and not other.endswith("\\*"):
        return port_conditions.known(value.startswith(other[:-1]))
    if type(value) is not type(other):
        return UNKNOWN
    return port_conditions.known(value == other)

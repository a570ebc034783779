# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an expression of nftables is for a packet that opens a connection: the fields that rules compare. Pure.

An expression that is not known here has no known value, None.
"""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.field_values import (
    ABSENT,
    NUMBERS_OF_TCP_FLAGS,
    PORT,
    PROTOCOLS,
    SEGMENT_SIZE,
    SENDING_PORT,
    STATES,
    STATUSES,
    SYN,
    address,
)
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.firewall.packet_replay import NEW

_OTHER_TRANSPORTS = ("sctp", "dccp", "udplite", "icmp", "icmpv6", "igmp", "esp", "ah", "comp", "arp")
OPERATORS = {
    "&": lambda one, other: one & other,
    "|": lambda one, other: one | other,
    "^": lambda one, other: one ^ other,
    "<<": lambda one, other: one << other,
    ">>": lambda one, other: one >> other,
}


def value_of(left, packet, state):
    """Return the value of an expression for a packet."""
    if isinstance(left, (int, str)):
        return scalar_of(left)
    if not isinstance(left, dict) or len(left) != 1:
        return None
    ((kind, about),) = left.items()
    if kind == "concat":
        return [value_of(one, packet, state) for one in about]
    if kind in OPERATORS:
        return _folded(kind, about, packet, state, bit_names(left))
    reader = {"payload": _payload, "meta": _meta, "ct": _connection, "fib": _fib, "exthdr": _header}.get(kind)
    if kind == "ip option":
        return _header(about, packet, state)
    if kind == "tcp option":
        about = about if isinstance(about, dict) else {}
        size = SEGMENT_SIZE if (about.get("name"), about.get("field")) == ("maxseg", "size") else None
        return size if packet.transport == "tcp" else ABSENT
    return reader(about, packet, state) if reader and isinstance(about, dict) else None


def _folded(operator, operands, packet, state, names):
    if operator == "&" and operands[0] == {"payload": {"protocol": "ip", "field": "frag-off"}}:
        rest = number_of(operands[1], {})
        return 0 if ":" not in packet.source and rest is not None and not rest & 0xC000 else None
    first = value_of(operands[0], packet, state)
    if first == ABSENT:
        return ABSENT
    others = [
        number_of(one, names) if not isinstance(one, dict) or "|" in one else value_of(one, packet, state)
        for one in operands[1:]
    ]
    return _fold(operator, [first] + others)


def _payload(about, packet, _state):
    protocol, field = about.get("protocol"), about.get("field")
    ipv6 = ":" in packet.source
    if protocol is None:
        if about.get("base") == "th" and (about.get("offset"), about.get("len")) == (16, 16):
            return PORT
        return None
    if protocol in ("ip", "ip6"):
        if ipv6 != (protocol == "ip6"):
            return ABSENT
        return {
            "saddr": address(packet.source),
            "daddr": address(packet.destination) if packet.destination else None,
            "protocol": PROTOCOLS[packet.transport],
            "nexthdr": PROTOCOLS[packet.transport],
            "version": 6 if ipv6 else 4,
        }.get(field)
    if protocol in ("tcp", "udp", "th"):
        if protocol not in (packet.transport, "th"):
            return ABSENT
        return {"dport": PORT, "sport": SENDING_PORT, "flags": SYN if protocol == "tcp" else None}.get(field)
    return ABSENT if protocol in _OTHER_TRANSPORTS else None


def _meta(about, packet, state):
    ipv6 = ":" in packet.source
    return {
        "iif": packet.iif,
        "iifname": packet.iif,
        "oif": packet.oif,
        "oifname": packet.oif,
        "mark": state.mark,
        "l4proto": PROTOCOLS[packet.transport],
        "nfproto": "ipv6" if ipv6 else "ipv4",
        "protocol": "ip6" if ipv6 else "ip",
        "pkttype": "host",
    }.get(about.get("key"))


def _connection(about, packet, state):
    key, direction = about.get("key"), about.get("dir")
    if state.tracking is None:
        return None
    if key == "state":
        return STATES[state.tracking]
    if state.tracking != NEW:
        return ABSENT
    for version, ipv6 in (("ip ", False), ("ip6 ", True)):
        if str(key).startswith(version) and ipv6 != (":" in packet.source):
            return ABSENT
    if key == "direction":
        return "original"
    if key == "status":
        return 0
    if key == "mark":
        return state.connection_mark
    if direction == "original":
        return {
            "saddr": address(packet.source),
            "ip saddr": address(packet.source),
            "ip6 saddr": address(packet.source),
            "daddr": address(packet.destination or ""),
            "ip daddr": address(packet.destination or ""),
            "ip6 daddr": address(packet.destination or ""),
            "proto-dst": PORT,
            "protocol": PROTOCOLS[packet.transport],
        }.get(key)
    return None


def _fib(about, packet, _state):
    """The incoming interface is taken from the route to the source of the packet, so a return path always exists."""
    flags, result = about.get("flags", []), about.get("result")
    flags = [flags] if isinstance(flags, str) else flags
    if result == "type":
        if "daddr" in flags:
            return "local" if packet.oif == "" else "unicast"
        return "unicast"
    if "saddr" in flags and "iif" in flags and packet.iif is not None:
        return True
    return None


def _header(about, _packet, _state):
    """A packet that opens a connection has neither extension headers nor options of IP."""
    return ABSENT if "field" in about else False


def bit_names(left):
    """The names of the bits of a field, {} where it has none."""
    if isinstance(left, dict):
        for operator in ("&", "|", "^"):
            if operator in left:
                return bit_names(left[operator][0])
        if left.get("payload", {}).get("field") == "flags" and left["payload"].get("protocol") == "tcp":
            return NUMBERS_OF_TCP_FLAGS
        return {"state": STATES, "status": STATUSES}.get(left.get("ct", {}).get("key"), {})
    return {}


def scalar_of(text):
    """A word or number of a rule as a value."""
    if isinstance(text, bool) or not isinstance(text, (str, int)):
        return text if isinstance(text, bool) else None
    if isinstance(text, int):
        return text
    found = address(text)
    if found is not None:
        return found
    return int(text, 0) if text[:1].isdigit() and _is_number(text) else text


def _is_number(text):
    try:
        int(text, 0)
    except ValueError:
        return False
    return True


def number_of(right, names):
    """The number of the right side of a comparison of bits, None where it is not known."""
    if isinstance(right, list):
        return _fold("|", [number_of(one, names) for one in right])
    if isinstance(right, dict) and "|" in right:
        return number_of(right["|"], names)
    if isinstance(right, str):
        return names.get(right) if right in names else scalar_of(right) if right[:1].isdigit() else None
    return right if isinstance(right, int) else None


def _fold(operator, numbers):
    if not numbers or any(not isinstance(one, int) for one in numbers):
        return None
    total = numbers[0]
    for number in numbers[1:]:
        total = OPERATORS[operator](total, number)
    return total

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms of IP addresses: two addresses that share a prefix have pseudonyms that share one of the same length.

Whether a bit of an address is turned depends on a key and on the bits before it, so there are as many pseudonyms as
addresses, and networks stay networks. What has a meaning of its own keeps it: loopback addresses, masks, multicast, and
that an address is a private one or of its link.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.replacement_counts import Tally

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

KINDS = {4: "IPv4 addresses", 6: "IPv6 addresses"}
_CLASSES: dict[int, type[Address]] = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}
_BITS = {4: 32, 6: 128}
# Nothing in these says anything of a site.
_PLAIN = tuple(ipaddress.ip_network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/64", "ff00::/8"))
# Of these, what comes after the prefix is replaced.
_PREFIXES = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
        *("2000::/3", "fc00::/7", "fe80::/64"),
    )
)
# The last 32 bits of these are an IPv4 address.
_MAPPED = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
# The first address of a network stays the first of its pseudonym where so many bits of the prefix may be turned.
_FEWEST_BITS = 8
_MOST_ROUNDS = 32

_V4 = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}"
_TEXT = re.compile(
    r"(?P<reverse4>(?<![\w.])(?:\d{1,3}\.){1,4})(?=in-addr\.arpa)"
    r"|(?P<reverse6>(?<![\w.])(?:[0-9a-f]\.){1,32})(?=ip6\.arpa)"
    rf"|(?<![\w:.])(?P<v6>(?:[0-9a-f]{{0,4}}:){{2,7}}(?:{_V4}|[0-9a-f]{{1,4}})|(?:[0-9a-f]{{1,4}}:){{1,6}}:)"
    r"(?P<length6>/\d{1,3})?(?![0-9a-f])"
    rf"|(?<!\d)(?<!\d\.)(?P<v4>{_V4})(?P<length4>/(?:{_V4}|\d{{1,2}}))?(?!\d|\.\d)"
    r"|(?<!\d)(?<!\d-)(?P<dashed>\d{1,3}(?:-\d{1,3}){3})(?!\d|-\d)",
    re.IGNORECASE,
)


class Addresses:
    """The pseudonyms of the addresses of one bundle: `learn` all its texts, `seal`, then `replaced`."""

    def __init__(self, key: bytes, tally: Tally) -> None:
        self._key, self._round, self._tally = key, 0, tally
        self._seen: dict[Address, None] = {}
        self._networks: dict[Network, None] = {}
        # (version, bits of a prefix, the prefix) -> whether the bit after it is turned.
        self._turned: dict[tuple[int, int, int], bool] = {}

    def learn(self, text: str) -> str:
        """Take note of the addresses and networks of a text, and return the text."""
        for match in _TEXT.finditer(text):
            address, network = _address(match), _network(match)
            if address is not None and not match["dashed"]:
                self._seen[address] = None
            if network is not None:
                self._networks[network] = None
        return text

    def seal(self) -> None:
        """Choose the pseudonyms: none of them is an address of the bundle, as far as there are others."""
        hidden = [address for address in self._seen if self._is_hidden(address)]
        found = []
        for number in range(_MOST_ROUNDS):
            self._choose(number)
            found.append((sum(self.of(address) in self._seen for address in hidden), number))
            if not found[-1][0]:
                return
        self._choose(min(found)[1])

    def replaced(self, text: str) -> str:
        """Return a text with the pseudonyms of its addresses."""
        return _TEXT.sub(self._pseudonym, text)

    def of(self, address: Address) -> Address:
        """Return the pseudonym of an address."""
        inner = _inner(address)
        if inner is not None:
            return _CLASSES[6](int(address) >> 32 << 32 | int(self.of(inner)))
        if not self._is_hidden(address):
            return address
        return _CLASSES[address.version](self._with_turned_bits(address, _BITS[address.version]))

    def _choose(self, number: int) -> None:
        self._round = number
        self._turned = {
            (kept.version, length, _prefix(kept, length)): False
            for kept in _PLAIN + _PREFIXES
            for length in range(kept.prefixlen)
        }
        for network in self._networks:
            if _turnable(network) >= _FEWEST_BITS:
                for length in range(network.prefixlen, _BITS[network.version]):
                    self._turned[network.version, length, _prefix(network, length)] = False

    def _is_hidden(self, address: Address) -> bool:
        own = _inner(address) or address
        return not any(own.version == plain.version and own in plain for plain in _PLAIN)

    def _with_turned_bits(self, address: Address, count: int) -> int:
        """The number of an address whose first `count` bits are those of its pseudonym."""
        bits, value = _BITS[address.version], int(address)
        found = value
        for length in range(count):
            if self._is_turned(address.version, length, value >> (bits - length)):
                found ^= 1 << (bits - length - 1)
        return found

    def _is_turned(self, version: int, length: int, prefix: int) -> bool:
        place = version, length, prefix
        if place not in self._turned:
            asked = ":".join(map(str, (self._round, *place))).encode()
            self._turned[place] = bool(hashlib.blake2b(asked, key=self._key, digest_size=1).digest()[0] & 1)
        return self._turned[place]

    def _pseudonym(self, match: re.Match[str]) -> str:
        address, network = _address(match), _network(match)
        if address is None or (match["dashed"] and address not in self._seen) or not self._is_hidden(address):
            return match[0]
        if match["reverse4"] or match["reverse6"]:
            found = self._reverse(match[0], address)
        elif match["dashed"]:
            found = str(self.of(address)).replace(".", "-")
        else:
            found = str(self.of(address)) + (match["length4"] or match["length6"] or "")
            if network is not None and _inner(address) is None:
                length = network.prefixlen
                bits = _BITS[address.version] - length
                first = _CLASSES[address.version](self._with_turned_bits(address, length) >> bits << bits)
                found = f"{first}{match['length4'] or match['length6']}"
        if found != match[0]:
            self._tally.count(KINDS[address.version], str(address))
        return found

    def _reverse(self, text: str, address: Address) -> str:
        """The labels of a name for reverse resolution, of a whole address or of the beginning of one."""
        labels = text.count(".")
        width = 8 if address.version == 4 else 4
        value = self._with_turned_bits(address, labels * width)
        bits = _BITS[address.version]
        parts = [value >> (bits - width * (number + 1)) & (1 << width) - 1 for number in range(labels)]
        return "".join(f"{part:{'d' if width == 8 else 'x'}}." for part in reversed(parts))


def _address(match: re.Match[str]) -> Address | None:
    """The address that a text names; the first of those that the name of a reverse zone stands for."""
    try:
        if match["reverse4"]:
            labels = match["reverse4"].rstrip(".").split(".")[::-1]
            return ipaddress.IPv4Address(".".join((labels + ["0"] * 4)[:4]))
        if match["reverse6"]:
            digits = match["reverse6"].replace(".", "")[::-1]
            return ipaddress.IPv6Address(int(digits.ljust(32, "0"), 16))
        text = match["v4"] or match["v6"] or match["dashed"].replace("-", ".")
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(match: re.Match[str]) -> Network | None:
    """The network that a text names; None where it names none, or an address in one."""
    text, length = match["v4"] or match["v6"], match["length4"] or match["length6"]
    try:
        return ipaddress.ip_network(text + length) if length else None
    except ValueError:
        return None


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address in an IPv6 address that is made of one."""
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _MAPPED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _prefix(network: Network, length: int) -> int:
    return int(network.network_address) >> (_BITS[network.version] - length)


def _turnable(network: Network) -> int:
    """How many bits of the prefix of a network are behind what is kept of it."""
    kept = [
        found.prefixlen for found in _PREFIXES if found.version == network.version and network.network_address in found
    ]
    return network.prefixlen - max(kept, default=0)

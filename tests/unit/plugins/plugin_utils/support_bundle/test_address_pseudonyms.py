# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every address has one pseudonym, in whatever form it is written, and networks stay networks."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.address_pseudonyms import Addresses
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.replacement_counts import Tally

KEY = b"k" * 32


def sealed(*texts, key=KEY):
    found = Addresses(key, Tally())
    for text in texts:
        found.learn(text)
    found.seal()
    return found


def replaced(text, *others):
    return sealed(text, *others).replaced(text)


def common(one, other):
    """How many bits two addresses have in common."""
    bits = one.max_prefixlen
    return bits - (int(one) ^ int(other)).bit_length()


V4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
V6 = st.integers(0, 2**125 - 1).map(lambda number: ipaddress.IPv6Address(number + (1 << 125)))
NETWORKS = st.lists(st.tuples(V4, st.integers(8, 32)), max_size=5)


@given(V4, st.integers(0, 32), V4, NETWORKS)
def test_prefixes_of_ipv4_keep_their_relation(one, length, other, networks):
    other = ipaddress.IPv4Address(int(one) >> (32 - length) << (32 - length) | int(other) & ((1 << (32 - length)) - 1))
    known = sealed(*(str(ipaddress.ip_network(network, strict=False)) for network in networks))
    assert common(known.of(one), known.of(other)) == common(one, other)


@given(V6, st.integers(3, 128), V6)
def test_prefixes_of_ipv6_keep_their_relation(one, length, other):
    bits = 128 - length
    other = ipaddress.IPv6Address(int(one) >> bits << bits | int(other) & ((1 << bits) - 1))
    known = sealed()
    assert common(known.of(one), known.of(other)) == common(one, other)


@given(V4, st.integers(18, 32))
def test_a_network_is_one_again_and_holds_its_addresses(address, length):
    network = ipaddress.ip_network((address, length), strict=False)
    known = sealed(f"{network} {address}")
    own, inside = known.replaced(f"{network} {address}").split()
    assert ipaddress.ip_address(inside) in ipaddress.ip_network(own)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.53",
        "0.0.0.0/0",
        "255.255.255.0",
        "224.0.0.1",
        "10.0.0.0/8",
        "192.168.0.0/16",
        "::1",
        "::/0",
        "ff02::1",
        "12:34:56",
        "52:54:00:12:34:56",
        "1.2.3.4.5",
        "256.1.1.1",
        "10.1.2",
        "Acquire::http::Proxy",
        "2027-01-31",
    ],
)
def test_what_says_nothing_of_a_site_or_is_no_address_stays(text):
    assert replaced(text) == text


def test_private_addresses_stay_private_and_addresses_of_a_link_stay_such():
    for text in ("10.1.2.3", "172.20.1.2", "192.168.7.8", "169.254.9.9", "fd12::1", "fe80::1"):
        address, found = ipaddress.ip_address(text), ipaddress.ip_address(replaced(text))
        assert found != address
        assert (found.is_private, found.is_link_local) == (address.is_private, address.is_link_local)


def test_every_form_of_an_address_has_the_same_pseudonym():
    known = sealed("10.98.76.54 fd98:76::54")
    v4, v6 = known.replaced("10.98.76.54"), ipaddress.ip_address(known.replaced("fd98:76::54"))
    assert known.replaced("10.98.76.54:443, [FD98:76:0:0::54]:443, ip-10-98-76-54") == (
        f"{v4}:443, [{v6}]:443, ip-{v4.replace('.', '-')}"
    )
    assert known.replaced("::ffff:10.98.76.54") == str(ipaddress.IPv6Address(f"::ffff:{v4}"))
    assert known.replaced("fd98:76::54%eth0, fd98:76::54: refused") == f"{v6}%eth0, {v6}: refused"
    assert known.replaced("54.76.98.10.in-addr.arpa.") == ipaddress.ip_address(v4).reverse_pointer + "."
    assert known.replaced(ipaddress.ip_address("fd98:76::54").reverse_pointer) == v6.reverse_pointer
    zone = known.replaced("76.98.10.in-addr.arpa")
    assert zone == ".".join(v4.split(".")[2::-1]) + ".in-addr.arpa"


def test_no_pseudonym_is_an_address_of_the_site():
    addresses = [f"192.168.{number}.{host}" for number in range(20) for host in (1, 11, 254)]
    text = " ".join([*addresses, *(f"192.168.{number}.0/24" for number in range(20))])
    for number in range(8):
        found = sealed(text, key=bytes([number]) * 32).replaced(text)
        assert not set(found.split()) & set(text.split())


def test_pseudonyms_depend_on_the_key_alone():
    assert replaced("10.1.2.3") == replaced("10.1.2.3")
    assert len({sealed(key=bytes([number]) * 8).replaced("10.1.2.3") for number in range(8)}) > 4


def test_what_was_replaced_is_counted():
    tally = Tally()
    known = Addresses(KEY, tally)
    known.learn("10.1.2.3")
    known.seal()
    known.replaced("10.1.2.3 10.1.2.3 10.1.2.4 fd00::1")
    assert tally.found() == {"IPv4 addresses": 2, "IPv6 addresses": 1}

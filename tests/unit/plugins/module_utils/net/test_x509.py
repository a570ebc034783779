# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import datetime
import ssl

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import x509


def der(leaf):
    return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode("ascii"))


AUTHORITY = trustme.CA(organization_name="B\u00fccher & S\u00f6hne")
NAMES = ["a.example.com", "*.b.example.com", "192.0.2.7", "2001:db8::7"]
LEAF = der(AUTHORITY.issue_cert(*NAMES, common_name="a.example.com"))


def tlv(tag, *contents):
    content = b"".join(contents)
    assert len(content) < 128
    return bytes(bytearray([tag, len(content)])) + content


IN_2050 = tlv(0x18, b"20501231235959Z")


def handmade(not_after=IN_2050, issuer=b""):
    """A certificate of version 1: no version field, no extensions."""
    name = tlv(0x30, issuer)
    validity = tlv(0x30, tlv(0x17, b"490101000000Z"), not_after)
    body = tlv(0x30, tlv(0x02, b"\1"), tlv(0x30), name, validity, tlv(0x30), tlv(0x30))
    return tlv(0x30, body, tlv(0x30), tlv(0x03, b"\0"))


def test_a_real_certificate():
    certificate = x509.parse(LEAF)
    assert "O=B\u00fccher & S\u00f6hne" in certificate.issuer
    assert certificate.subject.startswith("CN=a.example.com, ")
    assert certificate.names == NAMES
    assert (
        certificate.not_before
        < datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        < certificate.not_after
    )


def test_a_bare_certificate_with_both_forms_of_time():
    certificate = x509.parse(handmade())
    assert certificate.not_before == datetime.datetime(2049, 1, 1)
    assert certificate.not_after == datetime.datetime(2050, 12, 31, 23, 59, 59)
    assert (certificate.issuer, certificate.names) == ("", [])


def test_two_digit_years_from_fifty_on_belong_to_the_last_century():
    assert x509.parse(handmade(tlv(0x17, b"500101000000Z"))).not_after.year == 1950


def test_no_control_character_of_a_stranger_passes():
    common_name = tlv(0x31, tlv(0x30, tlv(0x06, b"\x55\x04\x03"), tlv(0x0C, b"evil\x1b[2J\nname")))
    assert x509.parse(handmade(issuer=common_name)).issuer == "CN=evil?[2J?name"


@pytest.mark.parametrize(
    "value, text",
    [
        (tlv(0x1E, "B\u00fc".encode("utf-16-be")), "B\u00fc"),
        (tlv(0x14, b"B\xfc"), "B\u00fc"),
        (tlv(0x0C, b"\xff"), "\ufffd"),
    ],
)
def test_encodings_of_names(value, text):
    attribute = tlv(0x31, tlv(0x30, tlv(0x06, b"\x2a\x03"), value))
    assert x509.parse(handmade(issuer=attribute)).issuer == "1.2.3=" + text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",  # indefinite length
        b"\x30\x85\x01\x00\x00\x00\x00",  # a length of five bytes
        b"\x30\x84\xff\xff\xff\xff",  # far more than there is
        handmade(tlv(0x17, b"999999999999Z")),
        handmade(tlv(0x0C, b"tomorrow")),
        b"-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_no_certificate(data):
    with pytest.raises(x509.X509Error):
        x509.parse(data)


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_certificate_that_is_cut_off(length):
    with pytest.raises(x509.X509Error):
        x509.parse(LEAF[:length])


def readable(data):
    try:
        return isinstance(x509.parse(data), x509.Certificate)
    except x509.X509Error:
        return True


@given(st.binary(max_size=300))
def test_any_bytes(data):
    assert readable(data)


@given(st.integers(0, len(LEAF) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_certificate(position, damage):
    assert readable(LEAF[:position] + damage + LEAF[position + len(damage) :])

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what a certificate in DER says of itself and of its issuer, without verifying anything."""

import collections
import datetime
import socket

Certificate = collections.namedtuple(
    "Certificate",
    [
        "issuer",
        "subject",
        "not_before",
        "not_after",
        "names",
        "issuer_organisation",
        "subject_organisation",
        "signature",
        "rsa_bits",
        "self_issued",
    ],
)
Certificate.__doc__ = """The fields of a certificate.

issuer, subject: one line such as "CN=Example CA, O=Example"; not_before, not_after: naive datetime in UTC;
names: list of DNS names and IP addresses from the subject alternative names, as strings;
issuer_organisation, subject_organisation: the O of each, or None; signature: the algorithm as a name such as "SHA-1 with
RSA", or its object identifier; rsa_bits: the size of an RSA key, None for other keys; self_issued: whether issuer and subject
are the same.
"""

_SEQUENCE, _OID, _OCTET_STRING, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0x06, 0x04, 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_SAN_DNS, _SAN_IP = 0x82, 0x87
_BMP_STRING, _UNIVERSAL_STRING, _LATIN_STRING, _UTF8_STRING = 0x1E, 0x1C, 0x14, 0x0C

_SUBJECT_ALT_NAME = "2.5.29.17"
_RSA_KEY, _BIT_STRING, _INTEGER = "1.2.840.113549.1.1.1", 0x03, 0x02
_SIGNATURES = {
    "1.2.840.113549.1.1.2": "MD2 with RSA",
    "1.2.840.113549.1.1.4": "MD5 with RSA",
    "1.2.840.113549.1.1.5": "SHA-1 with RSA",
    "1.3.14.3.2.29": "SHA-1 with RSA",
    "1.2.840.10040.4.3": "SHA-1 with DSA",
    "1.2.840.10045.4.1": "SHA-1 with ECDSA",
}
_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}


class X509Error(ValueError):
    """The bytes are not a certificate that this reader understands."""


def parse(der):
    """Read the DER bytes of one certificate. Returns a Certificate, raises X509Error."""
    try:
        return _certificate(der)
    except (IndexError, ValueError, OverflowError) as exc:
        raise X509Error(f"not a readable certificate: {exc}") from exc


def _certificate(der):
    outer = _Reader(der).expect(_SEQUENCE)
    body = _Reader(_Reader(outer).expect(_SEQUENCE))
    body.skip_if(_VERSION)
    body.next()  # serial number
    signature = _algorithm(body.expect(_SEQUENCE))
    raw_issuer = body.expect(_SEQUENCE)
    validity = _Reader(body.expect(_SEQUENCE))
    not_before, not_after = _time(*validity.next()), _time(*validity.next())
    raw_subject = body.expect(_SEQUENCE)
    rsa_bits = _rsa_bits(body.expect(_SEQUENCE))
    names = []
    while body.more():
        tag, content = body.next()
        if tag == _EXTENSIONS:
            names = _alternative_names(content)
    issuer, subject = _name(raw_issuer), _name(raw_subject)
    return Certificate(
        _line(issuer),
        _line(subject),
        not_before,
        not_after,
        names,
        dict(issuer).get("O"),
        dict(subject).get("O"),
        _SIGNATURES.get(signature, signature),
        rsa_bits,
        bytes(raw_issuer) == bytes(raw_subject),
    )


class _Reader:
    """Reads a sequence of tag-length-value elements."""

    def __init__(self, data):
        self._data = data
        self._at = 0

    def more(self):
        return self._at < len(self._data)

    def next(self):
        """(tag, content) of the next element."""
        tag = self._data[self._at]
        length, start = self._length(self._at + 1)
        end = start + length
        if end > len(self._data):
            raise ValueError("an element is longer than its container")
        self._at = end
        return tag, self._data[start:end]

    def expect(self, wanted):
        tag, content = self.next()
        if tag != wanted:
            raise ValueError(f"found tag 0x{tag:02x} where 0x{wanted:02x} belongs")
        return content

    def skip_if(self, wanted):
        if self.more() and self._data[self._at] == wanted:
            self.next()

    def _length(self, at):
        first = self._data[at]
        if first < 0x80:
            return first, at + 1
        count = first & 0x7F
        if not 1 <= count <= 4 or at + 1 + count > len(self._data):
            raise ValueError("a length that DER does not allow")
        return int.from_bytes(self._data[at + 1 : at + 1 + count], "big"), at + 1 + count


def _elements(data):
    reader = _Reader(data)
    while reader.more():
        yield reader.next()


def _name(data):
    """A distinguished name as pairs of attribute and text, most specific part first."""
    parts = []
    for _dummy_tag, relative in _elements(data):
        for _dummy_tag_too, pair in _elements(relative):
            reader = _Reader(pair)
            oid = _oid(reader.expect(_OID))
            tag, value = reader.next()
            parts.append((_ATTRIBUTES.get(oid, oid), _text(tag, value)))
    return parts[::-1]


def _line(pairs):
    return ", ".join("{}={}".format(*pair) for pair in pairs)


def _text(tag, value):
    encodings = {_BMP_STRING: "utf-16-be", _UNIVERSAL_STRING: "utf-32-be", _LATIN_STRING: "latin-1"}
    text = value.decode(encodings.get(tag, "utf-8"), "replace")
    # The peer is not trusted: control characters must not reach a terminal.
    return "".join(character if character.isprintable() else "?" for character in text)


def _oid(data):
    if not data:
        raise ValueError("an empty object identifier")
    numbers, value = [], 0
    for byte in bytearray(data):
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        raise ValueError("an object identifier without an end")
    first = min(numbers[0] // 40, 2)
    return ".".join(str(number) for number in [first, numbers[0] - 40 * first] + numbers[1:])


def _time(tag, content):
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        year = int(text[:2])
        text = f"{20 if year < 50 else 19:02d}{text}"
    elif tag != _GENERALIZED_TIME:
        raise ValueError(f"found tag 0x{tag:02x} where a time belongs")
    return datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ")


def _algorithm(data):
    """The object identifier of an AlgorithmIdentifier, "" where it has none."""
    reader = _Reader(data)
    return _oid(reader.expect(_OID)) if reader.more() else ""


def _rsa_bits(data):
    """The length of the modulus in a SubjectPublicKeyInfo, None for keys other than RSA."""
    reader = _Reader(data)
    if not reader.more() or _algorithm(reader.expect(_SEQUENCE)) != _RSA_KEY:
        return None
    key = _Reader(_Reader(reader.expect(_BIT_STRING)[1:]).expect(_SEQUENCE))
    return int.from_bytes(key.expect(_INTEGER), "big").bit_length()


def _alternative_names(data):
    """The DNS names and addresses in the [3] extensions block of a certificate."""
    names = []
    for _dummy_tag, extension in _elements(_Reader(data).expect(_SEQUENCE)):
        reader = _Reader(extension)
        if _oid(reader.expect(_OID)) != _SUBJECT_ALT_NAME:
            continue
        value = [content for tag, content in _elements(extension) if tag == _OCTET_STRING]
        for tag, content in _elements(_Reader(value[0]).expect(_SEQUENCE)):
            if tag == _SAN_DNS:
                names.append(_text(_UTF8_STRING, content))
            elif tag == _SAN_IP and len(content) in (4, 16):
                family = socket.AF_INET if len(content) == 4 else socket.AF_INET6
                names.append(socket.inet_ntop(family, bytes(content)))
    return names

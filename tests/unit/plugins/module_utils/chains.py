# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and chains as sites have them, and TLS servers that send them."""

import contextlib
import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress import tls_layer
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import tls_handshake
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import loopback

NOW = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
DAY = datetime.timedelta(days=1)
_SHA256_WITH_RSA, _SHA1_WITH_RSA = (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" + last for last in (b"\x0b", b"\x05"))
# Making keys is what takes time.
_KEYS = {}


def key(number, bits=2048):
    if (number, bits) not in _KEYS:
        _KEYS[number, bits] = rsa.generate_private_key(65537, bits, default_backend())
    return _KEYS[number, bits]


class Certificate:
    """One certificate with its key. issuer: another Certificate, None for itself. names: subject alternative names.

    of_client: whether it is for clients only.
    """

    def __init__(
        self,
        common_name,
        issuer=None,
        names=(),
        organisation="Site",
        authority=False,
        last=None,
        bits=2048,
        of_client=False,
    ):
        self.key, self._issuer = key(common_name, bits), issuer or self
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            ]
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 100 * DAY)
            .not_valid_after(last or NOW + 100 * DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_name(name) for name in names]), critical=False
            )
        if of_client:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
            builder = builder.add_extension(usage, critical=False)
        self.certificate = builder.sign(self._issuer.key, hashes.SHA256(), default_backend())
        self.der = self.certificate.public_bytes(serialization.Encoding.DER)

    def with_sha1(self):
        """This certificate, signed with SHA-1, which the library refuses to do."""
        changed = self.certificate.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
        signature = self._issuer.key.sign(changed, padding.PKCS1v15(), hashes.SHA1())
        self.der = self.der.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA).replace(self.certificate.signature, signature)
        return self

    @property
    def pem(self):
        return ssl.DER_cert_to_PEM_cert(self.der).encode("ascii")

    @property
    def key_pem(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )


def _name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def contexts(*trusted):
    """tls_layer.Contexts that trust these Certificates alone."""

    def make():
        with loopback.text_file(b"".join(each.pem for each in trusted).decode()) as path:
            return tls_handshake.verifying_context(path)

    return tls_layer.Contexts(make)


@contextlib.contextmanager
def server(sent, handle=loopback.linger, configure=None):
    """A TLS server that sends these Certificates, its own first; yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Whatever the certificates are, this server is to send them.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with loopback.text_file((sent[0].key_pem + b"".join(each.pem for each in sent)).decode()) as path:
        context.load_cert_chain(path)
    if configure is not None:
        configure(context)

    def secure(sock):
        with context.wrap_socket(sock, server_side=True) as secured:
            handle(secured)

    with loopback.tcp_server(secure) as port:
        yield port

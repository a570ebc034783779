# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS handshakes: with the certificate verified, and without, to see the certificate of a peer that failed verification."""

import contextlib
import re
import socket
import ssl

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.printable import printable
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    certificate_chain,
    tls_records,
    verdict_causes,
    verdicts,
)

# Enough for the first flight of any server: OpenSSL takes no chain of certificates above 100 kB.
LONGEST_FLIGHT = 131072
_CHUNK = 16384

# Alerts of RFC 8446, 6.2 that are about the certificate of the client when a server sends them.
_REFUSAL = re.compile(
    r"alert (?:no certificate|bad certificate|unsupported certificate|certificate (?:revoked|expired|unknown|required)|unknown ca)\b"
)

_VERDICTS = {
    # X509_V_ERR_*: the numbers are part of OpenSSL's interface; ssl gives them no names.
    9: verdicts.TLS_EXPIRED,  # not yet valid
    10: verdicts.TLS_EXPIRED,
    62: verdicts.TLS_NAME_MISMATCH,
    64: verdicts.TLS_NAME_MISMATCH,  # the same for an address
}
# Of the server's key, of an authority's key, and of an authority's signature.
_TOO_WEAK = (66, 67, 68)
# X509_V_FLAG_PARTIAL_CHAIN, which ssl names from Python 3.10 on: as for Go and curl, any certificate of the trust store ends
# a chain, not a root only.
_PARTIAL_CHAIN = 0x80000


class TrustStoreError(ValueError):
    """The file of certificates to trust cannot be used."""


def in_clear(context):
    """Limit a context to TLS 1.2, in which certificates and certificate requests are not encrypted. Returns it."""
    versions = getattr(ssl, "TLSVersion", None)
    if versions is not None:
        context.maximum_version = versions.TLSv1_2
    else:
        # Python 3.6 has only the flag, and that only where OpenSSL knows TLS 1.3.
        context.options |= getattr(ssl, "OP_NO_TLSv1_3", 0)
    return context


def with_client_certificate(context, certificate, key):
    """Have a context show a certificate when it is asked. Paths of PEM files. Raises TrustStoreError. Returns it."""
    try:
        # Without the callback OpenSSL would ask for the password of the key on the terminal.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as exc:
        raise TrustStoreError(f"{certificate}, {key}: {exc}") from exc
    return context


def verifying_context(ca_path=None):
    """A client context that trusts the PEM file `ca_path`, or else what this host trusts. Raises TrustStoreError."""
    try:
        context = ssl.create_default_context(cafile=ca_path)
    except (OSError, ValueError) as exc:
        raise TrustStoreError(f"{ca_path}: {exc}") from exc
    # The defaults depend on the version of Python: the same certificate must get the same verdict on every node.
    context.verify_flags = context.verify_flags & ~ssl.VERIFY_X509_STRICT | _PARTIAL_CHAIN
    if hasattr(context, "hostname_checks_common_name"):
        # Where Python cannot leave the common name out, certificate_chain does.
        context.hostname_checks_common_name = False
    return context


def trusting(context, texts):
    """Have a verifying context trust the certificates in PEM texts as well. Raises TrustStoreError. Returns it.

    texts: {path of a file: its content}. Characters outside ASCII are comments, never part of a certificate.
    """
    for path, text in texts.items():
        try:
            context.load_verify_locations(cadata=text.encode("ascii", "replace").decode("ascii"))
        except (OSError, ValueError) as exc:
            raise TrustStoreError(f"{path}: {exc}") from exc
    return context


def accepting_context():
    """A client context that accepts any certificate. Only to read that certificate: no data is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def handshake(context, wire, server_name, seconds):
    """Shake hands over `wire` within `seconds` in all. Returns the Channel.

    Raises LayerFailed; `wire` is closed then, and the exception's `heard` is what Channel.heard() would return.
    """
    deadline = deadlines.Deadline(seconds)
    try:
        channel = Channel(context, wire, server_name)
    except (OSError, ValueError) as exc:
        wire.close()
        raise verdicts.LayerFailed(verdicts.TLS_FAILED, verdicts.unforeseen(exc)) from exc
    try:
        channel.shake_hands(deadline)
    except (OSError, ValueError) as exc:
        channel.close()
        failure = _failure(exc, seconds)
        if failure.verdict == verdicts.TLS_FAILED and _is_a_page(channel.heard()):
            start = printable(channel.heard()[:60].splitlines()[0])
            failure = verdicts.LayerFailed(verdicts.BLOCKED, f"received a web page instead of TLS: {start}")
        failure.heard = channel.heard()
        if failure.verdict == verdicts.TLS_FAILED and not failure.heard:
            failure.cause = verdict_causes.NO_TLS_ANSWER
        raise failure from exc
    return channel


def _is_a_page(start):
    return start[:5] == b"HTTP/" or start.lstrip()[:1] == b"<"


class Channel:
    """TLS over a stream.Wire, with the methods of one; it keeps the first bytes that the peer sent."""

    def __init__(self, context, wire, server_name):
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._heard = bytearray()

    def shake_hands(self, deadline):
        self._advance(self._ssl.do_handshake, deadline)

    def send(self, data, deadline):
        self._advance(lambda: self._ssl.write(data), deadline)

    def receive(self, deadline):
        """The next bytes; b"" when the peer has closed its side."""
        try:
            return self._advance(lambda: self._ssl.read(_CHUNK), deadline)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as exc:
            # Python 3.6 has no name of its own for what OpenSSL 3 makes of it.
            if "unexpected eof" in str(exc):
                return b""
            raise

    def end(self, deadline):
        """Shut down this side, and wait until the peer has closed the other one."""
        try:
            self._ssl.unwrap()
        except (OSError, ValueError):
            # It waits for the peer's close_notify; ours is written by then.
            pass
        self._flush(deadline)
        self._wire.end(deadline)

    def close(self):
        self._wire.close()

    def heard(self):
        """The first bytes that the peer sent, as received, at most LONGEST_FLIGHT of them."""
        return bytes(self._heard)

    def version(self):
        return self._ssl.version()

    def certificates(self):
        """(certificates of the peer as DER, its own first, whether that is all it sent): in TLS 1.3 only its own is known."""
        sent = tls_records.read(self.heard()).certificates
        if sent:
            return sent, True
        own = self._ssl.getpeercert(binary_form=True)
        return ([own] if own else []), False

    def _advance(self, step, deadline):
        """Do one step of the protocol, carrying bytes to and fro until it is done."""
        while True:
            try:
                value = step()
            except ssl.SSLWantReadError:
                self._flush(deadline)
                self._fill(deadline)
                continue
            except (OSError, ValueError):
                # The peer may be gone: the alert with the reason is optional.
                with contextlib.suppress(OSError):
                    self._flush(deadline)
                raise
            self._flush(deadline)
            return value

    def _flush(self, deadline):
        data = self._outgoing.read()
        if data:
            self._wire.send(data, deadline)

    def _fill(self, deadline):
        data = self._wire.receive(deadline)
        if data:
            self._heard += data[: LONGEST_FLIGHT - len(self._heard)]
            self._incoming.write(data)
        else:
            self._incoming.write_eof()


def _failure(exc, seconds):
    """The LayerFailed for an exception of do_handshake()."""
    if isinstance(exc, socket.timeout):
        return verdicts.LayerFailed(verdicts.TLS_FAILED, f"the handshake did not finish within {seconds:g} s")
    if isinstance(exc, ssl.CertificateError):
        code = getattr(exc, "verify_code", None)
        if code is None:
            # Before Python 3.7 this exception had one meaning: another name.
            return verdicts.LayerFailed(verdicts.TLS_NAME_MISMATCH, str(exc))
        return verdicts.LayerFailed(
            _VERDICTS.get(code, verdicts.TLS_UNTRUSTED),
            exc.verify_message,
            verdict_causes.WEAK_CERTIFICATE if code in _TOO_WEAK else None,
        )
    if isinstance(exc, ConnectionError):
        return verdicts.LayerFailed(verdicts.TLS_FAILED, f"cut during the handshake ({exc.strerror})")
    if isinstance(exc, ssl.SSLError):
        return _library_failure(exc)
    return verdicts.LayerFailed(verdicts.TLS_FAILED, verdicts.unforeseen(exc))


def _library_failure(exc):
    # The text comes from the OpenSSL in use; `reason` from a table that may belong to an older one.
    text = _plain(exc.strerror or str(exc))
    if "certificate verify failed" in text:
        return verdicts.LayerFailed(verdicts.TLS_UNTRUSTED, certificate_chain.UNEXPLAINED)
    if isinstance(exc, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) or "unexpected eof" in text:
        return verdicts.LayerFailed(verdicts.TLS_FAILED, "the peer closed the connection during the handshake")
    verdict = verdicts.CERTIFICATE_REFUSED if is_refusal(text) else verdicts.TLS_FAILED
    return verdicts.LayerFailed(verdict, f"handshake failed: {text}")


def _plain(text):
    """OpenSSL's message without the library's function and line."""
    return re.sub(r"^\[[^]]*\] | \(_ssl\.c:\d+\)$", "", text)


def is_refusal(text):
    """Whether OpenSSL's text of an alert means that the peer rejects the client certificate, or the lack of one."""
    return _REFUSAL.search(text) is not None


def asked_for_certificate(channel, seconds):
    """Whether a server ends a finished TLS 1.3 handshake because the client sent no certificate.

    The alert arrives after the client's side is finished, so this waits up to `seconds` for it. OpenSSL and BoringSSL send
    certificate_required, Go before 1.21 and Java bad_certificate, Mbed TLS no_certificate: any alert on a certificate counts
    where none was sent.
    """
    try:
        channel.receive(deadlines.Deadline(seconds))
    except ssl.SSLError as exc:
        return is_refusal(str(exc)) or "CERTIFICATE_REQUIRED" in str(exc)
    except OSError:
        return False
    return False


def insist_on_acceptance(channel, seconds):
    """Wait up to `seconds` for a silent server to reject the client certificate, which it can do after the handshake.

    TLS 1.3 ends it then with an alert; nginx closes the connection. Raises LayerFailed, with the channel closed.
    """
    try:
        received = channel.receive(deadlines.Deadline(seconds))
    except socket.timeout:
        return
    except (OSError, ValueError) as exc:
        reason = _plain(getattr(exc, "strerror", None) or str(exc))
    else:
        if received:
            return
        reason = "closed"
    channel.close()
    raise verdicts.LayerFailed(
        verdicts.CERTIFICATE_REFUSED,
        f"the connection ended right after the handshake, once the server had the client certificate: {reason}",
    )

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS handshakes: first as a careful client does it, then without checks only to learn who answered."""

import os
import re
import socket
import ssl

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils import findings, x509

_VERDICTS = {
    # X509_V_ERR_*: the numbers are part of OpenSSL's interface; ssl gives them no names.
    9: findings.TLS_EXPIRED,  # not yet valid
    10: findings.TLS_EXPIRED,
    62: findings.TLS_NAME_MISMATCH,
    64: findings.TLS_NAME_MISMATCH,  # the same for an address
}


class TrustStoreError(ValueError):
    """The file of certificates to trust cannot be used."""


def verifying_context(ca_path=None):
    """A client context that trusts the PEM file `ca_path`, or else what this host trusts. Raises TrustStoreError."""
    try:
        context = ssl.create_default_context(cafile=ca_path)
    except (OSError, ValueError) as exc:
        raise TrustStoreError("%s: %s" % (ca_path, exc))
    # On since Python 3.13 only: the same certificate must get the same verdict on every node.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def accepting_context():
    """A client context that talks to whoever answers. Only for looking: nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def trusts_nothing(context):
    """True when the host's trust store, as `context` uses it, has no certificate at all."""
    if context.cert_store_stats()["x509_ca"]:
        return False
    # A directory is read only when a certificate is looked for, so its content does not show in the counts.
    folder = ssl.get_default_verify_paths().capath
    return not (folder and os.path.isdir(folder) and os.listdir(folder))


def handshake(context, sock, server_name, seconds):
    """Shake hands over the connected `sock` within `seconds` in all. Returns the ssl.SSLSocket.

    Raises LayerFailed; `sock` is closed then.
    """
    try:
        sock.settimeout(seconds)
        secured = context.wrap_socket(sock, server_hostname=server_name, do_handshake_on_connect=False)
    except (OSError, ValueError) as exc:
        sock.close()
        raise findings.LayerFailed(findings.TLS_FAILED, findings.unforeseen(exc))
    try:
        secured.do_handshake()
    except (OSError, ValueError) as exc:
        secured.close()
        raise _failure(exc, seconds)
    return secured


def _failure(exc, seconds):
    """The LayerFailed for an exception of do_handshake()."""
    if isinstance(exc, socket.timeout):
        return findings.LayerFailed(findings.TLS_FAILED, "the handshake was not over within %g s" % seconds)
    if isinstance(exc, ssl.CertificateError):
        code = getattr(exc, "verify_code", None)
        if code is None:
            # Before Python 3.7 this exception had one meaning: another name.
            return findings.LayerFailed(findings.TLS_NAME_MISMATCH, str(exc))
        return findings.LayerFailed(_VERDICTS.get(code, findings.TLS_UNTRUSTED), exc.verify_message)
    if isinstance(exc, ConnectionError):
        return findings.LayerFailed(findings.TLS_FAILED, "cut during the handshake (%s)" % exc.strerror)
    if isinstance(exc, ssl.SSLError):
        return _library_failure(exc)
    return findings.LayerFailed(findings.TLS_FAILED, findings.unforeseen(exc))


def _library_failure(exc):
    # The text comes from the OpenSSL in use; `reason` from a table that may belong to an older one.
    text = re.sub(r"^\[[^]]*\] | \(_ssl\.c:\d+\)$", "", exc.strerror or str(exc))
    if "certificate verify failed" in text:
        return findings.LayerFailed(findings.TLS_UNTRUSTED, "the certificate could not be verified")
    if isinstance(exc, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) or "unexpected eof" in text:
        return findings.LayerFailed(findings.TLS_FAILED, "the peer closed the connection during the handshake")
    return findings.LayerFailed(findings.TLS_FAILED, "handshake failed: %s" % text)


def describe(secured):
    """What the other side of a finished handshake showed: a dict for the result row, times as ISO 8601 in UTC."""
    der = secured.getpeercert(binary_form=True)
    told = {"version": secured.version(), "issuer": None, "subject": None, "not_before": None, "not_after": None,
            "names": []}
    try:
        certificate = x509.parse(der or b"")
    except x509.X509Error:
        return told
    told.update(issuer=certificate.issuer, subject=certificate.subject, names=certificate.names,
                not_before=certificate.not_before.isoformat() + "Z", not_after=certificate.not_after.isoformat() + "Z")
    return told


def explained(failure, answer, context, now):
    """`failure` of a verified handshake in the light of `answer`, the describe() of the unverified one, or None.

    now: ISO 8601 in UTC. Returns a LayerFailed.
    """
    verdict, detail = failure.verdict, failure.detail
    if answer is None or answer["not_after"] is None:
        return failure
    # Before Python 3.7 the exception does not say what was wrong with the certificate.
    if verdict == findings.TLS_UNTRUSTED and not answer["not_before"] <= now <= answer["not_after"]:
        verdict = findings.TLS_EXPIRED
    if verdict == findings.TLS_EXPIRED:
        return findings.LayerFailed(verdict, "%s: valid from %s to %s, this host's clock says %s" % (
            detail, answer["not_before"], answer["not_after"], now))
    if verdict == findings.TLS_NAME_MISMATCH:
        owner = ", ".join(answer["names"]) or answer["subject"]
        return findings.LayerFailed(verdict, "the certificate is for %s" % owner)
    if trusts_nothing(context):
        detail += "; this host trusts no certificate authority at all (is ca-certificates installed?)"
    return findings.LayerFailed(verdict, "%s; signed by %s" % (detail, answer["issuer"]))

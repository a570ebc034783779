# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS layer of an endpoint: a verified handshake, who signed, and whether a client certificate is asked for."""

import time

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    tls_handshake,
    tls_records,
    verdicts,
    x509,
)

PASSTHROUGH, INTERCEPTED, INCONCLUSIVE = "passthrough", "intercepted", "inconclusive"

_CERTIFICATE_VERDICTS = (verdicts.TLS_UNTRUSTED, verdicts.TLS_NAME_MISMATCH, verdicts.TLS_EXPIRED)
# Seconds to wait for the alert of a silent server that requires a client certificate.
_ALERT_SECONDS = 2.0


class Contexts:
    """The SSL contexts of a probe: verifying, verifying up to TLS 1.2, and accepting any certificate.

    make: a function that returns a fresh ssl.SSLContext which verifies.
    """

    def __init__(self, make):
        self.verifying = make()
        self.in_clear = tls_handshake.in_clear(make())
        self.accepting = tls_handshake.accepting_context()
        self._make = make
        self._own = {}

    def showing(self, certificate, key):
        """The verifying context that sends a client certificate; raises tls_handshake.TrustStoreError."""
        if (certificate, key) not in self._own:
            self._own[certificate, key] = tls_handshake.with_client_certificate(self._make(), certificate, key)
        return self._own[certificate, key]


class TlsCheck:
    """Does the TLS layer of one endpoint.

    connect: a function that opens another Wire to the same endpoint; seconds: for each handshake; silent: whether the server
    sends nothing after the handshake that would show that it rejects the client certificate.
    """

    def __init__(self, contexts, endpoint, connect, seconds, trace, silent):
        self._contexts = contexts
        self._endpoint = endpoint
        self._connect = connect
        self._seconds = seconds
        self._trace = trace
        self._silent = silent
        self._description = None
        self._proof = None
        self.intercepted = None

    def secure(self, wire):
        """A Channel over `wire`, or None where the proof of mutual TLS ended the connection. Raises LayerFailed.

        `intercepted` is the LayerFailed for a certificate of an unexpected issuer that this host trusts, or None.
        """
        endpoint = self._endpoint
        if endpoint.client_cert:
            # Whether the server asks for a certificate is only visible without one, so that takes a connection of its own.
            asked = self._is_asked() if endpoint.mutual_tls else None
            context = self._contexts.showing(endpoint.client_cert, endpoint.client_key)
            channel = self._verified(context, wire)
            self._note(tls_handshake.describe(channel), asked)
            if self._silent:
                tls_handshake.insist_on_acceptance(channel, min(_ALERT_SECONDS, self._seconds))
            return channel
        if endpoint.mutual_tls:
            return self._proved(wire)
        channel = self._verified(self._contexts.verifying, wire)
        self._note(tls_handshake.describe(channel))
        return channel

    def _verified(self, context, wire):
        try:
            return tls_handshake.handshake(context, wire, self._endpoint.server_name, self._seconds)
        except verdicts.LayerFailed as failure:
            raise self._explained(failure) from failure

    def _is_asked(self):
        try:
            channel = self._proved(self._connect())
        except verdicts.LayerFailed:
            # The handshake that counts reports the failure.
            return None
        if channel is not None:
            channel.close()
        return self._proof == PASSTHROUGH

    def _proved(self, wire):
        """Have the server ask for a client certificate, which a proxy that intercepts TLS does not."""
        try:
            channel = tls_handshake.handshake(self._contexts.in_clear, wire, self._endpoint.server_name, self._seconds)
        except verdicts.LayerFailed as failure:
            flight = tls_records.read(failure.heard)
            if failure.verdict in _CERTIFICATE_VERDICTS:
                raise self._explained(failure) from failure
            if not flight.answered and failure.verdict == verdicts.TLS_FAILED:
                return self._proved_by_alert()
            if not flight.asks_for_certificate or not flight.certificates:
                raise
            # OpenSSL verifies the server's certificate before it answers, so that verification succeeded.
            self._note(tls_handshake.described(flight.certificates[0], "TLSv1.2"), True)
            self._check_name()
            return None
        asked = tls_records.read(channel.heard()).asks_for_certificate
        self._note(tls_handshake.describe(channel), asked)
        if asked:
            channel.close()
            return None
        return channel

    def _proved_by_alert(self):
        channel = self._verified(self._contexts.verifying, self._connect())
        description = tls_handshake.describe(channel)
        asked = tls_handshake.asked_for_certificate(channel, min(_ALERT_SECONDS, self._seconds))
        channel.close()
        self._note(description, asked)
        return

    def _check_name(self):
        """Check the name, as Python 3.6 does only after the handshake, which did not finish here."""
        names = self._description["names"]
        if not x509.names_match(names, self._endpoint.server_name):
            raise verdicts.LayerFailed(
                verdicts.TLS_NAME_MISMATCH, f"the certificate is for {tls_handshake.some(names)}"
            )

    def _note(self, description, asked=None):
        """Record the peer's certificate, which was verified."""
        description["trusted"] = True
        self._description = description
        expected = is_expected(description, self._endpoint.issuers)
        if self._endpoint.mutual_tls:
            self._proof = INTERCEPTED if not expected else PASSTHROUGH if asked else INCONCLUSIVE
        self._trace.note(tls=tls_handshake.shortened(description), passthrough=self._proof)
        self.intercepted = (
            None
            if expected
            else verdicts.LayerFailed(
                verdicts.TLS_INTERCEPTED,
                "intercepted, and trusted by this host: signed by {}".format(description["issuer"]),
            )
        )

    def _explained(self, failure):
        """`failure` of a verified handshake, explained by the certificate that an unverified one gets."""
        if failure.verdict not in _CERTIFICATE_VERDICTS:
            return failure
        answer = self._unverified_certificate()
        explained = tls_handshake.explained(
            failure, answer, self._contexts.verifying, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        )
        if answer is None:
            return explained
        answer["trusted"] = False
        unexpected = not is_expected(answer, self._endpoint.issuers)
        self._trace.note(
            tls=tls_handshake.shortened(answer),
            passthrough=INTERCEPTED if unexpected and self._endpoint.mutual_tls else None,
        )
        if unexpected and explained.verdict == verdicts.TLS_UNTRUSTED:
            return verdicts.LayerFailed(
                verdicts.TLS_INTERCEPTED,
                "intercepted, and not trusted by this host: signed by {}".format(answer["issuer"]),
            )
        return explained

    def _unverified_certificate(self):
        """The certificate that was refused, as tls_handshake.describe() returns it; None when it is not sent again."""
        try:
            channel = tls_handshake.handshake(
                self._contexts.accepting, self._connect(), self._endpoint.server_name, self._seconds
            )
        except verdicts.LayerFailed as failure:
            # Perhaps the server ended the handshake because it requires a certificate; its own is in clear then.
            flight = tls_records.read(failure.heard)
            return tls_handshake.described(flight.certificates[0], "TLSv1.2") if flight.certificates else None
        answer = tls_handshake.describe(channel)
        channel.close()
        return answer


def is_expected(description, issuers):
    """Whether the issuer is one of `issuers`, names of organisations; without any, every issuer is."""
    return not issuers or description["issuer_organisation"] in issuers

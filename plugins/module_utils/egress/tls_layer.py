# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS layer of an endpoint: a verified handshake, who signed, and whether a client certificate is asked for."""

import datetime

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    certificate_chain,
    tls_handshake,
    tls_records,
    trust_store,
    verdicts,
)

PASSTHROUGH, INTERCEPTED, INCONCLUSIVE = "passthrough", "intercepted", "inconclusive"

_CERTIFICATE_VERDICTS = (verdicts.TLS_UNTRUSTED, verdicts.TLS_NAME_MISMATCH, verdicts.TLS_EXPIRED)
# Seconds to wait for the alert of a silent server that requires a client certificate.
_ALERT_SECONDS = 2.0
# A foreign certificate may have thousands.
_MOST_NAMES = 100


class Contexts:
    """The SSL contexts of a probe: verifying, and accepting any certificate, each also up to TLS 1.2.

    make: a function that returns a fresh ssl.SSLContext which verifies.
    """

    def __init__(self, make):
        self.verifying = make()
        self.in_clear = tls_handshake.in_clear(make())
        self.accepting = tls_handshake.accepting_context()
        self.accepting_in_clear = tls_handshake.in_clear(tls_handshake.accepting_context())
        self._make = make
        self._own = {}
        self._reads_folder = not self.verifying.cert_store_stats()["x509_ca"]
        self._authorities = None

    def showing(self, certificate, key):
        """The verifying context that sends a client certificate; raises tls_handshake.TrustStoreError."""
        if (certificate, key) not in self._own:
            self._own[certificate, key] = tls_handshake.with_client_certificate(self._make(), certificate, key)
        return self._own[certificate, key]

    def with_authorities(self, texts):
        """Contexts that trust the certificates in these texts as well. See tls_handshake.trusting."""
        if not texts:
            return self
        return Contexts(lambda: tls_handshake.trusting(self._make(), texts))

    def authorities(self):
        """The x509.Certificates of the authorities that this host trusts. Read once, and only where a verification failed."""
        if self._authorities is None:
            self._authorities = trust_store.authorities(self.verifying, self._reads_folder)
        return self._authorities


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
            self._accept(channel, asked)
            if self._silent:
                tls_handshake.insist_on_acceptance(channel, min(_ALERT_SECONDS, self._seconds))
            return channel
        if endpoint.mutual_tls:
            return self._proved(wire)
        channel = self._verified(self._contexts.verifying, wire)
        self._accept(channel)
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
            self._note(certificate_chain.read(flight.certificates), "TLSv1.2", True)
            return None
        asked = tls_records.read(channel.heard()).asks_for_certificate
        self._accept(channel, asked)
        if asked:
            channel.close()
            return None
        return channel

    def _proved_by_alert(self):
        channel = self._verified(self._contexts.verifying, self._connect())
        shown = _shown(channel)
        asked = tls_handshake.asked_for_certificate(channel, min(_ALERT_SECONDS, self._seconds))
        channel.close()
        self._note(*shown, asked)

    def _accept(self, channel, asked=None):
        """_note() for a finished handshake."""
        try:
            self._note(*_shown(channel), asked)
        except verdicts.LayerFailed:
            channel.close()
            raise

    def _note(self, chain, version, asked=None):
        """Record the peer's certificate, which OpenSSL has verified. Raises LayerFailed where container runtimes refuse it.

        chain: a certificate_chain.Chain, or None where it is not readable.
        """
        description = dict(certificate_chain.described(chain, version), trusted=True)
        expected = is_expected(description, self._endpoint.issuers)
        if self._endpoint.mutual_tls:
            self._proof = INTERCEPTED if not expected else PASSTHROUGH if asked else INCONCLUSIVE
        self._trace.note(tls=_shortened(description), passthrough=self._proof)
        refused = certificate_chain.refused_by_runtimes(chain, self._endpoint.server_name) if chain else None
        if refused is not None:
            raise refused
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
        chain, version = self._unverified_chain(failure)
        explained = certificate_chain.explained(
            failure,
            chain,
            self._endpoint.server_name,
            datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None),
            self._contexts.authorities(),
            self._endpoint.issuers,
            trust_store.is_empty(self._contexts.verifying),
        )
        if chain is None:
            return explained
        answer = dict(certificate_chain.described(chain, version), trusted=False)
        unexpected = not is_expected(answer, self._endpoint.issuers)
        self._trace.note(
            tls=_shortened(answer),
            passthrough=INTERCEPTED if unexpected and self._endpoint.mutual_tls else None,
        )
        if unexpected and explained.verdict == verdicts.TLS_UNTRUSTED:
            return verdicts.LayerFailed(
                verdicts.TLS_INTERCEPTED,
                "intercepted, and not trusted by this host: signed by {}".format(answer["issuer"]),
                explained.cause,
            )
        return explained

    def _unverified_chain(self, failure):
        """(certificate_chain.Chain, version of TLS) of a peer that was refused, (None, None) where it is not readable.

        Up to TLS 1.2 the peer has sent it in clear. Otherwise it is asked again: in clear, which shows the whole chain, and
        where it speaks TLS 1.3 only, for its own certificate.
        """
        sent = tls_records.read(failure.heard).certificates
        if sent:
            return certificate_chain.read(sent), "TLSv1.2"
        for context in (self._contexts.accepting_in_clear, self._contexts.accepting):
            try:
                channel = tls_handshake.handshake(context, self._connect(), self._endpoint.server_name, self._seconds)
            except verdicts.LayerFailed as again:
                # Perhaps the server ended the handshake because it requires a certificate; its own is in clear then.
                sent = tls_records.read(again.heard).certificates
            else:
                shown = _shown(channel)
                channel.close()
                return shown
            if sent:
                return certificate_chain.read(sent), "TLSv1.2"
        return None, None


def _shown(channel):
    """(certificate_chain.Chain or None, version of TLS) of a finished handshake."""
    certificates, whole = channel.certificates()
    return certificate_chain.read(certificates, whole), channel.version()


def _shortened(description):
    return dict(description, names=description["names"][:_MOST_NAMES])


def is_expected(description, issuers):
    """Whether the issuer is one of `issuers`, names of organisations; without any, every issuer is."""
    return not issuers or description["issuer_organisation"] in issuers

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's chain of certificates as it was sent: what container runtimes refuse of it, and why its verification failed.

Container runtimes are written in Go, whose rules OpenSSL does not have, or not in every version: names count in the subject
alternative names only (Go 1.15), and no certificate below the root may be signed with SHA-1 (Go 1.18) or MD5. Pure functions.
"""

import collections

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import (
    certificate_names,
    verdict_causes,
    verdicts,
    x509,
)

# Go 1.24; what OpenSSL requires depends on its configuration.
_SHORTEST_RSA_KEY = 1024
_COMMON_RSA_KEY = 2048
# What is known of a failure before Python 3.7, where the exception does not say what was wrong with the certificate.
UNEXPLAINED = "the certificate could not be verified"
_BROKEN_DIGESTS = ("MD2 ", "MD5 ", "SHA-1 ")
_NAMES_IN_A_SENTENCE = 5

Chain = collections.namedtuple("Chain", ["certificates", "whole"])
Chain.__doc__ = (
    """x509.Certificates, each followed by that of its issuer; whole: whether the server sent no other issuer."""
)


def read(ders, whole=True):
    """The Chain from the server's own certificate, the first of `ders`, or None where that is not readable."""
    parsed = []
    for der in ders:
        try:
            parsed.append(x509.parse(der))
        except x509.X509Error:
            if not parsed:
                return None
    if not parsed:
        return None
    found, others = [parsed[0]], parsed[1:]
    while not found[-1].self_issued:
        issuers = [each for each in others if each.subject == found[-1].issuer and each not in found]
        if not issuers:
            break
        found.append(issuers[0])
    return Chain(found, whole)


def refused_by_runtimes(chain, server_name):
    """The LayerFailed of a chain that was verified, but that container runtimes refuse, or None."""
    return _other_name(chain, server_name) or _weak(chain)


def explained(failure, chain, server_name, now, authorities, issuers, trusts_nothing):
    """`failure` of a verified handshake, explained by the server's Chain, or None where that is not known.

    now: naive datetime in UTC. authorities: the x509.Certificates in this host's trust store; trusts_nothing: whether that is
    empty. issuers: organisations that the endpoint's owner uses. Returns a LayerFailed.
    """
    if chain is None:
        return failure
    if failure.verdict == verdicts.TLS_NAME_MISMATCH:
        return _other_name(chain, server_name) or failure
    if failure.verdict == verdicts.TLS_EXPIRED:
        return _expired(failure, chain, now)
    if failure.detail == UNEXPLAINED and not chain.certificates[0].self_issued:
        top = [each for each in authorities if each.subject == chain.certificates[-1].issuer]
        if any(_outside(each, now) for each in chain.certificates if not each.self_issued) or (
            top and all(_outside(each, now) for each in top)
        ):
            return _expired(verdicts.LayerFailed(verdicts.TLS_EXPIRED, failure.detail), chain, now)
        if _weak(chain, _COMMON_RSA_KEY):
            failure = verdicts.LayerFailed(failure.verdict, failure.detail, verdict_causes.WEAK_CERTIFICATE)
    if failure.cause == verdict_causes.WEAK_CERTIFICATE:
        found = _weak(chain, _COMMON_RSA_KEY)
        return verdicts.LayerFailed(
            failure.verdict, f"{failure.detail}: {found.detail}" if found else failure.detail, failure.cause
        )
    organisations = {each.subject_organisation for each in authorities} | set(issuers)
    return _untrusted(failure, chain, organisations, trusts_nothing)


def _other_name(chain, server_name):
    leaf = chain.certificates[0]
    if certificate_names.names_match(leaf.names, server_name):
        return None
    if not leaf.names:
        return verdicts.LayerFailed(
            verdicts.TLS_NAME_MISMATCH,
            f"the certificate has no subject alternative names; its subject is {leaf.subject or 'empty'}, and container "
            "runtimes ignore the common name",
            verdict_causes.COMMON_NAME_ONLY,
        )
    return verdicts.LayerFailed(verdicts.TLS_NAME_MISMATCH, f"the certificate is for {some(leaf.names)}")


def _weak(chain, shortest_key=_SHORTEST_RSA_KEY):
    for certificate in chain.certificates:
        # The signature of a root is not checked: that it is in the trust store is enough.
        if certificate.signature.startswith(_BROKEN_DIGESTS) and not certificate.self_issued:
            why = f"is signed with {certificate.signature}"
        elif certificate.rsa_bits is not None and certificate.rsa_bits < shortest_key:
            why = f"has an RSA key of only {certificate.rsa_bits} bits"
        else:
            continue
        return verdicts.LayerFailed(
            verdicts.TLS_UNTRUSTED,
            f"the certificate of {certificate.subject} {why}, which container runtimes refuse",
            verdict_causes.WEAK_CERTIFICATE,
        )
    return None


def _outside(certificate, now):
    return not certificate.not_before <= now <= certificate.not_after


def _expired(failure, chain, now):
    clock = f"this host's clock says {iso(now)}"
    leaf = chain.certificates[0]
    if _outside(leaf, now):
        return verdicts.LayerFailed(
            failure.verdict,
            f"{failure.detail}: valid from {iso(leaf.not_before)} to {iso(leaf.not_after)}, {clock}",
        )
    own = f"the server's own certificate is valid until {iso(leaf.not_after)}"
    for certificate in chain.certificates[1:]:
        if _outside(certificate, now):
            return verdicts.LayerFailed(
                failure.verdict,
                f"{failure.detail}: the server sends the certificate of the authority {certificate.subject}, valid from "
                f"{iso(certificate.not_before)} to {iso(certificate.not_after)}; {own}, {clock}",
                verdict_causes.EXPIRED_INTERMEDIATE,
            )
    if not chain.whole:
        return verdicts.LayerFailed(
            failure.verdict, f"{failure.detail}: it is the certificate of an authority; {own}, {clock}"
        )
    return verdicts.LayerFailed(
        failure.verdict,
        f"{failure.detail}: every certificate that the server sends is valid, so the certificate of "
        f"{chain.certificates[-1].issuer} in the trust store of this host is not, {clock}",
        verdict_causes.EXPIRED_ROOT,
    )


def _untrusted(failure, chain, trusted_organisations, trusts_nothing):
    leaf, top = chain.certificates[0], chain.certificates[-1]
    detail, cause = f"{failure.detail}; signed by {leaf.issuer}", None
    if trusts_nothing:
        detail = (
            f"{failure.detail}; this host trusts no certificate authority at all (is ca-certificates installed?); signed "
            f"by {leaf.issuer}"
        )
    elif leaf.self_issued:
        cause = verdict_causes.SELF_SIGNED
        detail = f"{failure.detail}; the server's certificate is self-signed: {leaf.subject}"
    elif top.self_issued or len(chain.certificates) > 1:
        cause = verdict_causes.UNKNOWN_ISSUER
        detail = f"{detail}; the chain ends with {top.issuer}, which this host does not trust"
    elif chain.whole and leaf.issuer_organisation and leaf.issuer_organisation in trusted_organisations:
        cause = verdict_causes.INCOMPLETE_CHAIN
        detail = f"{detail}; the server sends only its own certificate, without that of its issuer"
    elif chain.whole:
        cause = verdict_causes.LONE_CERTIFICATE
        detail = (
            f"{detail}; the server sends only its own certificate: its issuer is either a root authority that this "
            "host does not trust, or an intermediate one, whose certificate the server has to send"
        )
    return verdicts.LayerFailed(failure.verdict, detail, cause)


def described(chain, version):
    """A dict for the result row: the server's own certificate, times as ISO 8601 in UTC. chain: None if not readable."""
    description = {
        "version": version,
        "issuer": None,
        "issuer_organisation": None,
        "subject": None,
        "not_before": None,
        "not_after": None,
        "names": [],
    }
    if chain is not None:
        certificate = chain.certificates[0]
        description.update(
            issuer=certificate.issuer,
            subject=certificate.subject,
            names=certificate.names,
            issuer_organisation=certificate.issuer_organisation,
            not_before=iso(certificate.not_before),
            not_after=iso(certificate.not_after),
        )
    return description


def iso(moment):
    """A naive datetime in UTC as ISO 8601."""
    return moment.isoformat() + "Z"


def some(names):
    """The first few of `names`, for a sentence."""
    more = len(names) - _NAMES_IN_A_SENTENCE
    return ", ".join(names[:_NAMES_IN_A_SENTENCE]) + (f" and {more} more" if more > 0 else "")

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of certificates as sites have them, over real TLS: one verdict, with the reason, whichever way the probe takes."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import deadlines
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.prober import Prober
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import certificate_chain, verdicts, x509
from ansible_collections.hostprep.runtime_fabric.tests.unit.plugins.module_utils import chains, loopback

ROOT = chains.Certificate("Root", authority=True)
MIDDLE = chains.Certificate("Middle", ROOT, authority=True)
LEAF = chains.Certificate("leaf", MIDDLE, [loopback.NAME])
OLD_MIDDLE = chains.Certificate("Middle", ROOT, authority=True, last=chains.NOW - chains.DAY)
OLD_ROOT_OF_ALL = chains.Certificate("Old Root", authority=True, last=chains.NOW - chains.DAY)
OLD_ROOT = chains.Certificate("Root", authority=True, last=chains.NOW - chains.DAY)
# The key of the root, signed by an older one that has expired.
CROSS_SIGNED = chains.Certificate("Root", OLD_ROOT_OF_ALL, authority=True)
NAMELESS = chains.Certificate(loopback.NAME, MIDDLE)
ALONE = chains.Certificate("box.example.com", names=[loopback.NAME])
OLD_LEAF = chains.Certificate("leaf", MIDDLE, [loopback.NAME], last=chains.NOW - chains.DAY)
OLD_ALONE = chains.Certificate("old.example.com", names=[loopback.NAME], last=chains.NOW - chains.DAY)
WEAK_LEAF = chains.Certificate("leaf", MIDDLE, [loopback.NAME]).with_sha1()
# How the probe takes the certificate: plain, for mutual TLS, and with a certificate of its own.
WAYS = ["plain", "mutual", "client"]
VERSIONS = ["TLSv1_2", "TLSv1_3"] if getattr(ssl, "HAS_TLSv1_3", False) and hasattr(ssl, "TLSVersion") else ["TLSv1_2"]


def probe(sent, way="plain", trusted=(ROOT,), version="TLSv1_2", **fields):
    def configure(context):
        if hasattr(ssl, "TLSVersion"):
            context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)

    own = loopback.Authority().certificate().private_key_and_cert_chain_pem
    with chains.server(sent, configure=configure) as port, own.tempfile() as pem:
        fields.update({"plain": {}, "mutual": {"mutual_tls": True}, "client": {"client_cert": pem}}[way])
        prober = Prober(1, chains.contexts(*trusted))
        (row,) = prober.probe_all([loopback.endpoint(port, **fields)], 4, 20, deadlines.Deadline(20))
    return row


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("way", WAYS)
def test_a_whole_chain_is_reachable(way, version):
    row = probe([LEAF, MIDDLE], way, version=version)
    assert (row["verdict"], row["cause"]) == ("reachable", None)


@pytest.mark.parametrize("way", ["plain", "mutual"])
@pytest.mark.parametrize(
    "sent",
    [
        # Let's Encrypt's chain until 2024, to a root that had expired: srvrco/getssl#721, diafygi/gethttpsforfree#178.
        [LEAF, MIDDLE, CROSS_SIGNED],
        [LEAF, MIDDLE, CROSS_SIGNED, OLD_ROOT_OF_ALL],
        # Out of order: dotnet/corefx#35640, heartbeatsjp/check-tls-cert#45; with others besides: AdguardTeam/AdguardForAndroid#370.
        [LEAF, ROOT, MIDDLE],
        [LEAF, OLD_ROOT_OF_ALL, MIDDLE, MIDDLE],
    ],
    ids=["cross-signed", "with the old root", "out of order", "with others"],
)
def test_a_chain_counts_as_a_whole_and_not_by_its_last_certificate(sent, way):
    row = probe(sent, way)
    assert (row["verdict"], row["cause"]) == ("reachable", None), row


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("way", WAYS)
def test_a_common_name_is_no_name(way, version):
    """Go has refused it since 1.15 (https://go.dev/doc/go1.15#commonname), and with it every container runtime."""
    row = probe([NAMELESS, MIDDLE], way, version=version)
    assert (row["verdict"], row["cause"]) == ("tls_name_mismatch", "common_name_only")
    assert row["detail"] == (
        "the certificate has no subject alternative names; its subject is CN=peer.example.com, O=Site, and container runtimes "
        "ignore the common name"
    )


@pytest.mark.parametrize("way", WAYS)
def test_the_certificate_that_expired_is_named(way):
    """A renewed leaf with the old intermediate: Icinga/icingaweb2-module-x509#82, home-assistant/core#122426."""
    row = probe([LEAF, OLD_MIDDLE], way)
    assert (row["verdict"], row["cause"]) == ("tls_expired", "expired_intermediate")
    assert "the certificate of the authority CN=Middle, O=Site, valid from" in row["detail"]
    assert certificate_chain.iso(chains.NOW - chains.DAY) in row["detail"]


def test_an_expired_root_is_of_this_host():
    """ipxe/ipxe#606: what the server sends is valid, DST Root CA X3 in the trust store was not."""
    row = probe([LEAF, MIDDLE], trusted=[OLD_ROOT])
    assert (row["verdict"], row["cause"]) == ("tls_expired", "expired_root")
    assert "the certificate of CN=Root, O=Site in the trust store of this host" in row["detail"]


def test_an_expired_certificate_of_a_stranger_is_a_strangers_first():
    """A login page with an old self-signed certificate: renewing it would not help."""
    row = probe([OLD_ALONE])
    assert (row["verdict"], row["cause"]) == ("tls_untrusted", "self_signed")


@pytest.mark.parametrize(
    "sent, verdict, cause",
    [
        ([OLD_LEAF], "tls_expired", None),
        ([LEAF], "tls_untrusted", "lone_certificate"),
        ([LEAF, OLD_MIDDLE], "tls_expired", "expired_intermediate"),
        ([LEAF, MIDDLE, CROSS_SIGNED, OLD_ROOT_OF_ALL], "tls_untrusted", "unknown_issuer"),
        ([OLD_ALONE], "tls_untrusted", "self_signed"),
        ([WEAK_LEAF, MIDDLE], "tls_untrusted", "weak_certificate"),
    ],
)
def test_where_python_does_not_say_why_the_certificates_do(sent, verdict, cause):
    """Python 3.6, which is that of Enterprise Linux 8."""
    failure = verdicts.LayerFailed("tls_untrusted", certificate_chain.UNEXPLAINED)
    chain = certificate_chain.read([each.der for each in sent])
    found = certificate_chain.explained(failure, chain, loopback.NAME, chains.NOW, [], (), False)
    assert (found.verdict, found.cause) == (verdict, cause)
    assert found.detail.startswith(certificate_chain.UNEXPLAINED)


@pytest.mark.parametrize(
    "trusted, verdict, cause",
    [
        ([OLD_ROOT], "tls_expired", "expired_root"),
        ([OLD_ROOT, ROOT], "tls_untrusted", "unknown_issuer"),
        ([OLD_ROOT_OF_ALL], "tls_untrusted", "unknown_issuer"),
    ],
    ids=["expired", "and a new one", "another expired"],
)
def test_where_python_does_not_say_why_the_trust_store_does(trusted, verdict, cause):
    failure = verdicts.LayerFailed("tls_untrusted", certificate_chain.UNEXPLAINED)
    chain = certificate_chain.read([LEAF.der, MIDDLE.der])
    authorities = [x509.parse(each.der) for each in trusted]
    found = certificate_chain.explained(failure, chain, loopback.NAME, chains.NOW, authorities, (), False)
    assert (found.verdict, found.cause) == (verdict, cause)


def test_a_leaf_that_expired_needs_no_cause():
    row = probe([OLD_LEAF, OLD_MIDDLE])
    assert (row["verdict"], row["cause"]) == ("tls_expired", None)


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_sends_no_intermediate(way):
    """badssl.com's incomplete-chain; the root is trusted, and of the organisation that signed."""
    row = probe([LEAF], way)
    assert (row["verdict"], row["cause"]) == ("tls_untrusted", "incomplete_chain")
    assert row["detail"].endswith("the server sends only its own certificate, without that of its issuer")


@pytest.mark.skipif("TLSv1_3" not in VERSIONS, reason="this Python has no TLS 1.3")
def test_where_the_chain_is_not_visible_nothing_is_said_of_it():
    row = probe([LEAF], version="TLSv1_3")
    assert (row["verdict"], row["cause"]) == ("tls_untrusted", None)


def test_the_issuer_that_an_owner_uses_is_no_interception_if_only_its_certificate_lacks():
    row = probe([LEAF], trusted=[chains.Certificate("Other", organisation="Other", authority=True)], issuers=["Site"])
    assert (row["verdict"], row["cause"]) == ("tls_untrusted", "incomplete_chain")


@pytest.mark.parametrize(
    "sent, cause, words",
    [
        ([LEAF], "lone_certificate", "a root authority that this host does not trust, or an intermediate one"),
        ([LEAF, MIDDLE], "unknown_issuer", "the chain ends with CN=Root, O=Site, which this host does not trust"),
        ([LEAF, MIDDLE, ROOT], "unknown_issuer", "the chain ends with CN=Root, O=Site"),
        ([ALONE], "self_signed", "self-signed: CN=box.example.com, O=Site"),
        # A server that sends its chain in the wrong order, and one that sends others' certificates besides.
        ([LEAF, ROOT, MIDDLE], "unknown_issuer", "ends with CN=Root"),
        ([LEAF, ALONE], "lone_certificate", "sends only its own certificate"),
    ],
)
def test_an_authority_that_this_host_lacks(sent, cause, words):
    row = probe(sent, trusted=[chains.Certificate("Other", organisation="Other", authority=True)])
    assert (row["verdict"], row["cause"]) == ("tls_untrusted", cause)
    assert words in row["detail"]


def test_an_intermediate_authority_that_is_trusted_by_itself_is_enough():
    """As for Go, and for curl since 7.68: sites install the issuing authority of their proxy without its root."""
    assert probe([LEAF], trusted=[MIDDLE])["verdict"] == "reachable"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "sent",
    [
        [WEAK_LEAF, MIDDLE],
        [chains.Certificate("leaf", MIDDLE, [loopback.NAME], bits=1024), MIDDLE],
        [LEAF, chains.Certificate("Middle", ROOT, authority=True).with_sha1()],
    ],
)
def test_what_is_too_weak_is_refused_with_the_reason(sent, way):
    """Certificates that Go refuses since 1.18 for SHA-1 in any signature but the root's (golang/go#41682), and keys of 1024 bits."""
    row = probe(sent, way)
    assert (row["verdict"], row["cause"]) == ("tls_untrusted", "weak_certificate")
    assert "SHA-1 with RSA" in row["detail"] or "an RSA key of only 1024 bits" in row["detail"]


def test_the_signature_of_a_root_does_not_matter():
    chain = certificate_chain.read([LEAF.der, MIDDLE.der, chains.Certificate("Root", authority=True).with_sha1().der])
    assert certificate_chain.refused_by_runtimes(chain, loopback.NAME) is None


def test_a_sha1_signature_that_openssl_accepts_is_refused_all_the_same():
    chain = certificate_chain.read([WEAK_LEAF.der])
    assert certificate_chain.refused_by_runtimes(chain, loopback.NAME).cause == "weak_certificate"


@pytest.mark.parametrize("name, matches", [("2001:DB8:0::7", True), ("192.0.2.7", True), ("192.0.2.8", False)])
def test_an_address_counts_however_it_is_written(name, matches):
    chain = certificate_chain.read([chains.Certificate("box", names=["2001:db8::7", "192.0.2.7"]).der])
    assert (certificate_chain.refused_by_runtimes(chain, name) is None) == matches


SENT = [LEAF.der, MIDDLE.der, ROOT.der]
FAILURES = [verdicts.TLS_UNTRUSTED, verdicts.TLS_EXPIRED, verdicts.TLS_NAME_MISMATCH]


@given(
    st.lists(st.tuples(st.sampled_from(SENT), st.integers(0, 900), st.binary(max_size=6)), max_size=5),
    st.sampled_from(FAILURES),
    st.booleans(),
)
def test_no_damage_to_a_chain_raises_or_turns_a_refusal_into_a_pass(pieces, verdict, whole):
    sent = [der[:at] + damage + der[at + len(damage) :] for der, at, damage in pieces]
    chain = certificate_chain.read(sent, whole)
    failure = certificate_chain.explained(
        verdicts.LayerFailed(verdict, "as OpenSSL says"), chain, loopback.NAME, chains.NOW, [], {"Site"}, False
    )
    assert failure.verdict in FAILURES
    assert failure.detail.isprintable()

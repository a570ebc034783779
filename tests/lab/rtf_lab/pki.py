# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificate authority: an offline root, issuing authorities, a leaf per host name, one client.

Issuing authorities bear the names of the organisations that sign for the real endpoints.
"""

import concurrent.futures
import re
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from .files import write_whole
from .machine import run

ORGANISATION = "Runtime Fabric lab"
AUTHORITY_DAYS = 3650
LEAF_DAYS = 90

AUTHORITY = """
basicConstraints = critical, CA:TRUE{limit}
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
LEAF = """
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Pair(NamedTuple):
    """A private key and its certificate, as paths."""

    key: Path
    certificate: Path


class Authority(NamedTuple):
    """What `ensure_authority` made."""

    root: Pair
    issuing: Pair
    client: Pair


def ensure_authority(directory):
    """Make, once, the root, the issuing authority and a client certificate below a directory."""
    root = ensure(directory / "root", request("Lab Root CA", AUTHORITY.format(limit="")), AUTHORITY_DAYS)
    extensions = AUTHORITY.format(limit=", pathlen:0") + "authorityKeyIdentifier = keyid\n"
    issuing = ensure(directory / "issuing", request("Lab Issuing CA", extensions), AUTHORITY_DAYS, root)
    client = ensure(directory / "client", request("lab client", LEAF.format(usage="clientAuth")), LEAF_DAYS, issuing)
    return Authority(root, issuing, client)


def ensure_issuers(directory, authority, organisations):
    """Have an issuing authority below the lab's root for each organisation. Returns {organisation: Pair}."""
    extensions = AUTHORITY.format(limit=", pathlen:0") + "authorityKeyIdentifier = keyid\n"

    def ensure_issuer(organisation):
        stem = directory / "issuer" / re.sub(r"\W", "_", organisation)
        return ensure(stem, request("Lab CA", extensions, organisation), AUTHORITY_DAYS, authority.root)

    return {organisation: ensure_issuer(organisation) for organisation in organisations}


def ensure_inspection(directory):
    """Make, once, the authority of who inspects the site's TLS, which no node trusts by itself. Returns the Pair."""
    extensions = AUTHORITY.format(limit=", pathlen:0")
    return ensure(directory / "inspection", request("Inspection CA", extensions, "Example Corp"), AUTHORITY_DAYS)


def ensure_leaves(directory, issuers):
    """Have a fresh server certificate for each host name of {host: Pair of the issuer}. Returns {host: Pair}."""

    def ensure_leaf(host):
        extensions = LEAF.format(usage="serverAuth") + f"subjectAltName = DNS:{host}\n"
        return ensure(directory / "leaf" / host, request(host, extensions), LEAF_DAYS, issuers[host])

    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(zip(issuers, pool.map(ensure_leaf, issuers)))


def request(common_name, extensions, organisation=ORGANISATION):
    """An openssl configuration for one certificate. A name too long for a common name (64) is left to the SAN."""
    subject = f"O = {organisation}\n" + (f"CN = {common_name}\n" if len(common_name) <= 64 else "")
    return f"[req]\nprompt = no\ndistinguished_name = subject\n[subject]\n{subject}[extensions]{extensions}"


def ensure(stem, configuration, days, issuer=None):
    """Have a key and a certificate at STEM.key and STEM.crt, issued by a Pair or by itself. Returns the Pair."""
    pair = Pair(Path(f"{stem}.key"), Path(f"{stem}.crt"))
    if is_fresh(pair.certificate, days, issuer):
        return pair
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        (work / "req.cnf").write_text(configuration, encoding="utf-8")
        signer = ["-CA", str(issuer.certificate), "-CAkey", str(issuer.key)] if issuer else []
        run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-noenc",
                "-sha256",
                "-config",
                str(work / "req.cnf"),
                "-extensions",
                "extensions",
                "-days",
                str(days),
                *signer,
                "-keyout",
                str(work / "key"),
                "-out",
                str(work / "crt"),
            ]
        )
        write_whole(pair.key, (work / "key").read_bytes(), mode=0o600)
        write_whole(pair.certificate, (work / "crt").read_bytes())
    return pair


def is_fresh(certificate, days, issuer):
    """True for a certificate in the first third of its days that is not older than its issuer's."""
    if not certificate.exists():
        return False
    written = certificate.stat().st_mtime
    return time.time() - written < days * 86400 / 3 and (not issuer or written >= issuer.certificate.stat().st_mtime)

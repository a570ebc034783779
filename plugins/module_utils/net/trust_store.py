# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verifying context trusts: read only where a verification failed."""

import contextlib
import os
import ssl

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.net import x509

# Where a context reads certificates from a directory, one by one as it needs them, all of them are in this file as well.
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def is_empty(context):
    """Whether the trust store of this host, as `context` uses it, has no certificate at all."""
    if context.cert_store_stats()["x509_ca"]:
        return False
    # A directory is read only when a certificate is looked for, so its content does not show in the counts.
    folder = ssl.get_default_verify_paths().capath
    return not (folder and os.path.isdir(folder) and os.listdir(folder))


def authorities(context, with_bundle):
    """The x509.Certificates of the authorities that `context` trusts, also of those that have expired.

    with_bundle: whether it reads a directory, and what is in there has to be read from the bundle.
    """
    ders = context.get_ca_certs(binary_form=True)
    if with_bundle:
        bundle = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with contextlib.suppress(OSError, ValueError):
            bundle.load_verify_locations(_BUNDLE)
        ders += bundle.get_ca_certs(binary_form=True)
    found = []
    for der in ders:
        with contextlib.suppress(x509.X509Error):
            found.append(x509.parse(der))
    return found

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS, with nothing known of what is sent over it."""

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.egress.protocols_over_tls import TlsProtocol


class Tls(TlsProtocol):
    name = "tls"
    title = "TLS"
    outcome = "a verified TLS handshake"
    in_catalogue = True
    long_lived = True
    silent = True

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that connect to external endpoints, directly or through a proxy."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  http_proxy:
    description:
      - The URL of the HTTP proxy, V(http://[user:password@]host:port). Special characters in the user name and the
        password must be percent-encoded.
      - The user name and the password are sent only to the proxy, and only with Basic authentication.
    type: str
  socks5_proxy:
    description:
      - The URL of the SOCKS5 proxy, V(socks5://[user:password@]host:port), encoded in the same way.
    type: str
  ca_path:
    description:
      - A PEM file on the managed host with the certificate authorities to trust. Without it, the host's trust store is
        used.
    type: path
"""

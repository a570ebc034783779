# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that connect to external endpoints, directly or through a proxy."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  http_proxy:
    description:
      - The HTTP proxy as V(http://[user:password@]host:port), with special characters of user and password
        percent-encoded, as in any URL.
      - User name and password are sent only to the proxy, and only with the scheme Basic.
    type: str
  socks5_proxy:
    description:
      - The SOCKS5 proxy as V(socks5://[user:password@]host:port), with the same encoding.
    type: str
  ca_path:
    description:
      - A PEM file on the managed host with the certificate authorities to trust, instead of the host's trust store.
    type: path
"""

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from the URL of a proxy to the parts that may be shown and those that may not."""

from __future__ import annotations

DOCUMENTATION = r"""
name: proxy_parts
short_description: Separate the URL of a proxy from its credentials
version_added: 1.0.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes the URL of a proxy, with credentials in it or given apart, and returns the URL as it may be shown, and the
    credentials. The user counts as one of them, because it may be a token.
  - User and password come back percent-encoded, as curl, Go, Python, apt and dnf require. In the URL they may be
    encoded or not, as long as the URL can be parsed; given apart they must not be encoded.
positional: user, password, placeholder
options:
  _input:
    description: The URL, or an empty string where there is no proxy.
    type: str
    required: true
  user:
    description: The user, where the URL has none.
    type: str
    default: ""
  password:
    description: The password, where the URL has none.
    type: str
    default: ""
  placeholder:
    description: What RV(ignore:url) has in the place of the credentials and the C(@). The default masks them.
    type: str
"""

EXAMPLES = r"""
- name: Report the proxy without its credentials
  ansible.builtin.debug:
    msg: "{{ ('http://build:s3cr3t@proxy.example.com:3128' | hostprep.runtime_fabric.proxy_parts).url }}"
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:url), the URL with the placeholder, RV(ignore:shown), the URL with its credentials masked,
      RV(ignore:secret_url), the URL with its credentials,
      RV(ignore:credentials), what stands before the host, C(@) included and percent-encoded, and RV(ignore:digest), by
      which M(hostprep.runtime_fabric.host_info) recognises the URL in files. Empty strings where there is none.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs import proxy_url


def proxy_parts(value, user="", password="", placeholder=None):
    """Return `{"url", "shown", "secret_url", "credentials", "digest"}`."""
    try:
        proxy = proxy_url.parse(str(value or ""), str(user or ""), str(password or ""))
    except ValueError as problem:
        raise AnsibleFilterError(f"the URL of the proxy: {problem}") from None
    if proxy is None:
        return dict.fromkeys(("url", "shown", "secret_url", "credentials", "digest"), "")
    return {
        "url": proxy.shown if placeholder is None else proxy.text(placeholder),
        "shown": proxy.shown,
        "secret_url": proxy.text(),
        "credentials": proxy.credentials,
        "digest": proxy.digest,
    }


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"proxy_parts": proxy_parts}

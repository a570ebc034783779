# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from what a host says of its package repositories to the options of egress_info."""

from __future__ import annotations

DOCUMENTATION = r"""
name: repository_probes
short_description: Turn the package repositories of a host into endpoints to probe
version_added: 0.1.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes what M(hostprep.runtime_fabric.host_info) returns with the sections C(packages) and C(proxy), and returns options
    of M(hostprep.runtime_fabric.egress_info).
  - Each repository is probed over the path that the package manager takes, by its own proxy, else by that of the files of
    login shells and sessions, else directly.
positional: proxy, phase, checks, skip
options:
  _input:
    description: What the module returned as RV(hostprep.runtime_fabric.host_info#module:host).
    type: dict
    required: true
  proxy:
    description: The site's HTTP proxy, as the filter P(hostprep.runtime_fabric.proxy_parts#filter) returns it.
    type: dict
    required: true
  phase:
    description: The phase of the audit. In another than V(install) there is nothing to probe.
    type: str
    default: install
  checks:
    description: Names or globs of the checks to judge. Where C(host.repos_reachable) is none of them, nothing is probed.
    type: list
    elements: str
    default: ["*"]
  skip:
    description: Names or globs of checks to leave out.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Probe the package repositories
  vars:
    site: "{{ 'http://proxy.example.com:3128' | hostprep.runtime_fabric.proxy_parts }}"
    wanted: "{{ found.host | hostprep.runtime_fabric.repository_probes(site) }}"
  hostprep.runtime_fabric.egress_info:
    endpoints: "{{ wanted.endpoints }}"
    http_proxy: "{{ wanted.http_proxy }}"
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:endpoints), and RV(ignore:http_proxy), the proxy of those that have one, with its password. An empty list
      and an empty text where there is none.
  type: dict
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import repository_probes


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"repository_probes": repository_probes.probes}

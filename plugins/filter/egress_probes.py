# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from catalogue rows to the option endpoints of egress_info."""

from __future__ import annotations

DOCUMENTATION = r"""
name: egress_probes
short_description: Turn rows of the catalogue into endpoints to probe
version_added: 1.0.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes rows as the lookup P(hostprep.runtime_fabric.requirements#lookup) gives them out and returns what the option
    O(hostprep.runtime_fabric.egress_info#module:endpoints) takes.
  - A row is probed over every path there is, directly and through each proxy. First stands the path that the platform
    uses for the row - the proxy that the row names as its carrier where there is one, else the direct path. A private
    address is only probed directly.
positional: ntp_servers
options:
  _input:
    description: Endpoint rows of the catalogue.
    type: list
    elements: dict
    required: true
  ntp_servers:
    description:
      - NTP servers as C(rtf_ntp_servers) has them, by name or address or as dictionaries with a C(host). Each is probed as
        well on UDP 123 with the id C(ntp-<host>).
    type: list
    elements: raw
    default: []
  http_proxy:
    description: Whether there is an HTTP proxy.
    type: bool
    default: false
  socks5_proxy:
    description: Whether there is a SOCKS5 proxy.
    type: bool
    default: false
  smtp:
    description: The mail server, as in the input C(rtf_smtp), probed as well with the id C(smtp-server).
    type: dict
    default: {}
  idle:
    description: Seconds to hold each connection that may stay silent, except where the endpoint asks for mutual TLS.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Probe the endpoints of a worker and the site's NTP server
  hostprep.runtime_fabric.egress_info:
    endpoints: >-
      {{ lookup('hostprep.runtime_fabric.requirements', 'endpoints', node_role='worker')
         | hostprep.runtime_fabric.egress_probes(['ntp.example.com']) }}
"""

RETURN = r"""
_value:
  description:
    - One dictionary for each probe, with the fields of the row, the paths to probe, and what is known of
      who signs the endpoint's certificate and how its answers look.
  type: list
  elements: dict
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.egress_probes import egress_probes


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"egress_probes": egress_probes}

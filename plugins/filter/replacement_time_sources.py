# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from evidence of the time services and the inputs to the servers that would replace the source that works."""

from __future__ import annotations

DOCUMENTATION = r"""
name: replacement_time_sources
short_description: Return the servers of which one must answer before the time sources of a host are changed
version_added: 0.1.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes the section C(time) of M(hostprep.runtime_fabric.host_info) and the inputs of the role
    P(hostprep.runtime_fabric.rtf_time_sync#role).
  - A change that takes the source away that keeps the clock now needs another one that answers. The servers are probed
    with M(hostprep.runtime_fabric.egress_info), and M(hostprep.runtime_fabric.plan_changes) refuses the change where none
    of them answers.
positional: servers, keys
options:
  _input:
    description: The section C(time) of the evidence.
    type: dict
    required: true
  servers:
    description: NTP servers as C(rtf_ntp_servers) has them. V(unchanged) leaves those that are there.
    type: raw
    required: true
  keys:
    description: Symmetric keys as C(rtf_ntp_keys) has them, C(secret) is not needed. V(unchanged) leaves those that are
      there.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Report the servers of which one must answer
  ansible.builtin.debug:
    msg: "{{ found.host.time | hostprep.runtime_fabric.replacement_time_sources(['ntp.example.com'], 'unchanged') }}"
"""

RETURN = r"""
_value:
  description: Hosts that chrony has after the change; empty where a source stays, or none works now.
  type: list
  elements: str
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.plain import plain
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan import time_sources
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.chrony_files import Wanted
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.role_plan import Refusal


def replacement_time_sources(clock, servers, keys):
    """Return the hosts."""
    try:
        return time_sources.replacements(plain(clock), Wanted(given(plain(servers)), given(plain(keys))))
    except Refusal as problem:
        raise AnsibleFilterError(str(problem)) from None


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"replacement_time_sources": replacement_time_sources}

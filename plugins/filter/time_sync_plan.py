# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from evidence of the time services and the inputs to what a change of them takes away."""

from __future__ import annotations

DOCUMENTATION = r"""
name: time_sync_plan
short_description: Say what a change of the time sources takes away, and whether it leaves one that works
version_added: 0.1.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes the section C(time) of M(hostprep.runtime_fabric.host_info) and the inputs of the role
    P(hostprep.runtime_fabric.rtf_time_sync#role).
  - A change that takes the source away that keeps the clock now needs another one that answers. The servers are asked
    with M(hostprep.runtime_fabric.egress_info) before the change.
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
    description: Symmetric keys as C(rtf_ntp_keys) has them. V(unchanged) leaves those that are there.
    type: raw
    required: true
  package_sources:
    description: Hosts that the package of chrony comes with. They count where chrony is not installed yet.
    type: list
    elements: str
    default: []
  asked:
    description: RV(hostprep.runtime_fabric.egress_info#module:endpoints) for the hosts of C(ask), once these were asked.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: Show what would be taken away
  ansible.builtin.debug:
    msg: "{{ (found.host.time | hostprep.runtime_fabric.time_sync_plan(['ntp.example.com'], 'unchanged')).taken_away }}"
"""

RETURN = r"""
_value:
  description:
    - C(taken_away) has a sentence for each thing that goes. C(ask) are the hosts to ask before the change. C(refusal)
      says why the change must not be made, and is empty where it may be.
  type: dict
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.time_sync import time_sync_plan


def plan(clock, servers, keys, package_sources=(), asked=None):
    """Return the plan; what is V(unchanged) is not given."""
    return time_sync_plan(clock, given(servers), given(keys), package_sources, asked)


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"time_sync_plan": plan}

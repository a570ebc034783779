# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from the catalogue's settings to what host_info looks up of the kernel."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kernel_probes
short_description: Turn settings of the catalogue into kernel parameters and modules to look up
version_added: 0.1.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes settings as the lookup P(hostprep.runtime_fabric.requirements#lookup) gives them out and returns the options
    O(hostprep.runtime_fabric.host_info#module:sysctls) and O(hostprep.runtime_fabric.host_info#module:kernel_modules).
positional: extra_sysctls, extra_modules
options:
  _input:
    description: Settings of the catalogue.
    type: list
    elements: dict
    required: true
  extra_sysctls:
    description: Kernel parameters of the site to look up besides. V(unchanged) is none.
    type: raw
    default: []
  extra_modules:
    description: Kernel modules of the site to look up besides. V(unchanged) is none.
    type: raw
    default: []
"""

EXAMPLES = r"""
- name: Look up what the settings ask of the kernel
  hostprep.runtime_fabric.host_info:
    sections: [kernel]
    sysctls: "{{ probes.sysctls }}"
    kernel_modules: "{{ probes.kernel_modules }}"
  vars:
    probes: >-
      {{ lookup('hostprep.runtime_fabric.requirements', 'settings') | hostprep.runtime_fabric.kernel_probes }}
"""

RETURN = r"""
_value:
  description: A dictionary with the lists C(sysctls) and C(kernel_modules).
  type: dict
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.kernel import kernel_probes


def probes(settings, extra_sysctls=(), extra_modules=()):
    """Return what to look up."""
    return kernel_probes(settings, given(extra_sysctls) or (), given(extra_modules) or ())


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"kernel_probes": probes}

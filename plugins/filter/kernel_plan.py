# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from evidence of a kernel and the catalogue's settings to what the kernel has to be given."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kernel_plan
short_description: Say what a host's kernel has to be given, from what was found there
version_added: 0.1.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - Takes the section C(kernel) of M(hostprep.runtime_fabric.host_info), looked up with what
    P(hostprep.runtime_fabric.kernel_probes#filter) returns, and settings of the catalogue.
  - A value that has to be at least so large is never lowered, neither below what it is now nor below what a file of the
    site sets. Reserved ports are added to those that the site reserves.
positional: settings
options:
  _input:
    description: The section C(kernel) of the evidence.
    type: dict
    required: true
  settings:
    description: Settings of the catalogue.
    type: list
    elements: dict
    required: true
  own_file:
    description: The file of C(sysctl.d) that is written. What it sets is not taken for a wish of the site.
    type: path
    required: true
  extra_sysctls:
    description: Kernel parameters of the site, as name and value. V(unchanged) leaves those that the file has.
    type: raw
    default: unchanged
  extra_modules:
    description: Kernel modules of the site. V(unchanged) leaves those that the file has.
    type: raw
    default: unchanged
  reserve_ports:
    description:
      - Whether to keep the platform's ports from being given to outgoing connections. V(unchanged) leaves it as the file
        has it.
    type: raw
    default: unchanged
"""

EXAMPLES = r"""
- name: Show what would be set
  ansible.builtin.debug:
    msg: >-
      {{ found.host.kernel
         | hostprep.runtime_fabric.kernel_plan(lookup('hostprep.runtime_fabric.requirements', 'settings'),
                                               own_file='/etc/sysctl.d/zz-runtime-fabric.conf') }}
"""

RETURN = r"""
_value:
  description:
    - C(sysctls) and C(modules) are what belongs into the files. C(set) and C(load) are those of them that are not in
      force yet, C(replaced) the values before. C(optional) names sysctls that a kernel may refuse.
    - C(taken_away) names what the files have and do not get again.
  type: dict
"""

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import UNCHANGED, given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.kernel import kernel_plan


def plan(kernel, settings, own_file, extra_sysctls=UNCHANGED, extra_modules=UNCHANGED, reserve_ports=UNCHANGED):
    """Return the plan; what is V(unchanged) is not given."""
    reserve = None if given(reserve_ports) is None else boolean(reserve_ports)
    return kernel_plan(kernel, settings, own_file, given(extra_sysctls), given(extra_modules), reserve)


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"kernel_plan": plan}

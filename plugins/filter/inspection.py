# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from the inputs of a role to what host_info collects for it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: inspection
short_description: Return which evidence a role needs of a node, and which checks judge it
version_added: 0.1.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - A step of the roles that change a host. The result holds arguments of M(hostprep.runtime_fabric.host_info), of which
    only C(sections) is always there.
positional: role, remembered
options:
  _input:
    description: The inputs of the role, as M(hostprep.runtime_fabric.check_inputs) returns them.
    type: dict
    required: true
  role:
    description: The role.
    type: str
    choices: [rtf_firewall, rtf_kernel]
    required: true
  remembered:
    description:
      - What M(hostprep.runtime_fabric.change_record) has recorded. With it, the evidence is for restoring that, otherwise
        for the changes of the role.
    type: dict
"""

EXAMPLES = r"""
- name: Inspect the kernel
  hostprep.runtime_fabric.host_info:
    sections: "{{ inspection.sections }}"
    sysctls: "{{ inspection.sysctls }}"
  vars:
    inspection: "{{ checked.inputs | hostprep.runtime_fabric.inspection('rtf_kernel') }}"
"""

RETURN = r"""
_value:
  description:
    - Arguments of M(hostprep.runtime_fabric.host_info), and as C(checks) and C(must_pass) those of
      M(hostprep.runtime_fabric.judge).
  type: dict
  sample:
    checks: [fw.*]
    sections: [firewall]
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.roles import ROLES


def inspection(inputs, role, remembered=None):
    """Return the arguments."""
    return ROLES[role].inspection(inputs, remembered)


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"inspection": inspection}

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter from evidence of a kernel and the inputs of rtf_kernel to what of the site's own is not in force."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unmet_extras
short_description: Return which parameters and modules that a site adds are not in force
version_added: 0.1.0
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
description:
  - A step of the role P(hostprep.runtime_fabric.rtf_kernel#role), beside the checks of the catalogue.
positional: inputs
options:
  _input:
    description: The section C(kernel) of M(hostprep.runtime_fabric.host_info).
    type: dict
    required: true
  inputs:
    description: The inputs of the role, as M(hostprep.runtime_fabric.check_inputs) returns them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Verify the site's parameters and modules
  ansible.builtin.assert:
    that: found.host.kernel | hostprep.runtime_fabric.unmet_extras(checked.inputs) | length == 0
"""

RETURN = r"""
_value:
  description: A sentence for each parameter and module that is not in force, now or at boot.
  type: list
  elements: str
"""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.inputs.inputs import given
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.plan.kernel import unmet


def unmet_extras(kernel, inputs):
    """Return the sentences."""
    return unmet(kernel, given(inputs["extra_sysctls"]), given(inputs["extra_modules"]))


class FilterModule:
    """Filters of this file."""

    def filters(self):
        """Return the filters by name."""
        return {"unmet_extras": unmet_extras}

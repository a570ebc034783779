# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: check_inputs
short_description: Give inputs their types, and refuse an inventory and variables that are not valid
version_added: 0.1.0
description:
  - Runs on the controller and touches no host.
  - Without O(role) and O(values) it checks the inventory as a whole, that is, the groups C(rtf_nodes),
    C(rtf_controllers) and C(rtf_workers), and the inputs C(rtf_*) and variables of roles of every node. A value that
    must be the same on all nodes and is not is refused too.
  - What C(-e name=value) and an INI inventory hand over is text. It is converted to the type of the input, also where
    a list is written with commas or in JSON, and a dictionary in JSON.
  - Refuses a strategy in which nodes do not wait for each other, except with O(values) and for roles that do without.
  - Fails with one line for each problem; each line begins with the name of the variable or group. Values that may hold
    a password are never repeated.
  - Warns about a variable C(rtf_*) that looks like a misspelt input.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  role:
    description:
      - Check the variables of this role of the collection, as the host of the task has them, instead of the inventory.
      - Which there are, and their types, is taken from its C(meta/argument_specs.yml).
    type: str
  entry_point:
    description: The entry point of O(role) whose variables to check.
    type: str
    default: main
  values:
    description:
      - Check these values instead of the inventory.
      - The key is the name to show in the error. The value is a dictionary of C(like), the input whose rule to apply
        (C(rtf_ntp_servers) for example), and C(value).
    type: dict
  groups:
    description: With O(role) or O(values), check the groups of the inventory as well.
    type: bool
    default: false
notes:
  - This is an action plugin; there is nothing to run on a host.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
# In a play of its own, with hosts: localhost:all and gather_facts: false
- name: Refuse a broken inventory before any host is touched
  hostprep.runtime_fabric.check_inputs:
  run_once: true

- name: Give the variables of a role their types
  hostprep.runtime_fabric.check_inputs:
    role: rtf_kernel
  register: checked

- name: Say whether swap would be switched off
  ansible.builtin.debug:
    msg: "{{ checked.inputs.swap_off }}"

- name: Check one variable of a role
  hostprep.runtime_fabric.check_inputs:
    values:
      my_time_servers:
        like: rtf_ntp_servers
        value: "{{ my_time_servers }}"
"""

RETURN = r"""
msg:
  description: The problems, one a line.
  returned: failure
  type: str
  sample: "Nothing was touched. rtf_release: '1.44' is unknown; valid: 1.4"
inputs:
  description:
    - The values with their types. With O(role) by the names of its variables without that of the role, and without those
      that are text or may hold a secret; with O(values) by the names given there.
  returned: success, with O(role) or O(values)
  type: dict
  sample: {swap_off: false, extra_modules: [overlay]}
"""

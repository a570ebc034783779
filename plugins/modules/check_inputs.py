# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: check_inputs
short_description: Give inputs their types, and refuse an inventory and variables that are not valid
version_added: 1.0.0
description:
  - Runs on the controller and touches no host.
  - Without O(role) it validates the inventory as a whole, that is, the groups C(rtf_nodes), C(rtf_controllers) and
    C(rtf_workers), and the inputs C(rtf_*) and variables of roles of every node. A value that must be the same on all
    nodes and is not is refused too.
  - Which inputs there are, their types and what they may hold is declared in C(catalog/inputs.yml).
  - C(-e name=value) and an INI inventory pass text. It is converted to the type of the input, also where a list is
    written with commas or in JSON, and a dictionary in JSON.
  - Refuses a strategy in which nodes do not wait for each other, except for roles that do not need it.
  - Fails with one line for each problem; each line begins with the name of the variable or group. Values that may hold
    a password are never repeated.
  - Warns about a variable C(rtf_*) that looks like a misspelt input or a misspelt variable of a role.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  role:
    description:
      - Validate the variables of this role of the collection, as the host of the task has them, instead of the inventory.
    type: str
  entry_point:
    description: The entry point of O(role) whose variables to validate.
    type: str
    default: main
  groups:
    description: With O(role), validate the groups of the inventory as well.
    type: bool
    default: false
notes:
  - This is an action plugin; there is nothing to run on a host.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
# In a play of its own, with hosts: localhost:all and gather_facts: false
- name: Validate the inventory before any host is changed
  hostprep.runtime_fabric.check_inputs:
  run_once: true

- name: Validate the variables of a role
  hostprep.runtime_fabric.check_inputs:
    role: rtf_kernel
  register: checked

- name: Report whether swap would be disabled
  ansible.builtin.debug:
    msg: "{{ checked.inputs.swap_off }}"
"""

RETURN = r"""
msg:
  description: The problems, one a line.
  returned: failure
  type: str
  sample: "Nothing was changed. rtf_release: '1.44' is unknown; valid: 1.4"
inputs:
  description:
    - The values of the role's variables with their types, by their names without the name of the role.
    - Passwords, users of proxies and keys are left out. The URL of a proxy has V(********) in the place of credentials.
  returned: success, with O(role)
  type: dict
  sample: {swap_off: false, extra_modules: [overlay]}
"""

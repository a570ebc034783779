# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: check_inputs
short_description: Validate the inventory and the inputs, and convert inputs to their types
version_added: 1.0.0
description:
  - Runs on the control node only, and does not connect to any managed host.
  - Without O(role), it validates the inventory as a whole, that is, the groups C(rtf_nodes), C(rtf_controllers) and
    C(rtf_workers), and the inputs C(rtf_*) and role variables of every node. It also fails if a value that must be the
    same on all nodes differs between them.
  - The inputs, their types and their valid values are declared in C(catalog/inputs.yml).
  - C(-e name=value) and INI inventories pass strings. They are converted to the type of the input. A list may be
    separated by commas or written as JSON, and a dictionary as JSON.
  - Fails with a strategy plugin such as P(ansible.builtin.free#strategy), under which hosts do not wait for each other,
    except for roles that do not depend on that.
  - Fails with one line for each problem. Each line begins with the name of the variable or group. Values that may
    contain a password are never shown.
  - Warns about variables C(rtf_*) that look like a misspelt input or role variable.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  role:
    description:
      - The role of this collection whose variables to validate, with the values of the current host. Without it, the
        inventory is validated.
    type: str
  entry_point:
    description: The entry point of O(role) whose variables are validated.
    type: str
    default: main
  groups:
    description: Whether to validate the groups of the inventory as well when O(role) is set.
    type: bool
    default: false
notes:
  - This is an action plugin; nothing runs on the managed hosts.
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
  description: The problems, one per line.
  returned: failure
  type: str
  sample: "Nothing was changed. rtf_release: '1.44' is unknown; valid: 1.4"
inputs:
  description:
    - The values of the role's variables, converted to their types. The keys are the names of the variables without the
      name of the role.
    - Passwords, user names of proxies and keys are left out. In the URL of a proxy, V(********) stands in place of the
      credentials.
  returned: success, with O(role)
  type: dict
  sample: {swap_off: false, extra_modules: [overlay]}
"""

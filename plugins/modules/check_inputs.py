# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: check_inputs
short_description: Refuse an inventory and variables that cannot be meant
version_added: 0.1.0
description:
  - Runs on the controller and touches no host.
  - Without O(values) it checks the inventory as a whole, that is, the groups C(rtf_nodes), C(rtf_controllers) and
    C(rtf_workers), and the inputs C(rtf_*) of every node. A value that must be the same on all nodes and is not is
    refused too.
  - Fails with one line for each problem; each line begins with the name of the variable or group. Values that may hold
    a password are never repeated.
  - Warns about a variable C(rtf_*) that looks like a misspelt input.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  values:
    description:
      - Check these values instead of the inventory.
      - The key is the name to show in the error. The value is a dictionary of C(like), the input whose rule to apply
        (C(rtf_ntp_servers) for example), C(value), and C(unchanged), which is true where the value V(unchanged) is right,
        too, because it leaves alone what is there.
    type: dict
  groups:
    description: With O(values), check the groups of the inventory as well.
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
"""

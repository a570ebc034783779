# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: plan_changes
short_description: Plan what a role changes on a node
version_added: 0.1.0
description:
  - A step of the roles that change a host. Use the role rather than this action.
  - From the inputs of a role and the evidence of a node it makes the list of changes that the role applies. The list is
    empty where the node is as the inputs ask.
  - Fails where the node must not be changed, for example because the inventory lacks an address.
  - Runs on the controller and touches no host.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  role:
    description: The role.
    type: str
    choices: [rtf_firewall, rtf_kernel]
    required: true
  inputs:
    description: Its inputs, RV(hostprep.runtime_fabric.check_inputs#module:inputs).
    type: dict
    required: true
  host:
    description:
      - The evidence, RV(hostprep.runtime_fabric.host_info#module:host), collected with the arguments that the filter
        P(hostprep.runtime_fabric.inspection#filter) returns.
    type: dict
    required: true
  remembered:
    description:
      - What M(hostprep.runtime_fabric.change_record) has recorded. With it, the changes restore that.
    type: dict
notes:
  - This is an action plugin; there is nothing to run on a host.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Plan and apply what the kernel of each node lacks
  ansible.builtin.include_role:
    name: hostprep.runtime_fabric.rtf_kernel
"""

RETURN = r"""
changes:
  description:
    - The operations, in their order. RV(ignore:kind) says which tasks of the role apply one, and RV(ignore:step) names it for
      the output.
      The other fields are what these tasks need.
    - In check mode, an operation that has no check mode is of the kind V(announcement).
  returned: success
  type: list
  elements: dict
  sample:
    - step: Set kernel parameters
      kind: parameters
      parameters:
        net.ipv4.ip_forward: "1"
      optional: []
announcements:
  description: In check mode, a sentence for each operation that has no check mode.
  returned: success
  type: list
  elements: str
  sample: ["These modules would be loaded: br_netfilter"]
record:
  description: What M(hostprep.runtime_fabric.change_record) has to record before the first change.
  returned: success
  type: dict
  sample:
    sysctls:
      net.ipv4.ip_forward: "0"
removals:
  description: A sentence on each thing that the node loses.
  returned: success
  type: list
  elements: str
  sample: ["The firewall no longer has 9100/tcp from 10.20.0.0/16"]
notices:
  description: Sentences for every run, also where nothing is changed.
  returned: success
  type: list
  elements: str
"""

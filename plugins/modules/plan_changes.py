# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: plan_changes
short_description: Plan what roles change on a node, and verify the result
version_added: 1.0.0
description:
  - The roles that change a host run this action as one of their steps. Use the roles instead of calling the action
    yourself.
  - Validates the variables of the roles, collects the evidence that they need with one call of
    M(hostprep.runtime_fabric.host_info), and returns the list of changes that each role applies. The list is empty if
    the node is already as the inputs require. In that case, the checks of the audit judge the same evidence.
  - With O(together=true), the same call also collects what the role C(rtf_preflight) needs, unless the tag of that role
    is left out of the run.
  - Only the calls of M(hostprep.runtime_fabric.host_info) and M(hostprep.runtime_fabric.egress_info) run on the managed
    host, everything else runs on the control node. The action changes nothing.
  - Fails if the node must not be changed, for example because the inventory lacks an address.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  roles:
    description: The roles, in the order in which they change the node.
    type: list
    elements: str
    choices: [rtf_firewall, rtf_kernel, rtf_proxy, rtf_time_sync]
    required: true
  entry_point:
    description: The entry point of the roles whose variables are validated.
    type: str
    default: main
  step:
    description:
      - V(plan) collects the evidence and plans the changes. V(inspect) only collects the evidence.
      - V(verify) plans nothing. It fails if a required check fails or is unknown, and warns if a recommended check
        does.
    type: str
    choices: [inspect, plan, verify]
    default: plan
  inputs:
    description: Values that override the variables of the roles. The keys are the names of the variables without the
      name of the role.
    type: dict
    default: {}
  host:
    description:
      - Evidence that has already been collected, RV(hostprep.runtime_fabric.host_info#module:host). If it is empty, the
        node is inspected.
    type: dict
    default: {}
  wait:
    description:
      - Whether to wait for a synchronised clock before the inspection, for at most C(rtf_time_sync_wait) seconds. If
        the clock is not synchronised after that, O(step=verify) probes the time servers.
    type: bool
    default: false
  probed:
    description:
      - The results of probing the servers in C(questions) of RV(plans), as M(hostprep.runtime_fabric.egress_info)
        returns them.
    type: list
    elements: dict
  remembered:
    description:
      - What M(hostprep.runtime_fabric.change_record) has recorded. If it is set, the planned changes restore the
        recorded state.
    type: dict
  together:
    description:
      - Whether to plan several roles together. A role that must not change the node, or whose effect is missing, is
        then listed in RV(pending) instead of failing the task, so that the changes of the roles before it are applied.
    type: bool
    default: false
notes:
  - This is an action plugin. It calls M(hostprep.runtime_fabric.host_info) on the host, and
    M(hostprep.runtime_fabric.egress_info) to probe time servers if the clock is not synchronised.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Plan and apply what the kernel of each node lacks
  ansible.builtin.include_role:
    name: hostprep.runtime_fabric.rtf_kernel
"""

RETURN = r"""
host:
  description:
    - The evidence, RV(hostprep.runtime_fabric.host_info#module:host). With O(together=true) and O(step=plan), it is
      empty if neither the audit nor a role that plans for itself needs it.
  returned: success
  type: dict
inputs:
  description: The inputs of each role, as M(hostprep.runtime_fabric.check_inputs) returns them, without secrets.
  returned: success
  type: dict
plans:
  description: The plan of each role, by the name of the role.
  returned: success, with O(step=plan)
  type: dict
  contains:
    changes:
      description:
        - The operations, in the order in which they are applied. RV(ignore:kind) determines which tasks of the role
          apply the operation, and RV(ignore:step) is its name in the output. The other fields are the parameters of
          these tasks.
        - The operations that change the node come after an operation of the kind V(removals), which has one sentence
          for each thing that is removed from the node, and an operation of the kind V(record), which has what
          M(hostprep.runtime_fabric.change_record) records. Each of these two is left out if it would be empty. If files
          are written first, the call that writes them also records.
        - In check mode, an operation that does not support check mode has the kind V(announcement).
      returned: always
      type: list
      elements: dict
      sample:
        - step: Set kernel parameters
          kind: parameters
          parameters:
            net.ipv4.ip_forward: "1"
          optional: []
    sequences:
      description:
        - For each operation, the names of all steps up to and including it. Nodes with the same list have reached the
          same point.
      returned: always
      type: list
      elements: list
      sample: [["Configure the kernel for boot"], ["Configure the kernel for boot", "Set kernel parameters"]]
    announcements:
      description: In check mode, a sentence for each operation that does not support check mode.
      returned: always
      type: list
      elements: str
      sample: ["These modules would be loaded: br_netfilter"]
    notices:
      description: Sentences that are shown in every run, even if nothing is changed.
      returned: always
      type: list
      elements: str
    questions:
      description: Servers that must be probed before the changes can be planned.
      returned: always
      type: list
      elements: str
    in_force:
      description: Whether there is nothing to change, and no required check fails.
      returned: always
      type: bool
pending:
  description: The roles that have something to change, or may have because of what an earlier role changes.
  returned: success, with O(step=plan)
  type: list
  elements: str
stale:
  description: The roles that must collect their own evidence, because an earlier role changes what was found.
  returned: success, with O(step=plan)
  type: list
  elements: str
ready:
  description: The roles that have something to change, and whose plans will still be valid when it is their turn.
  returned: success, with O(step=plan)
  type: list
  elements: str
unverified:
  description: The roles whose effect is missing or changes, so that it must be verified after all roles have been
    applied.
  returned: success, with O(step=plan)
  type: list
  elements: str
audited:
  description:
    - With O(together=true), the options of M(hostprep.runtime_fabric.host_info) with which RV(host) was also collected
      for the audit. Empty if a role changes the node, because the audit must then collect its own evidence, and if no
      audit is run.
  returned: success, with O(step=plan)
  type: dict
notices:
  description: The notices of roles that do not plan for themselves. Nothing else reports these notices.
  returned: success, with O(step=plan)
  type: list
  elements: str
made:
  description: When the plans were made, in nanoseconds of the control node's monotonic clock.
  returned: success, with O(step=plan)
  type: int
checks:
  description: One result for each check, in the order of the catalogue.
  returned: with O(step=verify)
  type: list
  elements: dict
"""

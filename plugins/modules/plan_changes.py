# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: plan_changes
short_description: Plan what roles change on a node, and verify what they have changed
version_added: 1.0.0
description:
  - A step of the roles that change a host. Use the roles rather than this action.
  - Validates the variables of the roles, collects the evidence that they need with one call of
    M(hostprep.runtime_fabric.host_info), and makes the list of changes that each role applies. The list is empty where the
    node is as the inputs ask; then the checks of the audit judge the same evidence.
  - With O(together=true) the same call collects what the role C(rtf_preflight) asks for, unless its tag is left out of the run.
  - Everything but the calls of M(hostprep.runtime_fabric.host_info) and M(hostprep.runtime_fabric.egress_info) runs on the
    controller. Changes nothing.
  - Fails where the node must not be changed, for example because the inventory lacks an address.
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
    description: The entry point of the roles whose variables to validate.
    type: str
    default: main
  step:
    description:
      - V(plan) plans the changes. V(inspect) only collects the evidence.
      - V(verify) plans nothing, and fails where a required check fails or is unknown. It warns of one that is recommended.
    type: str
    choices: [inspect, plan, verify]
    default: plan
  inputs:
    description: Values that hold instead of those of the variables, by names without that of the role.
    type: dict
    default: {}
  host:
    description:
      - Evidence that is there already, RV(hostprep.runtime_fabric.host_info#module:host). Without it the node is inspected.
    type: dict
    default: {}
  wait:
    description:
      - Whether the inspection waits for a synchronised clock, as long as C(rtf_time_sync_wait) says. Where the clock is not
        synchronised then, verifying probes the time servers.
    type: bool
    default: false
  probed:
    description:
      - What the servers among the questions of RV(plans) answered, as M(hostprep.runtime_fabric.egress_info) returns it.
    type: list
    elements: dict
  remembered:
    description:
      - What M(hostprep.runtime_fabric.change_record) has recorded. With it, the changes restore that.
    type: dict
  together:
    description:
      - Whether a role that must not change the node, or whose effect is missing, is only RV(pending) and does not fail the task,
        so that the changes of the roles before it are applied.
    type: bool
    default: false
notes:
  - This is an action plugin, which calls M(hostprep.runtime_fabric.host_info) on the host, and
    M(hostprep.runtime_fabric.egress_info) for time servers of a clock that is not synchronised.
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
    - The evidence, RV(hostprep.runtime_fabric.host_info#module:host). Empty with O(together=true) and O(step=plan) where
      neither the audit nor a role that plans for itself has a use for it.
  returned: success
  type: dict
inputs:
  description: For each role its inputs, as M(hostprep.runtime_fabric.check_inputs) returns them, without secrets.
  returned: success
  type: dict
plans:
  description: The plans, by the names of the roles.
  returned: success, with O(step=plan)
  type: dict
  contains:
    changes:
      description:
        - The operations, in their order. RV(ignore:kind) says which tasks of the role apply one, and RV(ignore:step) names it
          for the output. The other fields are what these tasks need.
        - Those that change the node stand behind one of the kind V(removals), a sentence on each thing that the node loses,
          and one of the kind V(record), what M(hostprep.runtime_fabric.change_record) records, where there is any. Where files
          are written first, the same call records it.
        - In check mode, an operation that has no check mode is of the kind V(announcement).
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
        - For each operation the steps up to it, of which nodes that share them are at the same place.
      returned: always
      type: list
      elements: list
      sample: [["Configure the kernel for boot"], ["Configure the kernel for boot", "Set kernel parameters"]]
    announcements:
      description: In check mode, a sentence for each operation that has no check mode.
      returned: always
      type: list
      elements: str
      sample: ["These modules would be loaded: br_netfilter"]
    notices:
      description: Sentences for every run, also where nothing is changed.
      returned: always
      type: list
      elements: str
    questions:
      description: Servers that have to be probed before the changes can be planned.
      returned: always
      type: list
      elements: str
    in_force:
      description: Whether there is nothing to change and no required check fails.
      returned: always
      type: bool
pending:
  description: The roles that have something to change, or may have because an earlier role disturbs them.
  returned: success, with O(step=plan)
  type: list
  elements: str
stale:
  description: The roles that have to collect evidence of their own, because an earlier one changes what was found.
  returned: success, with O(step=plan)
  type: list
  elements: str
ready:
  description: The roles that have something to change, and whose plans hold when it is their turn.
  returned: success, with O(step=plan)
  type: list
  elements: str
unverified:
  description: The roles whose effect is missing or changes, so that it has to be verified when all of them have been applied.
  returned: success, with O(step=plan)
  type: list
  elements: str
audited:
  description:
    - With O(together=true), the options of M(hostprep.runtime_fabric.host_info) with which RV(host) was collected for the audit
      as well. Empty where a role changes the node, so that the audit has to collect for itself, and where no audit is run.
  returned: success, with O(step=plan)
  type: dict
notices:
  description: The notices of roles that do not plan for themselves, so that nothing else reports them.
  returned: success, with O(step=plan)
  type: list
  elements: str
made:
  description: When the plans were made, a number that grows from one call to the next.
  returned: success, with O(step=plan)
  type: int
checks:
  description: One check result for each check, in the order of the catalogue.
  returned: with O(step=verify)
  type: list
  elements: dict
"""

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: preflight_report
short_description: Judge the evidence of all nodes, print a table and write the report
version_added: 1.0.0
description:
  - The role P(hostprep.runtime_fabric.rtf_preflight#role) runs this action as its last step, after it has collected the
    evidence of every node. Use the role instead of calling the action yourself.
  - Runs on the control node only, and does not connect to any managed host.
  - Writes C(report.json) and C(evidence.json), except in check mode, and prints a table.
  - Fails if a required check failed or is unknown on a node of this run.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  results:
    description:
      - The names of the variables in which the nodes have registered the results of the role's steps. There is one
        dictionary for each step, which maps the part of the evidence to the name of the variable.
      - Nodes of the inventory without any of these variables count as left out of the run.
    type: dict
    required: true
  steps:
    description: The steps of this run. Results of other steps, which an earlier run left, are ignored.
    type: list
    elements: str
    required: true
  plan:
    description: >-
      The name of the variable in which the nodes have registered the result of M(hostprep.runtime_fabric.audit_plan).
      It is saved, so that M(hostprep.runtime_fabric.rejudge) can judge the run again.
    type: str
    default: ''
    version_added: 1.0.0
  ports:
    description:
      - The plan of the port matrix, as M(hostprep.runtime_fabric.audit_plan) returns it. If it is empty, the checks
        that need it are left out.
    type: dict
    default: {}
  targets:
    description:
      - The names of the variables in which the nodes have registered the results of
        M(hostprep.runtime_fabric.audit_targets), that is, what they had to probe and to measure.
    type: list
    elements: str
    default: []
  lost:
    description: The results of nodes that became unreachable in an earlier task, each with the node as C(item).
    type: list
    elements: dict
    default: []
  inputs:
    description:
      - The inputs of the role, with their types, as M(hostprep.runtime_fabric.check_inputs) returns them. In the URL of
        a proxy, V(********) stands in place of the credentials.
      - C(report_dir) is the directory on the control node to write the report to. It is created if it does not exist. A
        relative path starts at the directory in which C(ansible-playbook) was started.
      - If C(enforce) is false, the task fails only if the preparation failed.
    type: dict
    required: true
notes:
  - This is an action plugin; nothing runs on the managed hosts.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Collect the evidence, judge it and report
  ansible.builtin.include_role:
    name: hostprep.runtime_fabric.rtf_preflight
"""

RETURN = r"""
readiness:
  description: The readiness of the cluster, V(ready), V(not_ready) or V(incomplete).
  returned: always
  type: str
  sample: ready
report:
  description: The path of C(report.json) on the control node. V(null) in check mode.
  returned: always
  type: str
  sample: /home/ops/site/rtf-report/report.json
"""

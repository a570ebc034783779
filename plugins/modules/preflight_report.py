# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: preflight_report
short_description: Judge the evidence of all nodes, show a table and write the report
version_added: 1.0.0
description:
  - The last step of the role P(hostprep.runtime_fabric.rtf_preflight#role), which has collected the evidence of every
    node before. Use the role rather than this action.
  - Runs on the controller and touches no host.
  - Writes C(report.json) and C(evidence.json), except in check mode, and prints a table.
  - Fails when a required check failed or is unknown on a node of this run.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  results:
    description:
      - The variables in which the nodes have what the steps of the role left, as a dictionary for each step. Of
        each step it is the part of the evidence and the name of the variable.
      - Nodes of the inventory that have none were left out of the run.
    type: dict
    required: true
  steps:
    description: The steps of this run. What other steps left, in an earlier run, does not count.
    type: list
    elements: str
    required: true
  plan:
    description: >-
      The variable in which the nodes have what M(hostprep.runtime_fabric.audit_plan) returned, so that the run can be judged
      again by M(hostprep.runtime_fabric.rejudge).
    type: str
    default: ''
    version_added: 1.0.0
  ports:
    description:
      - The plan of the port matrix, as M(hostprep.runtime_fabric.audit_plan) returns it. Without one, the checks
        that need it are left out.
    type: dict
    default: {}
  targets:
    description:
      - The variables in which the nodes have what M(hostprep.runtime_fabric.audit_targets) returned of what they had to probe
        and to measure.
    type: list
    elements: str
    default: []
  lost:
    description: The answers of nodes that an earlier task lost, each with the node as C(item).
    type: list
    elements: dict
    default: []
  inputs:
    description:
      - The inputs of the role, with their types, as M(hostprep.runtime_fabric.check_inputs) returns them. The URLs of
        proxies have V(********) in the place of their credentials.
      - C(report_dir) is the directory on the controller for the report. It is created. A relative path counts from the
        directory that C(ansible-playbook) was started in.
      - Unless C(enforce) is true, only a preparation that failed fails the task.
    type: dict
    required: true
notes:
  - This is an action plugin; there is nothing to run on a host.
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
  description: V(ready), V(not_ready) or V(incomplete), for the cluster.
  returned: always
  type: str
  sample: ready
report:
  description: Path of C(report.json) on the controller, V(null) in check mode.
  returned: always
  type: str
  sample: /home/ops/site/rtf-report/report.json
"""

# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: audit_plan
short_description: Plan what an audit collects on each node and probes between the nodes
version_added: 1.0.0
description:
  - The role P(hostprep.runtime_fabric.rtf_preflight#role) runs this action as one of its steps. Use the role instead of
    calling the action yourself.
  - Each check in C(catalog/checks/) names the evidence that it needs. From the selected checks, the catalogue and the
    inventory, this action works out which sections M(hostprep.runtime_fabric.host_info) collects, which endpoints
    M(hostprep.runtime_fabric.egress_info) probes over which paths, what is measured, and the port matrix. Evidence that
    no selected check needs is not collected.
  - Runs on the control node only, and does not connect to any managed host.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  checked:
    description:
      - The name of the variable in which each node of the run has registered the result of
        M(hostprep.runtime_fabric.check_inputs) for the role C(rtf_preflight). The port matrix is planned with the
        inputs of the first node.
      - The task fails if an input that applies to the whole cluster differs between nodes.
    type: str
    required: true
  forks:
    description: How many nodes Ansible works on at a time. Listeners are given a longer lifetime when a task takes
      several rounds.
    type: int
    default: 5
notes:
  - This is an action plugin; nothing runs on the managed hosts.
seealso:
  - module: hostprep.runtime_fabric.audit_targets
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Audit the nodes, with a plan of what to collect
  ansible.builtin.include_role:
    name: hostprep.runtime_fabric.rtf_preflight
"""

RETURN = r"""
nodes:
  description:
    - What is collected on each node, as JSON. It contains no secrets.
    - It contains the options of C(host_info), C(egress_info), C(download_info) and C(disk_write_info), or V(null) for a
      module that no selected check needs; whether the package repositories are probed; and how many seconds all probes
      together may take.
  returned: always
  type: dict
  sample:
    worker-1: >-
      {"host_info": {"sections": ["kernel"], "sysctls": ["net.ipv4.ip_forward"]}, "egress_info": null,
      "repositories": false, "download_info": null, "disk_write_info": null, "deadline": 30.0}
ports:
  description:
    - The plan of the port matrix as JSON, or an empty dictionary if this audit tests no ports. It contains the rows of
      the port table, the nodes of the inventory, and the steps to run.
  returned: always
  type: str
  sample: "{}"
times:
  description: How many seconds the listeners run and the tasks of the port matrix may take. Empty if this audit tests
    no ports.
  returned: always
  type: dict
  sample: {"lifetime": 360, "quiet": 135, "probes": 60.0, "listener_task": 60, "probe_task": 120}
outside_host:
  description: The host outside the cluster that probes the nodes, or an empty string if there is none.
  returned: always
  type: str
key:
  description: The secret that the listeners and probes of this run share. Set C(no_log) on the task.
  returned: always
  type: str
run:
  description: The identity of this run, for the option C(run) of M(hostprep.runtime_fabric.port_listener).
  returned: always
  type: dict
"""

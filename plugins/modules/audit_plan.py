# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: audit_plan
short_description: Plan what an audit collects from each node and probes between them
version_added: 0.1.0
description:
  - A step of the role P(hostprep.runtime_fabric.rtf_preflight#role). Use the role rather than this action.
  - Each check of C(catalog/checks/) names the evidence it needs. From the checks that are selected, the catalogue and the
    inventory follow the sections of M(hostprep.runtime_fabric.host_info), the endpoints of
    M(hostprep.runtime_fabric.egress_info) with the paths to probe, the measurements, and the port matrix.
    What no selected check needs is not collected.
  - Runs on the controller and touches no host.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  inputs:
    description:
      - The inputs of the role rtf_preflight for each node of the run, by the name of the node, as
        M(hostprep.runtime_fabric.check_inputs) returns them. The port matrix follows those of the first node.
    type: dict
    required: true
  forks:
    description: On how many nodes Ansible works at a time. Listeners live longer where that takes several rounds.
    type: int
    default: 5
notes:
  - This is an action plugin; there is nothing to run on a host.
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
plan:
  description: What is collected. It holds no secrets.
  returned: always
  type: dict
  contains:
    nodes:
      description:
        - For each node the options of C(host_info), C(egress_info), C(download_info) and C(disk_write_info), V(null) for a
          module that no selected check needs, whether the package repositories are dialled, and the seconds that all probes
          together may take.
      type: dict
    ports:
      description:
        - The plan of the port matrix, V(null) without one. It has the rows of the port table, the nodes of the inventory, and
          which steps are made.
      type: dict
  sample:
    nodes:
      worker-1:
        host_info: {"sections": ["kernel"], "sysctls": ["net.ipv4.ip_forward"]}
        egress_info: null
        repositories: false
        download_info: null
        disk_write_info: null
        deadline: 30.0
    ports: null
key:
  description: A secret of this run for its listeners and probes. Keep the task's output out of logs.
  returned: always
  type: str
run:
  description: The identity of this run, option C(run) of M(hostprep.runtime_fabric.port_listener).
  returned: always
  type: dict
"""

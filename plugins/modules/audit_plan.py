# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: audit_plan
short_description: Plan what an audit collects from each node and probes between them
version_added: 1.0.0
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
  checked:
    description:
      - The variable in which each node of the run has what M(hostprep.runtime_fabric.check_inputs) returned for the role
        rtf_preflight. The port matrix follows the inputs of the first node.
      - Inputs of the whole cluster that differ between the nodes fail the task.
    type: str
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
nodes:
  description:
    - What is collected from each node, as JSON. It holds no secrets.
    - These are the options of C(host_info), C(egress_info), C(download_info) and C(disk_write_info), V(null) for a module that
      no selected check needs, whether the package repositories are dialled, and the seconds that all probes together may take.
  returned: always
  type: dict
  sample:
    worker-1: >-
      {"host_info": {"sections": ["kernel"], "sysctls": ["net.ipv4.ip_forward"]}, "egress_info": null,
      "repositories": false, "download_info": null, "disk_write_info": null, "deadline": 30.0}
ports:
  description:
    - The plan of the port matrix as JSON, an empty dictionary without one. It has the rows of the port table, the nodes of the
      inventory, and which steps are made.
  returned: always
  type: str
  sample: "{}"
times:
  description: Seconds that listeners live and tasks of the port matrix may take, empty without one.
  returned: always
  type: dict
  sample: {"lifetime": 360, "quiet": 135, "probes": 60.0, "listener_task": 60, "probe_task": 120}
outside_host:
  description: The host outside the cluster that probes the nodes, empty without one.
  returned: always
  type: str
key:
  description: A secret of this run for its listeners and probes. Keep the task's output out of logs.
  returned: always
  type: str
run:
  description: The identity of this run, option C(run) of M(hostprep.runtime_fabric.port_listener).
  returned: always
  type: dict
"""

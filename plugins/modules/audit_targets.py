# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: audit_targets
short_description: Narrow the plan of an audit by what its earlier steps found
version_added: 1.0.0
description:
  - A step of the role P(hostprep.runtime_fabric.rtf_preflight#role). Use the role rather than this action.
  - A plan of M(hostprep.runtime_fabric.audit_plan) cannot know which package repositories a host has, which nodes are
    reached, which ports are held by services, and which are open. This action takes the plan and the results of earlier
    modules, and returns what each node does next.
  - Runs on the controller and touches no host.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  step:
    description:
      - V(collect) after M(hostprep.runtime_fabric.host_info), V(probe) when all listeners are up, V(measure) when the ports
        are probed.
    type: str
    choices: [collect, probe, measure]
    required: true
  nodes:
    description: What is collected from each node, as M(hostprep.runtime_fabric.audit_plan) returns it, for O(step=collect).
    type: dict
    default: {}
  ports:
    description: The plan of the port matrix, as M(hostprep.runtime_fabric.audit_plan) returns it.
    type: dict
    default: {}
  participants:
    description: The nodes that take part in the port matrix, as O(step=collect) returned them, for the other steps.
    type: dict
    default: {}
  results:
    description:
      - The variables in which the nodes of the run have results, by what they hold.
      - For O(step=collect) V(host_info) and V(checked), of M(hostprep.runtime_fabric.check_inputs); for O(step=probe)
        V(listener), of M(hostprep.runtime_fabric.port_listener); for O(step=measure) that and V(probes), of
        M(hostprep.runtime_fabric.port_probe_info).
    type: dict
    required: true
  outside:
    description: Whether a host outside the cluster has ports to probe, for O(step=measure).
    type: bool
    default: false
notes:
  - This is an action plugin; there is nothing to run on a host.
seealso:
  - module: hostprep.runtime_fabric.audit_plan
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Audit the nodes, among all that the role does
  ansible.builtin.include_role:
    name: hostprep.runtime_fabric.rtf_preflight
"""

RETURN = r"""
nodes:
  description:
    - What each node does, as JSON.
    - With O(step=collect) for each node C(egress_info), the endpoints to probe with those of its package repositories,
      and C(listen) for M(hostprep.runtime_fabric.port_listener), each V(null) where there is nothing to do.
    - With O(step=probe) for each node that takes part C(peers) for M(hostprep.runtime_fabric.port_probe_info), C(left_out),
      the nodes it does not probe with the reason, and C(sampled), whether there are more nodes than it probes.
    - With O(step=measure) for each node C(links), the peers for M(hostprep.runtime_fabric.link_info), C(unmeasured) and
      C(bandwidth_left_out), the nodes to which nothing is measured with the reason, and C(through_load_balancer).
    - Empty where listeners of another audit hold ports.
  returned: always
  type: dict
  sample:
    worker-1: '{"through_load_balancer": true}'
participants:
  description: Which nodes take part in the port matrix, and why others do not, V(null) without a matrix.
  returned: with O(step=collect)
  type: dict
  sample:
    nodes:
      - name: worker-1
        role: worker
        address: 192.0.2.21
    absent:
      worker-2:
        status: unknown
        reason: "unreachable: no route to host"
steps:
  description:
    - The task files of the role that follow, only those with something to do. With O(step=collect) their names.
    - With O(step=measure) a dictionary for each, its name as C(file). One of bandwidth is a round - C(number), the peers of
      each node that measures as C(peers), and on how many nodes at a time as C(at_a_time), 0 for all.
  returned: with O(step=collect) and O(step=measure)
  type: list
  elements: raw
  sample:
    - file: links
    - file: bandwidth
      number: 0
      peers:
        worker-1: [{"name": "worker-2", "address": "192.0.2.22", "port": 4242}]
      at_a_time: 0
outside:
  description: What a host outside the cluster probes, and must not reach.
  returned: with O(step=probe)
  type: list
  elements: dict
load_balancer:
  description: Which node connects through the load balancer, and where that is, V(null) without one.
  returned: with O(step=measure)
  type: dict
  sample: {"from": "worker-1", "host": "lb.example.com", "port": 443}
"""

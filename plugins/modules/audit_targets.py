# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: audit_targets
short_description: Narrow the plan of an audit to what its earlier steps found
version_added: 1.0.0
description:
  - The role P(hostprep.runtime_fabric.rtf_preflight#role) runs this action as one of its steps. Use the role instead of
    calling the action yourself.
  - When M(hostprep.runtime_fabric.audit_plan) makes its plan, it is not known which package repositories a host uses,
    which nodes are reachable, which ports are in use by services, or which ports are open. This action takes the plan
    and the results of earlier modules, and returns what each node does next.
  - Runs on the control node only, and does not connect to any managed host.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  step:
    description:
      - The step to plan. Use V(collect) after M(hostprep.runtime_fabric.host_info), V(probe) when all listeners are
        running, and V(measure) when the ports have been probed.
    type: str
    choices: [collect, probe, measure]
    required: true
  nodes:
    description: What is collected on each node, as M(hostprep.runtime_fabric.audit_plan) returns it. Used with
      O(step=collect) only.
    type: dict
    default: {}
  ports:
    description: The plan of the port matrix, as M(hostprep.runtime_fabric.audit_plan) returns it.
    type: dict
    default: {}
  participants:
    description: The nodes that take part in the port matrix, as O(step=collect) returned them. Used by the other steps.
    type: dict
    default: {}
  results:
    description:
      - The names of the variables in which the nodes of the run have registered results. The keys say which result it
        is.
      - With O(step=collect), the keys are V(host_info), and V(checked) for M(hostprep.runtime_fabric.check_inputs).
        With O(step=probe), the key is V(listener) for M(hostprep.runtime_fabric.port_listener). With O(step=measure),
        the keys are V(listener), and V(probes) for M(hostprep.runtime_fabric.port_probe_info).
    type: dict
    required: true
  outside:
    description: Whether a host outside the cluster has ports to probe. Used with O(step=measure) only.
    type: bool
    default: false
notes:
  - This is an action plugin; nothing runs on the managed hosts.
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
    - With O(step=collect), each node has C(egress_info), the endpoints to probe including those of its package
      repositories, and C(listen), the option of M(hostprep.runtime_fabric.port_listener). Each is V(null) if there is
      nothing to do.
    - With O(step=probe), each node that takes part has C(peers) for M(hostprep.runtime_fabric.port_probe_info),
      C(left_out), the nodes that it does not probe and why, and C(sampled), whether it probes only a sample of the
      nodes.
    - With O(step=measure), each node has C(links), the peers for M(hostprep.runtime_fabric.link_info), C(unmeasured)
      and C(bandwidth_left_out), the nodes to which links or bandwidth are not measured and why, and
      C(through_load_balancer).
    - Empty if listeners of another audit use ports that this audit needs.
  returned: always
  type: dict
  sample:
    worker-1: '{"through_load_balancer": true}'
participants:
  description: Which nodes take part in the port matrix, and why the others do not. V(null) if this audit tests
    no ports.
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
    - The task files that the role includes next. A file without anything to do is left out. With O(step=collect), these
      are names.
    - With O(step=measure), these are dictionaries, with the name of the file as C(file). Each entry for bandwidth is
      one round. It also has C(number), C(peers), the peers of each node that measures, and C(at_a_time), how many nodes
      measure at the same time, with V(0) for all of them.
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
  description: The ports that a host outside the cluster probes and must not be able to reach.
  returned: with O(step=probe)
  type: list
  elements: dict
load_balancer:
  description: Which node connects through the load balancer, and the host and port of the load balancer. V(null) if
    the inputs name no load balancer.
  returned: with O(step=measure)
  type: dict
  sample: {"from": "worker-1", "host": "lb.example.com", "port": 443}
"""

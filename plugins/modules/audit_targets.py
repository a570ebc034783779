# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: audit_targets
short_description: Narrow the plan of an audit by what its earlier steps found
version_added: 0.1.0
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
  plan:
    description: The plan, as M(hostprep.runtime_fabric.audit_plan) returns it.
    type: dict
    required: true
  hosts:
    description:
      - Results of M(hostprep.runtime_fabric.host_info) by the name of the node. A node without an entry is not part of the
        run.
    type: dict
    required: true
  proxies:
    description: The URL of the HTTP proxy of each node without its credentials, for O(step=collect).
    type: dict
    default: {}
  listeners:
    description: Results of M(hostprep.runtime_fabric.port_listener) by the name of the node.
    type: dict
    default: {}
  probed:
    description: Results of M(hostprep.runtime_fabric.port_probe_info) by the name of the node, for O(step=measure).
    type: dict
    default: {}
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
    - With O(step=collect) for each node C(egress_info), the endpoints to probe with those of its package repositories,
      C(repositories), the ones behind another proxy than the site's, and C(listen) for
      M(hostprep.runtime_fabric.port_listener), each V(null) where there is nothing to do.
    - With O(step=probe) for each node that takes part C(peers) for M(hostprep.runtime_fabric.port_probe_info), C(left_out),
      the nodes it does not probe with the reason, and C(sampled), whether there are more nodes than it probes.
    - With O(step=measure) for each node C(links), the peers for M(hostprep.runtime_fabric.link_info), C(unmeasured) and
      C(bandwidth_left_out), the nodes to which nothing is measured with the reason, and C(through_load_balancer).
    - Empty where listeners of another audit hold ports.
  returned: always
  type: dict
  sample:
    worker-1:
      peers:
        - name: worker-2
          address: 192.0.2.22
          tcp: ["7496", "30000-32767"]
          udp: ["7496", "8472", "30000-32767"]
          connect: ["53", "7373"]
      left_out:
        worker-3:
          status: unknown
          reason: "unreachable: no route to host"
outside:
  description: What a host outside the cluster probes, and must not reach.
  returned: with O(step=probe)
  type: list
  elements: dict
rounds:
  description: One entry for each round of bandwidth measurements, with the peer of each node that measures.
  returned: with O(step=measure)
  type: list
  elements: dict
  sample:
    - worker-1: {"name": "worker-2", "address": "192.0.2.22", "port": 4242}
load_balancer:
  description: Which node connects through the load balancer, and where that is, V(null) without one.
  returned: with O(step=measure)
  type: dict
  sample: {"from": "worker-1", "host": "lb.example.com", "port": 443}
"""

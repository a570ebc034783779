# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: port_matrix_plan
short_description: Plan who listens on which ports and who probes whom
version_added: 0.1.0
description:
  - A step of the role P(hostprep.runtime_fabric.rtf_preflight#role). Use the role rather than this action.
  - From the port table of the catalogue, the inventory, and the evidence that the role has collected, it makes the
    arguments of M(hostprep.runtime_fabric.port_listener), M(hostprep.runtime_fabric.port_probe_info),
    M(hostprep.runtime_fabric.link_info) and M(hostprep.runtime_fabric.bandwidth_info) for every node of
    the play. A node that cannot be reached is left out, and its peers are told why.
  - Runs on the controller and touches no host.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  step:
    description:
      - V(listen) before any listener is started, V(probe) when all are up. The ports that a listener could not have,
        because a service holds them, are only connected to.
      - V(measure) when the ports were probed. Ways between nodes are measured over ports that are open.
    type: str
    choices: [listen, probe, measure]
    required: true
  release:
    description: The edition of the vendor's requirements.
    type: str
    required: true
  phase:
    description: V(install) before and while Runtime Fabric is installed, V(operate) afterwards.
    type: str
    required: true
  most_peers:
    description: How many other nodes each node probes. Where there are more it is a sample, the same in every run.
    type: int
    required: true
  outside_host:
    description: The host that probes the nodes from outside, empty where none does. It must not be a node.
    type: str
    default: ""
  links:
    description: Whether the ways between the nodes are measured at all.
    type: bool
    default: true
  load_balancer:
    description: The load balancer in front of the controllers, C(host) or C(host:port), empty where there is none.
    type: str
    default: ""
  bandwidth:
    description:
      - Which pairs of nodes measure their bandwidth. V(ring) is each node with the next one, V(all) each with each.
      - Pairs that do so at the same time have no node in common.
    type: str
    choices: [ring, all, none]
    default: ring
  extra_ports:
    description: Ports that the site adds to those of the vendor, as in the input C(rtf_extra_ports).
    type: list
    elements: dict
    default: []
notes:
  - This is an action plugin; there is nothing to run on a host.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Try the ports between the nodes, among all that the preflight does
  ansible.builtin.include_role:
    name: hostprep.runtime_fabric.rtf_preflight
"""

RETURN = r"""
key:
  description: A secret for this run. Keep the task's output out of logs.
  returned: with O(step=listen)
  type: str
run:
  description: What listeners of other runs are told about this one, the option C(run) of M(hostprep.runtime_fabric.port_listener).
  returned: with O(step=listen)
  type: dict
outside:
  description: What a host that is no node tries at the nodes, and must not reach.
  returned: with O(step=probe)
  type: list
  elements: dict
load_balancer:
  description: Which node connects through the load balancer, and where that is, V(null) without one.
  returned: with O(step=measure)
  type: dict
  sample: {"from": "worker-1", "host": "lb.example.com", "port": 443}
rounds:
  description: One entry for each round of bandwidth measurements, for each node that measures the peer that it measures with.
  returned: with O(step=measure)
  type: list
  elements: dict
  sample:
    - worker-1: {"name": "worker-2", "address": "192.0.2.22", "port": 4242}
nodes:
  description:
    - For each node that takes part, with O(step=listen) what its listener gets as C(listen), with O(step=probe) what its
      probe gets as C(peers), in C(left_out) the nodes it does not probe, with the reason, and in C(sampled) whether there are
      more nodes, of which it probes a sample only.
    - Empty after O(step=listen) where the listeners of another run hold the ports.
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
"""

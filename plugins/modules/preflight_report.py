# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: preflight_report
short_description: Judge the evidence of all nodes, show a table and write the report
version_added: 0.1.0
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
  release:
    description: The edition of the vendor's requirements.
    type: str
    required: true
  control_plane:
    description: The control plane that the cluster is managed from.
    type: str
    required: true
  phase:
    description: V(install) before and while Runtime Fabric is installed, V(operate) afterwards.
    type: str
    required: true
  ntp_servers:
    description: The NTP servers of the cluster, as C(rtf_ntp_servers) has them.
    type: list
    elements: raw
    default: []
  directory:
    description: Directory on the controller for the report. It is created. A relative path counts from the directory
      that C(ansible-playbook) was started in.
    type: path
    required: true
  extra_endpoints:
    description: Endpoints that the site adds to those of the vendor, as in the input C(rtf_extra_endpoints).
    type: list
    elements: dict
    default: []
  extra_ports:
    description: Ports that the site adds to those of the vendor, as in the input C(rtf_extra_ports).
    type: list
    elements: dict
    default: []
  http_proxy:
    description: The HTTP proxy that is meant, with V(********) in the place of its credentials. Empty where there is none.
    type: str
    default: ""
  monitoring_proxy:
    description: The SOCKS5 proxy that is meant, likewise.
    type: str
    default: ""
  pod_cidr:
    description: The network of the pods.
    type: str
    default: 10.244.0.0/16
  service_cidr:
    description: The network of the services.
    type: str
    default: 10.100.0.0/16
  no_proxy_extra:
    description: What the site reaches without the proxy, beside the cluster itself.
    type: list
    elements: str
    default: []
  spare_addresses:
    description: How many addresses of the nodes' subnet must be free for VMs to come.
    type: int
    default: 2
  checks:
    description: Names or globs of the checks to judge. The others are reported as left out.
    type: list
    elements: str
    default: ["*"]
  skip_checks:
    description: Names or globs of checks to leave out.
    type: list
    elements: str
    default: []
  waivers:
    description:
      - Failures that are accepted, as dictionaries of C(checks) and C(nodes), lists of names or globs, C(reason) and
        C(expires), the last date on which the waiver holds. Without C(nodes) every node is meant.
      - What the site itself left out can be accepted likewise. What is unknown cannot.
    type: list
    elements: dict
    default: []
  smtp:
    description: The mail server of the cluster, as in the input C(rtf_smtp). Empty where there is none.
    type: dict
    default: {}
  min_outbound_bandwidth_mbit:
    description: Megabits a second that a download has to reach, where one was tried.
    type: float
    default: 100.0
  port_matrix:
    description: Whether the ports between the nodes were tried. Without, the checks that need it count as left out.
    type: bool
    default: false
  port_matrix_peers:
    description: How many other nodes each node tried at most.
    type: int
    default: 20
  links:
    description: Whether latency, loss and path MTU between the nodes were measured, which needs O(port_matrix).
    type: bool
    default: true
  bandwidth:
    description: Which pairs of nodes measured their bandwidth, V(ring), V(all) or V(none).
    type: str
    default: ring
  outside_host:
    description: The host outside that tried what only nodes may reach, empty where there is none.
    type: str
    default: ""
  load_balancer:
    description: The load balancer in front of the controllers, C(host) or C(host:port), empty where there is none.
    type: str
    default: ""
  max_latency_ms:
    description: Milliseconds within which 95 of 100 packets have to be back from another node.
    type: float
    default: 15
  min_node_bandwidth_mbit:
    description: The bandwidth that two nodes need between them, in Mbit/s.
    type: float
    default: 900
  enforce:
    description: Whether a required check that failed, is unknown or was left out fails the task.
    type: bool
    default: true
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

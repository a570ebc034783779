# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: firewall_plan
short_description: Work out what the firewall of a node has to let in
version_added: 0.1.0
description:
  - A step of the role P(hostprep.runtime_fabric.rtf_firewall#role). Use the role rather than this action.
  - From the port table of the catalogue and the inventory it makes the arguments of
    M(hostprep.runtime_fabric.firewall_rules) for a node of its role. Ports that never leave a node are not among them.
  - Fails where a node has no address, or one outside all of O(internal_networks), or where O(default_deny) is refused.
  - Runs on the controller and touches no host.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  release:
    description: The edition of the vendor's requirements.
    type: str
    required: true
  phase:
    description: V(install) before and while Runtime Fabric is installed, V(operate) afterwards.
    type: str
    required: true
  internal_networks:
    description:
      - The internal networks of the site. Without them the rows that are for these are left out, with a warning.
      - V(unchanged) leaves those that O(applied) has.
    type: raw
    default: []
  ingress_sources:
    description: Who calls the applications. Without it, everybody. V(unchanged) leaves those that O(applied) has.
    type: raw
    default: []
  extra_ports:
    description:
      - Ports that the site adds to those of the vendor, as in the input C(rtf_extra_ports).
      - V(unchanged) leaves those that O(applied) has.
    type: raw
    default: []
  expire:
    description: How long the ports stay open that only the installation needs, such as V(24h) or V(7d).
    type: str
    default: 24h
  default_deny:
    description:
      - Whether the rules are meant for a firewall that denies everything else. That is refused for a release whose
        ports between the nodes the catalogue does not list.
      - V(unchanged) takes what O(applied) says.
    type: raw
    default: false
  applied:
    description: What the node holds of a former run, RV(hostprep.runtime_fabric.host_info#module:host.firewall.applied).
    type: dict
notes:
  - This is an action plugin; there is nothing to run on a host.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Open on each node what the port table asks of it
  ansible.builtin.include_role:
    name: hostprep.runtime_fabric.rtf_firewall
"""

RETURN = r"""
sets:
  description: The addresses of all nodes and of the controllers.
  returned: success
  type: dict
  sample:
    controllers: [192.0.2.11]
    nodes: [192.0.2.11, 192.0.2.21]
rules:
  description: The rules for the node, inbound only, with the ids of the rows as comment.
  returned: success
  type: list
  elements: dict
  sample:
    - comment: etcd
      expires: false
      from_set: nodes
      networks: []
      ports: ["2379-2380", "4001", "7001"]
      transport: tcp
default_deny:
  description: Whether the firewall is to deny everything else.
  returned: success
  type: bool
  sample: false
taken_away:
  description: What the node let in by O(applied) and no longer does.
  returned: success
  type: list
  elements: str
  sample: [9100/tcp from 10.20.0.0/16]
left_out:
  description: The ids of rows that cannot be opened, by the variable that is not set.
  returned: success
  type: dict
  sample:
    rtf_internal_networks: [ops-center-ui]
expire_after:
  description: The seconds of O(expire).
  returned: success
  type: int
"""

#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: load_balancer_info
short_description: Find out which hosts a load balancer forwards to, and how it changes connections
version_added: 1.0.0
description:
  - Opens new connections to a load balancer, and identifies which of the listeners behind it each connection reached.
    The listeners are started by M(hostprep.runtime_fabric.port_listener) with the same O(key), and prove their
    identity.
  - Also reports whether the load balancer passes TLS through or terminates it, and whether the listener sees the
    address of this host, either directly or in a PROXY protocol header, or only the address of the load balancer.
  - The managed host needs only Linux and Python 3.6 or newer. Proxies are never used.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
  - hostprep.runtime_fabric.listeners
  - hostprep.runtime_fabric.listeners.deadline
options:
  host:
    description:
      - The host name or IPv4 address of the load balancer.
    type: str
    required: true
  port:
    description:
      - The TCP port of the load balancer.
    type: int
    default: 443
  connections:
    description:
      - How many connections to open.
    type: int
    default: 30
  timeout:
    default: 5.0
"""

EXAMPLES = r"""
- name: Find out which hosts the load balancer forwards to, where listeners with the same key run
  hostprep.runtime_fabric.load_balancer_info:
    key: "{{ run_key }}"
    host: lb.example.com
  register: balancer

- name: Show how evenly it spreads connections
  ansible.builtin.debug:
    msg: "{{ balancer.reached | items2dict(key_name='name', value_name='count') }}"
"""

RETURN = r"""
connections:
  description: How many connections were tried.
  returned: success
  type: int
  sample: 30
reached:
  description: The connections that a listener answered, grouped by result.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The listener that answered.
      returned: always
      type: str
      sample: controller-1
    tls:
      description: V(passed_through), or V(ended) if the load balancer terminates TLS.
      returned: always
      type: str
      sample: passed_through
    source:
      description:
        - V(kept) if the listener sees the address of this host, V(announced) if the load balancer passes it on in a
          PROXY protocol header, or V(hidden) if the listener sees another address.
      returned: always
      type: str
      sample: announced
    seen:
      description: The address that the listener takes for the address of the client.
      returned: always
      type: str
      sample: 192.0.2.21
    count:
      description: How many connections had this result.
      returned: always
      type: int
      sample: 15
failures:
  description: Why the other connections did not reach a listener, with the number of connections for each reason.
  returned: success
  type: list
  elements: dict
  sample:
    - reason: "192.0.2.2 port 443: Connection refused"
      count: 15
elapsed:
  description: How many seconds the connections took.
  returned: success
  type: float
  sample: 0.4
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import numeric_arguments
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import load_balancer_probe, probing_modules


def argument_spec():
    return {
        "key": probing_modules.KEY,
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "default": 443},
        "connections": {"type": "int", "default": 30},
        "timeout": {"type": "float", "default": 5.0},
        "deadline": {"type": "float", "default": 30.0},
    }


def bad_arguments(params):
    """One sentence for each argument that has the right type but makes no sense."""
    return numeric_arguments.bad_numbers(
        params, {"port": 65535, "connections": 10000, "timeout": 3600, "deadline": 3600}
    )


def connect(key, params):
    names = ("host", "port", "connections", "timeout", "deadline")
    return load_balancer_probe.probe(key, *[params[name] for name in names])


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    probing_modules.run(module, bad_arguments, connect)


if __name__ == "__main__":
    main()

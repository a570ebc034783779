#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: bandwidth_info
short_description: Measure the bandwidth to another host and back
version_added: 1.0.0
description:
  - Measures the throughput of one TCP connection to a listener started by M(hostprep.runtime_fabric.port_listener),
    first to the listener and then back. Peers are measured one after another.
  - The measurement of each direction ends after O(seconds) or O(megabytes), whichever comes first. It puts load on the
    network for that long.
  - A single connection of a Python process carries several Gbit/s; results above about 5 Gbit/s are a lower bound.
  - The managed host needs only Linux and Python 3.6 or newer. Proxies are never used.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
  - hostprep.runtime_fabric.listeners
  - hostprep.runtime_fabric.listeners.peers
options:
  seconds:
    description:
      - How many seconds to measure each direction.
    type: float
    default: 1.0
  megabytes:
    description:
      - How many megabytes (1000000 bytes) to send in each direction at most.
    type: int
    default: 1250
  timeout:
    description:
      - How many seconds to wait for a connection, and for the last bytes to arrive.
    default: 5.0
  earlier:
    description:
      - The value of RV(peers) from an earlier task. It is returned in front of what this task measures. With an empty
        list of O(peers), Ansible does not connect to the host.
    type: list
    elements: dict
    default: []
seealso:
  - module: hostprep.runtime_fabric.link_info
"""

EXAMPLES = r"""
- name: Measure the bandwidth to another host and back, with a listener of the same key there
  hostprep.runtime_fabric.bandwidth_info:
    key: "{{ run_key }}"
    peers:
      - name: worker-2
        address: 192.0.2.22
        port: 4242
  register: bandwidth

- name: Show what arrived there
  ansible.builtin.debug:
    msg: "{{ bandwidth.peers[0].send.mean_mbit }} Mbit/s"
"""

RETURN = r"""
peers:
  description: The entries of O(earlier), followed by one entry for each entry of O(peers), in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the peer, as given. RV(ignore:address) and RV(ignore:port) are returned in the same way.
      returned: always
      type: str
      sample: worker-2
    send:
      description:
        - What arrived at the peer - C(bytes), the C(seconds) that it took, and the throughput as C(mean_mbit) and
          C(peak_mbit), in Mbit/s (1000000 bits per second). The peak is the throughput of the best half second.
        - If nothing could be measured, it contains only C(error), a sentence that says why.
      returned: always
      type: dict
      sample: {"bytes": 117500000, "seconds": 1.0, "mean_mbit": 940.0, "peak_mbit": 941.2}
    receive:
      description: What arrived at this host, with the same fields as RV(ignore:send).
      returned: always
      type: dict
elapsed:
  description: How many seconds the measurements took.
  returned: success
  type: float
  sample: 2.1
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import numeric_arguments, port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import bandwidth_measurement, probing_modules


def argument_spec():
    return {
        "key": probing_modules.KEY,
        "peers": probing_modules.peers_option(port={"type": "int", "required": True}),
        "seconds": {"type": "float", "default": 1.0},
        "megabytes": {"type": "int", "default": 1250},
        "timeout": {"type": "float", "default": 5.0},
        "earlier": {"type": "list", "elements": "dict", "default": []},  # for the action of the same name
    }


def bad_arguments(params):
    """One sentence for each argument that has the right type but makes no sense."""
    return port_ranges.bad_peers(params["peers"]) + numeric_arguments.bad_numbers(
        params, {"seconds": 50, "megabytes": 1000000, "timeout": 60}
    )


def measure(key, params):
    limits = params["seconds"], params["megabytes"] * 1000000, params["timeout"]
    return {"peers": [bandwidth_measurement.measure(key, peer, *limits) for peer in params["peers"]]}


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    probing_modules.run(module, bad_arguments, measure)


if __name__ == "__main__":
    main()

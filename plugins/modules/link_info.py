#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: link_info
short_description: Measure latency, loss, clock offset and path MTU between hosts
version_added: 1.0.0
description:
  - Sends a stream of keyed UDP requests to all listeners in O(peers) at the same time, and derives round-trip times,
    loss and clock offsets from the answers. The listeners are started by M(hostprep.runtime_fabric.port_listener).
  - The kernels of both hosts record when datagrams arrive, and the time that the listener took to answer is subtracted,
    so a busy host does not look like a slow network.
  - Then finds the largest packet that passes unfragmented in both directions, even if routers drop larger packets
    without sending an ICMP message.
  - The managed host needs only Linux, C(ip) and Python 3.6 or newer. Proxies are never used.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
  - hostprep.runtime_fabric.listeners
  - hostprep.runtime_fabric.listeners.peers
  - hostprep.runtime_fabric.listeners.deadline
options:
  count:
    description:
      - How many requests to send to each peer.
    type: int
    default: 100
  interval:
    description:
      - How many seconds to wait between two requests to the same peer.
    type: float
    default: 0.01
  timeout:
    description:
      - How many seconds to wait for the last answers. Answers that arrive later count as lost.
    default: 1.0
seealso:
  - module: hostprep.runtime_fabric.bandwidth_info
"""

EXAMPLES = r"""
- name: Measure the link to another host, on which a listener with the same key runs
  hostprep.runtime_fabric.link_info:
    key: "{{ run_key }}"
    peers:
      - name: worker-2
        address: 192.0.2.22
        port: 8472
  register: links

- name: Show the 95th percentile of the round-trip time
  ansible.builtin.debug:
    msg: "{{ links.peers[0].rtt_ms.p95 }} ms"
"""

RETURN = r"""
peers:
  description: One entry for each entry of O(peers), in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the peer, as given. RV(ignore:address) and RV(ignore:port) are returned in the same way.
      returned: always
      type: str
      sample: worker-2
    sent:
      description: How many requests were sent.
      returned: always
      type: int
      sample: 100
    received:
      description: How many of them were answered with a valid proof.
      returned: always
      type: int
      sample: 100
    loss_percent:
      description: The percentage of requests that were not answered.
      returned: always
      type: float
      sample: 0.0
    rtt_ms:
      description:
        - Round-trip times in milliseconds, without the time that the listener took - C(min), the median C(p50), the
          95th percentile C(p95), and C(max).
        - V(null) if no request was answered.
      returned: always
      type: dict
      sample: {"min": 0.05, "p50": 0.08, "p95": 0.12, "max": 0.4}
    clock:
      description:
        - C(offset_ms) is the peer's clock minus the clock of this host in milliseconds, measured with the fastest round
          trip. C(error_ms) is the largest possible error of that offset.
        - V(null) if no request was answered.
      returned: always
      type: dict
      sample: {"offset_ms": -0.012, "error_ms": 0.025}
    path:
      description:
        - C(mtu) is the size in bytes of the largest IP packet that passes there and back, V(null) if none does.
        - C(arrives) is whether packets as large as C(interface_mtu) arrive, V(null) if that is not known. C(icmp) is
          whether a router reported by ICMP that a packet was too large for it.
        - C(interface) is the interface through which packets to the peer leave, and C(interface_mtu) is its MTU. Larger
          packets are not tried.
      returned: always
      type: dict
      sample: {"mtu": 1500, "arrives": true, "icmp": false, "interface": "eth0", "interface_mtu": 1500}
elapsed:
  description: How many seconds the measurements took.
  returned: success
  type: float
  sample: 1.2
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import numeric_arguments, port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import latency, probing_modules


def argument_spec():
    return {
        "key": probing_modules.KEY,
        "peers": probing_modules.peers_option(port={"type": "int", "required": True}),
        "count": {"type": "int", "default": 100},
        "interval": {"type": "float", "default": 0.01},
        "timeout": {"type": "float", "default": 1.0},
        "deadline": {"type": "float", "default": 30.0},
    }


def bad_arguments(params):
    """One sentence for each argument that has the right type but makes no sense."""
    return port_ranges.bad_peers(params["peers"]) + numeric_arguments.bad_numbers(
        params, {"count": 100000, "interval": 60, "timeout": 60, "deadline": 86400}
    )


def measure(key, params):
    limits = [params[name] for name in ("count", "interval", "timeout", "deadline")]
    return {"peers": latency.measure_all(key, params["peers"], *limits)}


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    probing_modules.run(module, bad_arguments, measure)


if __name__ == "__main__":
    main()

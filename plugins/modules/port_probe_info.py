#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: port_probe_info
short_description: Probe thousands of ports of other hosts at the same time, with proof of the peer's identity
version_added: 1.0.0
description:
  - Probes all ports in O(peers) from the managed host at the same time, and reports which of them are open, and why the
    others are not. Proxies are never used.
  - A port in O(peers[].tcp) or O(peers[].udp) counts as open if a listener started by
    M(hostprep.runtime_fabric.port_listener) with the same O(key) proves that the probe arrived at the expected peer and
    port.
  - A UDP request without an answer is repeated several times before the port counts as dropped.
  - Hosts limit how many ICMP errors they send per second. If some ports of a peer are rejected and others do not
    answer, a few of the latter are probed again at a lower rate before they count as dropped.
  - The result lists ranges of ports for each verdict, not individual ports.
  - The managed host needs only Linux and Python 3.6 or newer.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
  - hostprep.runtime_fabric.listeners
  - hostprep.runtime_fabric.listeners.deadline
options:
  peers:
    description:
      - The hosts and ports to probe.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the peer's listener.
        type: str
        required: true
      address:
        description:
          - The peer's IPv4 address.
        type: str
        required: true
      tcp:
        description:
          - TCP ports and port ranges, such as V(30000-32767), on which the peer's listener must answer with a proof.
        type: list
        elements: str
        default: []
      udp:
        description:
          - UDP ports and port ranges on which the peer's listener must answer with a proof.
        type: list
        elements: str
        default: []
      vxlan:
        description:
          - UDP ports to which datagrams in the format of an overlay network (VXLAN) are sent, because devices on the
            path may treat them differently. The ports need not be in O(peers[].udp). Both short datagrams and datagrams
            as large as the MTU of the interface allows must arrive, and so must their answers.
        type: list
        elements: str
        default: []
      connect:
        description:
          - TCP ports to which the module only connects, without sending anything, because one of the peer's own
            services listens there, or because nothing should.
        type: list
        elements: str
        default: []
      query:
        description:
          - UDP ports that are expected not to answer. The module sends a DNS query for V(localhost), and any answer
            counts. A missing answer proves nothing.
        type: list
        elements: str
        default: []
  timeout:
    default: 3.5
  deadline:
    description:
      - How many seconds the whole call may take. Ports without a result by then have the verdict V(untested).
    default: 60.0
  concurrency:
    description:
      - How many TCP connections to attempt at the same time. The limit on open files may reduce this number.
    type: int
    default: 8192
"""

EXAMPLES = r"""
- name: Verify the ports of an application between two hosts
  hosts: worker-1:worker-2
  gather_facts: false
  tasks:
    - name: Record a key that only this run knows
      ansible.builtin.set_fact:
        run_key: "{{ lookup('ansible.builtin.password', '/dev/null', length=32, chars=['ascii_letters', 'digits']) }}"
      run_once: true

    - name: Start listeners on the ports of the application
      hostprep.runtime_fabric.port_listener:
        key: "{{ run_key }}"
        name: "{{ inventory_hostname }}"
        listen:
          - address: "{{ ansible_host }}"
            tcp: ["6443", "30000-30100"]
            udp: ["8472"]

    - name: Probe these ports of the other host
      hostprep.runtime_fabric.port_probe_info:
        key: "{{ run_key }}"
        peers:
          - name: "{{ other }}"
            address: "{{ hostvars[other].ansible_host }}"
            tcp: ["6443", "30000-30100"]
            udp: ["8472"]
      vars:
        other: "{{ ansible_play_hosts | difference([inventory_hostname]) | first }}"
      register: probe

    - name: Show the dropped TCP ports
      ansible.builtin.debug:
        msg: "{{ probe.peers[0].tcp.ports.dropped | default([]) }}"

    - name: Restore the ports by stopping the listeners
      hostprep.runtime_fabric.port_listener:
        key: "{{ run_key }}"
        state: absent
"""

RETURN = r"""
peers:
  description: One entry for each entry of O(peers), in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the peer, as given.
      returned: always
      type: str
      sample: worker-2
    address:
      description: The address of the peer, as given.
      returned: always
      type: str
      sample: 192.0.2.22
    source:
      description: The source address of packets from this host to the peer. V(null) if there is no route.
      returned: always
      type: str
      sample: 192.0.2.11
    tcp:
      description: The results for the TCP ports.
      returned: always
      type: dict
      contains:
        asked:
          description: How many ports the module was asked to probe.
          returned: always
          type: int
          sample: 2769
        ports:
          description:
            - Ports and port ranges by verdict. Verdicts that do not occur are left out.
            - V(open) - the expected listener answered with a valid proof.
            - V(live) - a port in O(peers[].connect) accepted a connection, or one in O(peers[].query) answered.
            - V(unproven) - a program other than the expected listener answered.
            - V(shape_lost) - for a port in O(peers[].vxlan), plain datagrams arrive, but VXLAN datagrams do not.
            - V(length_lost) - for a port in O(peers[].vxlan), short VXLAN datagrams arrive, but large ones do not.
            - V(refused) - the connection was refused, by a host on which the port is closed, or by a firewall.
            - V(rejected) - a firewall or router rejected the probe with an ICMP error, or there is no route.
            - V(dropped) - no answer.
            - V(untested) - O(deadline) passed first.
            - V(error) - this host could not probe the port, for example because it ran out of sockets.
          returned: always
          type: dict
          sample: {"open": ["6443", "30000-30004", "30006-32767"], "dropped": ["30005"]}
        reasons:
          description: The most frequent reason for each verdict that has one.
          returned: always
          type: dict
          sample: {"dropped": "no answer within 3.5 s"}
    udp:
      description: The results for the UDP ports, with the same fields as RV(ignore:tcp).
      returned: always
      type: dict
elapsed:
  description: How many seconds the probes took.
  returned: success
  type: float
  sample: 0.48
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common import numeric_arguments, port_ranges
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.common.refused_values import quoted
from ansible_collections.hostprep.runtime_fabric.plugins.module_utils.mesh import port_probes, probing_modules


def argument_spec():
    ports = {"type": "list", "elements": "str", "default": []}
    return {
        "key": probing_modules.KEY,
        "peers": probing_modules.peers_option(tcp=ports, udp=ports, vxlan=ports, connect=ports, query=ports),
        "timeout": {"type": "float", "default": 3.5},
        "deadline": {"type": "float", "default": 60.0},
        "concurrency": {"type": "int", "default": 8192},
    }


def bad_arguments(params):
    """One sentence for each argument that has the right type but makes no sense."""
    problems = []
    for number, peer in enumerate(params["peers"]):
        if not port_ranges.is_ipv4(peer["address"]):
            problems.append(f"peers[{number}].address: {quoted(peer['address'])} is not an IPv4 address")
        for kind in ("tcp", "udp", "vxlan", "connect", "query"):
            try:
                port_ranges.numbers(peer[kind])
            except ValueError as problem:
                problems.append(f"peers[{number}].{kind}: {problem}")
    return problems + numeric_arguments.bad_numbers(
        params, dict.fromkeys(["timeout", "deadline", "concurrency"], 86400)
    )


def probe(key, params):
    limits = params["timeout"], params["concurrency"], params["deadline"]
    return {"peers": port_probes.probe_all(key, params["peers"], *limits)}


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    probing_modules.run(module, bad_arguments, probe)


if __name__ == "__main__":
    main()

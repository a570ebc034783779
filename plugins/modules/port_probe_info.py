#!/usr/bin/python
# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: port_probe_info
short_description: Probe thousands of ports of other hosts at the same time, each with a proof of the peer's identity
version_added: 1.0.0
description:
  - Probes every port in O(peers) from the managed host, all at the same time, and reports which are open, and why the
    others are not. Proxies are never used.
  - A port in O(peers[].tcp) or O(peers[].udp) is open when M(hostprep.runtime_fabric.port_listener) with the same O(key)
    proves that the probe arrived at the expected peer and port.
  - A UDP request without an answer is repeated several times before the port counts as dropped.
  - A host sends few ICMP errors a second. Where some ports of a peer are rejected and others are silent, a few of the latter are
    asked again, slowly, before they count as dropped.
  - The result is compact. Ports are listed as ranges by verdict, not one by one.
  - Needs nothing on the host but Linux and Python 3.6 or newer.
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
          - TCP ports and ranges of ports, such as V(30000-32767), on which the peer's listener has to answer with a proof.
        type: list
        elements: str
        default: []
      udp:
        description:
          - UDP ports and ranges of ports on which the peer's listener has to answer with a proof.
        type: list
        elements: str
        default: []
      vxlan:
        description:
          - UDP ports, in O(peers[].udp) or not, whose datagrams are shaped like those of an overlay network (VXLAN), since
            devices on the path treat these otherwise. Each has to get through, and its answer, short and as long as
            the interface allows.
        type: list
        elements: str
        default: []
      connect:
        description:
          - TCP ports that are only connected to, because a service of the peer's own answers there, or nothing should.
            Nothing is sent.
        type: list
        elements: str
        default: []
      query:
        description:
          - UDP ports that are expected not to answer. A DNS query for V(localhost) is sent, and any answer counts. No answer
            proves nothing.
        type: list
        elements: str
        default: []
  timeout:
    default: 3.5
  deadline:
    description:
      - Seconds that the whole call may take. Ports that are not settled by then are V(untested).
    default: 60.0
  concurrency:
    description:
      - How many TCP connections are tried at the same time. The limit of open files may lower it.
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

    - name: Verify these ports on the other host
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
  description: One entry for every entry of O(peers), in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The peer's name as given.
      returned: always
      type: str
      sample: worker-2
    address:
      description: The peer's address as given.
      returned: always
      type: str
      sample: 192.0.2.22
    source:
      description: The address from which this host reaches the peer, V(null) without a route.
      returned: always
      type: str
      sample: 192.0.2.11
    tcp:
      description: The results for the TCP ports.
      returned: always
      type: dict
      contains:
        asked:
          description: How many ports were to be probed.
          returned: always
          type: int
          sample: 2769
        ports:
          description:
            - Ports and ranges by verdict; verdicts that do not occur are absent.
            - V(open) - the expected listener answered with a valid proof.
            - V(live) - a port in O(peers[].connect) accepted a connection, or one in O(peers[].query) answered.
            - V(unproven) - a program other than the expected listener answers.
            - V(shape_lost) - of a port in O(peers[].vxlan), plain datagrams arrive, and those shaped like VXLAN do not.
            - V(length_lost) - likewise, but only short ones arrive.
            - V(refused) - the connection was refused, by a host on which the port is closed, or by a firewall.
            - V(rejected) - a firewall or router rejected it with an ICMP error, or there is no route.
            - V(dropped) - no answer.
            - V(untested) - O(deadline) passed first.
            - V(error) - this host could not probe the port, for example for lack of sockets.
          returned: always
          type: dict
          sample: {"open": ["6443", "30000-30004", "30006-32767"], "dropped": ["30005"]}
        reasons:
          description: For verdicts with a reason the most frequent one.
          returned: always
          type: dict
          sample: {"dropped": "no answer within 3.5 s"}
    udp:
      description: The results for the UDP ports, as in RV(ignore:tcp).
      returned: always
      type: dict
elapsed:
  description: Seconds that the probes took.
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

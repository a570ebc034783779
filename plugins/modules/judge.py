# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: judge
short_description: Judge evidence of one host with the checks of the catalogue
version_added: 1.0.0
description:
  - Judges what M(hostprep.runtime_fabric.host_info) and M(hostprep.runtime_fabric.egress_info) found.
  - Runs on the controller and touches no host. The roles verify their own effect with the same functions, and so does
    the preflight.
  - Fails when a required check fails or is unknown, and warns of one that is recommended.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  checks:
    description: Names or globs of the checks to apply, as C(catalog/checks/) lists them.
    type: list
    elements: str
    required: true
  must_pass:
    description:
      - Names or globs of those O(checks) whose failure counts like that of a required one.
      - They are made with every release, also where neither it nor its line asks for them.
    type: list
    elements: str
    default: []
  evidence:
    description:
      - What was found. C(host) holds what M(hostprep.runtime_fabric.host_info) returns under that name, C(egress) what
        M(hostprep.runtime_fabric.egress_info) returns as C(endpoints).
    type: dict
    required: true
  inputs:
    description:
      - The inputs of the role, with their types, as M(hostprep.runtime_fabric.check_inputs) returns them. Where one is
        missing, its default holds. The others are ignored.
      - C(release), C(ntp_servers), C(tunnel_offload_drivers), C(http_proxy), C(monitoring_proxy), C(cluster_profile),
        C(pod_cidr), C(service_cidr) and C(no_proxy_extra) say what the host must be like.
      - The URLs of proxies have V(********) in the place of their credentials. They are empty where there is no proxy, and
        V(unchanged) where any that the host has is right.
    type: dict
    default: {}
notes:
  - This is an action plugin; there is nothing to run on a host.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Collect evidence of the clock
  hostprep.runtime_fabric.host_info:
    sections: [time]
  register: found

- name: Verify that chrony is synchronised
  hostprep.runtime_fabric.judge:
    checks: [time.*]
    evidence:
      host: "{{ found.host }}"
"""

RETURN = r"""
checks:
  description: One check result for each check, in the order of the catalogue.
  returned: always
  type: list
  elements: dict
  sample:
    - id: kernel.ip_forward
      node: worker-1
      title: IPv4 forwarding is on
      requirement: [kernel-ip-forward]
      severity: required
      status: fail
      expected: net.ipv4.ip_forward = 1
      observed: ip_forward = 0
      remedy: Set it with `sysctl -w net.ipv4.ip_forward=1` and find out what unset it.
      evidence:
        net.ipv4.ip_forward:
          live: "0"
          at_boot: "1"
          at_boot_source: /etc/sysctl.d/zz-runtime-fabric.conf:3
      waiver: null
"""

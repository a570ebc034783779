# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: judge
short_description: Judge evidence of one host with the checks of the catalogue
version_added: 0.1.0
description:
  - Takes what M(hostprep.runtime_fabric.host_info) and M(hostprep.runtime_fabric.egress_info) found, and says which
    checks pass.
  - Runs on the controller and touches no host. The roles verify their own effect with it, and the preflight uses the
    same functions.
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
  release:
    description: The edition of the vendor's requirements.
    type: str
    default: "1.4"
  ntp_servers:
    description: The NTP servers that the host should use, as C(rtf_ntp_servers) has them.
    type: list
    elements: raw
    default: []
  offload_drivers:
    description: Drivers of interfaces whose tunnel offloads must be off.
    type: list
    elements: str
    default: [vmxnet3]
  http_proxy:
    description:
      - The HTTP proxy that is meant, with V(********) in the place of its credentials. Empty where there is none,
        V(unchanged) where it is right whichever the host has.
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
notes:
  - This is an action plugin; there is nothing to run on a host.
author:
  - hostprep.runtime_fabric contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Look at the clock
  hostprep.runtime_fabric.host_info:
    sections: [time]
  register: found

- name: Stop here unless chrony is synchronised
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

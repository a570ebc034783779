# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: judge
short_description: Judge the evidence of one host against the checks of the catalogue
version_added: 1.0.0
description:
  - Judges what M(hostprep.runtime_fabric.host_info) and M(hostprep.runtime_fabric.egress_info) found.
  - Runs on the control node only, and does not connect to any managed host. The roles verify their own effect with the
    same functions, and so does the audit.
  - Fails if a required check fails or is unknown. Warns if a recommended check fails or is unknown.
extends_documentation_fragment:
  - hostprep.runtime_fabric.attributes
  - hostprep.runtime_fabric.attributes.info
options:
  checks:
    description: The ids or glob patterns of the checks to run, as listed in C(catalog/checks/).
    type: list
    elements: str
    required: true
  must_pass:
    description:
      - The ids or glob patterns of those O(checks) that count as required.
      - They run for every release, even if neither the release nor its line requires them.
    type: list
    elements: str
    default: []
  evidence:
    description:
      - The evidence to judge. C(host) is what M(hostprep.runtime_fabric.host_info) returns as C(host), and C(egress) is
        what M(hostprep.runtime_fabric.egress_info) returns as C(endpoints).
    type: dict
    required: true
  inputs:
    description:
      - The inputs of the role, with their types, as M(hostprep.runtime_fabric.check_inputs) returns them. The default
        is used for an input that is missing. Other inputs than the following are ignored.
      - C(release), C(ntp_servers), C(tunnel_offload_drivers), C(http_proxy), C(monitoring_proxy), C(cluster_profile),
        C(pod_cidr), C(service_cidr) and C(no_proxy_extra) define what the host must be like.
      - In the URL of a proxy, V(********) stands in place of the credentials. The URL is empty if there must be no
        proxy, and V(unchanged) if any proxy that the host has is accepted.
    type: dict
    default: {}
notes:
  - This is an action plugin; nothing runs on the managed hosts.
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
  description: One result for each check, in the order of the catalogue.
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
